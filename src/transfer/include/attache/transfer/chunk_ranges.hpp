#pragma once

#include <cstdint>

namespace attache {

// Which objects the content of a file is made of (format v2025-12, section 2.4): a file that is not larger than the
// chunk size is one, a larger one is as many as it has chunks. A chunk size of 0 (kWholeFile) means no chunks.

struct ChunkRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  friend bool operator==(const ChunkRange&, const ChunkRange&) = default;
};

constexpr bool needs_chunks(std::uint64_t size, std::uint64_t chunk_size) {
  return chunk_size != 0 && size > chunk_size;
}

/// At least 1: an empty file has a content, too.
constexpr std::uint64_t content_count(std::uint64_t size, std::uint64_t chunk_size) {
  if (!needs_chunks(size, chunk_size)) return 1;
  return size / chunk_size + (size % chunk_size == 0 ? 0 : 1);
}

/// The content with this index, less than content_count(). The last may be shorter than the others.
constexpr ChunkRange content_range(std::uint64_t size, std::uint64_t chunk_size, std::uint64_t index) {
  if (!needs_chunks(size, chunk_size)) return {0, size};
  const std::uint64_t offset = index * chunk_size;
  return {offset, size - offset < chunk_size ? size - offset : chunk_size};
}

}  // namespace attache
