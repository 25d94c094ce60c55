#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace attache {

/// A place where a content is needed: a file, or a chunk of one.
struct ContentUse {
  std::size_t manifest = 0;     ///< index among those that were given
  std::string path{};           ///< as it stands in the manifest, WTF-8
  std::uint64_t offset = 0;     ///< of the content in the file, bytes
  std::uint64_t file_size = 0;  ///< of the whole file
  bool is_chunk = false;        ///< of a file that has a hash for each chunk
};

}  // namespace attache
