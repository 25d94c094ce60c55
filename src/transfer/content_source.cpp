#include "content_source.hpp"

#include <attache/fsio/system_error.hpp>

#include <algorithm>
#include <string>

namespace attache {

namespace {
constexpr const char* kRemedy =
    "let whatever writes the file finish, take a new snapshot, and upload that; nothing was stored under the old hash";
}

Status ContentSource::open(const SourceTree& tree, const Content& content) {
  tree_ = &tree;
  content_ = content;
  bytes_read_ = 0;
  has_failed_ = false;
  is_hashed_ = false;
  file_.reset();
  Result<OpenFile> file = tree.open_file(content.path);
  if (!file) {
    has_failed_ = true;
    return fail(std::move(file).error());
  }
  file_.emplace(*std::move(file));
  return {};
}

Result<std::size_t> ContentSource::read(std::span<std::byte> buffer) {
  const std::uint64_t remaining = content_.size - bytes_read_;
  // Behind the end of a whole file there must be nothing.
  if (remaining == 0 && content_.is_chunk) return 0;
  if (remaining > 0 && buffer.size() > remaining) buffer = buffer.first(static_cast<std::size_t>(remaining));
  const auto count = file_->read_at(buffer, content_.offset + bytes_read_);
  if (!count) {
    has_failed_ = true;
    return fail(system_error("cannot read", tree_->in_full(content_.path), count.error()));
  }
  if (remaining == 0) {
    if (*count > 0) return changed("is longer than");
    return 0;
  }
  if (*count < buffer.size()) return changed("is shorter than");
  const auto data = buffer.first(*count);
  if (bytes_read_ == 0 && *count == content_.size) {
    digest_ = xxh128(data);
    is_hashed_ = true;
  } else {
    if (bytes_read_ == 0) hash_.reset();
    hash_.update(data);
  }
  bytes_read_ += *count;
  if (on_bytes_) on_bytes_(*count);
  return *count;
}

Result<std::size_t> ContentSource::read_at(std::uint64_t offset, std::span<std::byte> buffer) {
  const std::uint64_t remaining = offset < content_.size ? content_.size - offset : 0;
  if (buffer.size() > remaining) buffer = buffer.first(static_cast<std::size_t>(remaining));
  const auto count = file_->read_at(buffer, content_.offset + offset);
  if (count) return *count;
  has_failed_ = true;
  return fail(system_error("cannot read", tree_->in_full(content_.path), count.error()));
}

Status ContentSource::verify() {
  if (bytes_read_ != content_.size) return changed("is shorter than");
  const Digest found = content_.size == 0 ? xxh128(std::string_view()) : is_hashed_ ? digest_ : hash_.digest();
  if (found != content_.hash) return changed("has other bytes than");
  return {};
}

tl::unexpected<Error> ContentSource::changed(const std::string& how) {
  has_failed_ = true;
  return fail(ErrorCode::kSourceChanged,
              quoted_path(tree_->in_full(content_.path)) + " " + how + " the manifest says (" +
                  std::to_string(content_.size) + " bytes with hash " + content_.hash.to_hex() + ")",
              kRemedy);
}

}  // namespace attache
