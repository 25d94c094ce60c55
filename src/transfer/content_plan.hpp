#pragma once

#include <attache/base/relative_path.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>

#include <cstdint>
#include <vector>

namespace attache {

/// One file of a manifest, its path checked. `entry` is its index in the manifest.
struct PlannedFile {
  std::size_t entry;
  RelativePath path;
};

/// One content and every path that has it, in manifest order.
struct PlannedContent {
  Digest hash;
  std::uint64_t size = 0;
  std::vector<PlannedFile> files;
};

/// Checks every path of the manifest and groups the files by content, contents in order of first use: what upload and
/// download do before they touch anything. Pure. Exact duplicates (same path, hash, size and time) count once. Refused:
/// paths that RelativePath refuses, one path with two contents, a file where another entry needs a directory, one hash
/// with two sizes, and sizes whose sum exceeds 64 bits. O(n log n).
Result<std::vector<PlannedContent>> plan_contents(const Manifest& manifest);

/// Indices of `contents`, the largest first: one that started last would leave the other workers idle for its whole
/// length.
std::vector<std::size_t> largest_first(const std::vector<PlannedContent>& contents);

/// Threads for that many contents: no more than there is work, and at least one.
unsigned workers_for(unsigned wanted, std::size_t contents);

}  // namespace attache
