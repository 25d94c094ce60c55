#pragma once

#include <attache/hash/digest.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Lists of hashes and files as `xxhsum -H2` and the coreutils' sha256sum write and check them:
//   0123456789abcdef0123456789abcdef  a/b.exr
//   \0123456789abcdef0123456789abcdef  a\nb.exr        (a name with a line break, a backslash, or both)
//   XXH128 (a/b.exr) = 0123456789abcdef0123456789abcdef
// Empty lines and lines that begin with '#' mean nothing.

struct ChecksumLine {
  std::uint64_t line = 0;  ///< from 1
  Digest hash;
  std::string name;  ///< native bytes
};

struct ChecksumList {
  std::vector<ChecksumLine> lines;
  std::vector<std::uint64_t> malformed;  ///< numbers of lines that are none of these
};

/// Without the line break at the end. `name`: native bytes, not empty.
std::string checksum_line(const Digest& hash, std::string_view name);

ChecksumList parse_checksum_list(std::string_view text);

}  // namespace attache
