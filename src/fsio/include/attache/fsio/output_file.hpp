#pragma once

#include <attache/fsio/file_status.hpp>

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace attache {

/// A file that is being made in a TargetDirectory: a descriptor and nothing else, for callers that make very many.
/// Errors are errno values, 0 for none. Move-only; closes itself; one thread at a time.
class OutputFile {
 public:
  OutputFile() = default;
  explicit OutputFile(int descriptor) : descriptor_(descriptor) {}
  OutputFile(OutputFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OutputFile& operator=(OutputFile&& other) noexcept;
  ~OutputFile();

  explicit operator bool() const { return descriptor_ >= 0; }
  int status(FileStatus& out) const;
  /// All of it, at the file's position.
  int write(std::span<const std::byte> data);
  /// Fills the buffer from `offset` on, except at the end of the file, where it gives less, then 0.
  tl::expected<std::size_t, int> read_at(std::span<std::byte> buffer, std::uint64_t offset) const;
  /// Cuts or extends, and moves the position to that end.
  int set_size(std::uint64_t size);
  /// Keeps room for `size` bytes, so that a full disk shows before the bytes come. 0 also where the file system knows
  /// no such thing. The size of the file stays.
  int reserve(std::uint64_t size);
  /// Makes this empty file share the bytes of `source` (a reflink). EOPNOTSUPP, EXDEV, ENOTTY or EINVAL: not there.
  int clone_from(int source);
  int clone_from(const OutputFile& source) { return clone_from(source.descriptor_); }

  /// Access and modification time, exactly `mtime_us` * 1000 ns.
  int set_mtime_us(std::int64_t mtime_us);
  int set_mode(std::uint32_t mode);
  int set_group(std::uint32_t group);
  int close();

 private:
  int descriptor_ = -1;
};

/// The mode of a file that is runnable: x wherever r is set.
constexpr std::uint32_t runnable_mode(std::uint32_t mode) {
  return mode | ((mode & 0444U) >> 2U);
}

}  // namespace attache
