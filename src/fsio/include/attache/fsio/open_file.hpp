#pragma once

#include <attache/fsio/file_status.hpp>

#include <tl/expected.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace attache {

/// A file opened by Directory::open_file: a File without a path, for callers that open very many and make no text and
/// ask no status of one that they do not have to speak of. What it is open on is for the caller to find out by status()
/// before anything that was read is believed. Errors are errno values. Move-only; closes itself.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(OpenFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();

  /// Now; 0 or an error.
  int status(FileStatus& out) const;
  /// Fills the buffer from `offset` on, except at the end of the file, where it gives less, then 0.
  tl::expected<std::size_t, int> read_at(std::span<std::byte> buffer, std::uint64_t offset) const;

 private:
  int descriptor_;
};

}  // namespace attache
