#pragma once

#include <attache/fsio/file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace attache {

/// Writes an object into a temporary file and knows whether the bytes are those of the hash it is stored under. The
/// file must not be published before check() succeeded. Not thread-safe.
class ContentSink final : public ObjectSink {
 public:
  /// `uri` names the object in messages; `on_bytes` hears of every block (for progress).
  ContentSink(TemporaryFile& file, const Digest& expected, std::uint64_t size, std::string uri,
              std::function<void(std::size_t)> on_bytes)
      : file_(file), expected_(expected), size_(size), uri_(std::move(uri)), on_bytes_(std::move(on_bytes)) {}

  Status begin(const ObjectInfo& info) override;
  Status write(std::span<const std::byte> data) override;
  /// kIntegrity unless exactly the expected bytes have come.
  Status check() const;

 private:
  tl::unexpected<Error> damaged(const std::string& how) const;

  TemporaryFile& file_;
  Digest expected_;
  std::uint64_t size_;
  std::uint64_t bytes_written_ = 0;
  std::string uri_;
  std::function<void(std::size_t)> on_bytes_;
  Xxh128Stream hash_;
};

}  // namespace attache
