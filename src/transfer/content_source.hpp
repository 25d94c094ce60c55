#pragma once

#include <attache/fsio/file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace attache {

/// A file as the content that a manifest says it has. Every byte that goes out is hashed again on its way; verify()
/// compares, so that no store publishes bytes under a hash they do not have. Not thread-safe.
class ContentSource final : public ObjectSource {
 public:
  /// `on_bytes` hears of every block (for progress).
  ContentSource(File file, const Digest& expected, std::uint64_t size, std::function<void(std::size_t)> on_bytes)
      : file_(std::move(file)), expected_(expected), size_(size), on_bytes_(std::move(on_bytes)) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override;
  Status verify() override;
  bool can_read_at() const override { return true; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) override {
    return file_.read_at(buffer, offset);
  }

 private:
  tl::unexpected<Error> changed(const std::string& how) const;

  File file_;
  Digest expected_;
  std::uint64_t size_;
  std::function<void(std::size_t)> on_bytes_;
  std::uint64_t bytes_read_ = 0;
  Xxh128Stream hash_;
};

}  // namespace attache
