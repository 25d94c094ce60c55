#include "checked_sources.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/repair.hpp>

#include <algorithm>

namespace attache {

namespace {

/// Keeps a block.
class BlockSink final : public ObjectSink {
 public:
  BlockSink(std::uint64_t size, std::vector<std::byte>& block) : size_(size), block_(block) {}

  Status begin(const ObjectInfo& info) override {
    block_.clear();
    if (info.size == size_) return {};
    return fail(ErrorCode::kIntegrity,
                "it is " + std::to_string(info.size) + " bytes long instead of " + std::to_string(size_));
  }
  Status write(std::span<const std::byte> data) override {
    block_.insert(block_.end(), data.begin(), data.end());
    return {};
  }

 private:
  const std::uint64_t size_;
  std::vector<std::byte>& block_;
};

}  // namespace

Result<std::size_t> CheckedSource::read(std::span<std::byte> buffer) {
  const std::uint64_t left = content_.size - offset_;
  buffer = buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left)));
  if (buffer.empty()) return 0;
  Result<std::size_t> count = read_from(offset_, buffer);
  if (count && *count == 0) {
    count = fail(ErrorCode::kSourceChanged,
                 name() + " ends after " + std::to_string(offset_) + " bytes of " + std::to_string(content_.size));
  }
  if (!count) {
    error_ = count.error();
    return count;
  }
  offset_ += *count;
  hash_.update(buffer.first(*count));
  on_bytes_(*count);
  return count;
}

Status CheckedSource::verify() {
  if (hash_.digest() == content_.hash) return {};
  error_.emplace(ErrorCode::kSourceChanged, name() + " has other bytes: their hash is " + hash_.digest().to_hex());
  return fail(*error_);
}

Result<std::size_t> FileRangeSource::read_from(std::uint64_t offset, std::span<std::byte> buffer) {
  const auto count = file_.read_at(buffer, begin_ + offset);
  if (!count) return fail(system_error("cannot read " + name_, count.error()));
  return *count;
}

OtherStoreSource::OtherStoreSource(ObjectStore& store, const NeededContent& content,
                                   std::function<void(std::uint64_t)> on_bytes, std::stop_token stop)
    : CheckedSource(content, std::move(on_bytes)),
      store_(store),
      stop_(std::move(stop)),
      key_(data_key(content.hash)) {}

Status OtherStoreSource::fetch(std::uint64_t offset) {
  const auto get = [&] {
    BlockSink sink(content().size, block_);
    return store_.get(key_, sink, {.offset = offset, .length = kRepairBlock, .if_match = etag_}, stop_);
  };
  Result<std::optional<ObjectInfo>> info = get();
  if (info && !*info && !found_) {
    key_ = legacy_data_key(content().hash);
    info = get();
    if (info && !*info) {
      key_ = data_key(content().hash);
      return fail(ErrorCode::kNotFound, "there is no object " + name());
    }
  }
  if (!info) return fail(info.error().within("object " + name()));
  if (!*info) return fail(ErrorCode::kSourceChanged, "the object " + name() + " was removed meanwhile");
  found_ = true;
  etag_ = (*info)->etag;
  block_offset_ = offset;
  return {};
}

Result<std::size_t> OtherStoreSource::read_from(std::uint64_t offset, std::span<std::byte> buffer) {
  if (block_.empty() || offset >= block_offset_ + block_.size()) ATTACHE_TRY(fetch(offset));
  const std::span<const std::byte> rest =
      std::span<const std::byte>(block_).subspan(static_cast<std::size_t>(offset - block_offset_));
  const std::size_t count = std::min(rest.size(), buffer.size());
  std::copy_n(rest.begin(), count, buffer.begin());
  return count;
}

}  // namespace attache
