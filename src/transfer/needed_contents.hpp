#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/transfer/content_use.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// One content that manifests need.
struct NeededContent {
  Digest hash;
  std::uint64_t size = 0;

  friend bool operator==(const NeededContent&, const NeededContent&) = default;
};

/// Every content that the manifests name, once, in the order of the hashes: of a file with chunks its chunks, of links
/// and deletions none. `chunk_size` is that of files with chunks. kInvalidManifest if one hash has two sizes, or a file
/// has not been hashed; kCancelled. O(n log n), 24 bytes for each naming of a content, while sorting 36.
Result<std::vector<NeededContent>> needed_contents(std::span<const AnyManifest> manifests, std::uint64_t chunk_size,
                                                   const std::stop_token& stop = {});

/// Where some of them are needed, in the order of the manifests and of their entries. `hashes` ascend. If `stop` fires,
/// what was found until then.
std::vector<std::vector<ContentUse>> uses_of(std::span<const Digest> hashes, std::span<const AnyManifest> manifests,
                                             std::uint64_t chunk_size, const std::stop_token& stop = {});

/// The hashes of every content that the manifest names, appended, as often as it names them; also where the chunk size
/// is another. Nothing for a file that has not been hashed.
void append_hashes(const AnyManifest& manifest, std::vector<Digest>& hashes);

/// The index of a hash in contents in their order; the size of `contents` if it is not there.
std::size_t find_content(std::span<const NeededContent> contents, const Digest& hash);

}  // namespace attache
