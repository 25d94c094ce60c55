#include "content_sink.hpp"

#include <attache/base/text.hpp>

namespace attache {

Status ContentSink::begin(const ObjectInfo& info) {
  // Refused before a byte is written: a wrong size needs no transfer to be known.
  if (info.size != size_) {
    return damaged("it has " + std::to_string(info.size) + " bytes, the manifest says " + std::to_string(size_));
  }
  return file_.reserve(size_);
}

Status ContentSink::write(std::span<const std::byte> data) {
  if (data.size() > size_ - bytes_written_) {
    return damaged("more than the " + std::to_string(size_) + " bytes that the manifest says came");
  }
  ATTACHE_TRY(file_.write(data));
  hash_.update(data);
  bytes_written_ += data.size();
  on_bytes_(data.size());
  return {};
}

Status ContentSink::check() const {
  if (bytes_written_ != size_) {
    return damaged("only " + std::to_string(bytes_written_) + " of " + std::to_string(size_) + " bytes came");
  }
  const Digest actual = hash_.digest();
  if (actual == expected_) return {};
  return damaged("its bytes have hash " + actual.to_hex() + " instead of " + expected_.to_hex());
}

tl::unexpected<Error> ContentSink::damaged(const std::string& how) const {
  return fail(ErrorCode::kIntegrity, "object '" + printable(uri_) + "' is damaged: " + how,
              "no file was made from it; remove the object and upload its file again");
}

}  // namespace attache
