#include "content_source.hpp"

#include <attache/base/text.hpp>

namespace attache {

Result<std::size_t> ContentSource::read(std::span<std::byte> buffer) {
  ATTACHE_ASSIGN(const std::size_t count, file_.read(buffer));
  if (count == 0 && bytes_read_ < size_ && !buffer.empty()) {
    return changed("it is only " + std::to_string(bytes_read_) + " bytes long, the manifest says " +
                   std::to_string(size_));
  }
  bytes_read_ += count;
  if (bytes_read_ > size_) {
    return changed("it is longer than the " + std::to_string(size_) + " bytes that the manifest says");
  }
  hash_.update(buffer.first(count));
  on_bytes_(count);
  return count;
}

Status ContentSource::verify() {
  const Digest actual = hash_.digest();
  if (actual == expected_) return {};
  return changed("its content has hash " + actual.to_hex() + ", the manifest says " + expected_.to_hex());
}

tl::unexpected<Error> ContentSource::changed(const std::string& how) const {
  return fail(ErrorCode::kSourceChanged, "'" + printable(file_.path()) + "' changed after it was hashed: " + how,
              "nothing was stored for this file; take a new snapshot when nothing writes to it, and upload that");
}

}  // namespace attache
