#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/manifest/violation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace attache {

// Manifest format 2025-12 (spec `manifest-v2025-12`, whose section 0 decides):
//   {"dirs":[{"path":"a"},{"path":"$0/b"},{"deleted":true,"path":"gone"},...],
//    "files":[{"hash":"<32 hex digits>","mtime":<us>,"path":"$1/c.txt","size":<bytes>},
//             {"chunkhashes":["...",...],"mtime":...,"path":...,"runnable":true,"size":...},
//             {"path":"$0/link","symlink":{"target":"$1/c.txt"}}, {"deleted":true,"path":"old"},...],
//    "hashAlg":"xxh128","parentManifestHash":"<diffs only>","specificationVersion":"<one of four>","totalSize":<bytes>}
// `$N/name` is the entry `name` of the Nth directory of `dirs`.

/// One of the four, as decoded.
using AnyTreeManifest = std::variant<Snapshot, SnapshotDiff, AbsSnapshot, AbsSnapshotDiff>;

/// The specificationVersion of a manifest, e.g. "relative-manifest-snapshot-beta-2025-12".
std::string_view specification_version(PathStyle style, ManifestKind kind);

/// The size of a chunk: a file that is larger has a hash for each, and the last may be shorter.
inline constexpr std::uint64_t kDefaultChunkSize = std::uint64_t{256} * 1024 * 1024;
/// As a chunk size: files are not cut.
inline constexpr std::uint64_t kWholeFile = 0;

struct DecodeOptions {
  /// What chunked files are checked against: their size must be above it, and the hashes as many as chunks. kWholeFile
  /// refuses chunked files.
  std::uint64_t chunk_size = kDefaultChunkSize;
};

/// Decodes and validates a manifest; every rule is checked always. Refused are: wrong types, missing fields, numbers
/// beyond 64 bits, negative sizes, hashes that are not 32 lower-case hex digits, another hash algorithm; paths with
/// empty, `.`, `..` or NUL components, paths of the other style, paths that occur twice, that are live as both file and
/// directory; references to directories that are not there yet; deletions in a
/// snapshot, a diff without parent, a deleted entry with content, a file with several contents, without size or time;
/// chunk hashes that do not fit the size; link targets that are absolute in a relative manifest (or the reverse) or
/// lead out of the root; more than 10,000 nested directories, components of 64 KiB. Accepted are: unknown fields,
/// duplicate keys (the last counts), unhashed files (FileContent::kUnhashed), and a totalSize that is not the sum.
///
/// kInvalidManifest with a message that names place, entry and rule (kUnsupported for 2025-12-04-beta and
/// specifications from the future); if `broken` is given, it receives the rule. Linear in time for canonical documents,
/// O(n log n) for others; memory is that of the manifest, whatever the document claims.
Result<AnyTreeManifest> decode_v2025(std::string_view document, const DecodeOptions& options = {},
                                     DecodeRule* broken = nullptr);

/// Everything that is wrong with a document and what is doubtful: not only the first violation. Errors are what decode
/// refuses and, beyond that, unhashed files; warnings are a wrong totalSize and a form that is not canonical.
Result<Violations> validate_v2025(std::string_view document, const DecodeOptions& options = {},
                                  std::size_t limit = kMaxListedViolations);

/// The canonical bytes: keys in ASCII order, no white space, ASCII only; directories by the UTF-8 bytes, files by the
/// UTF-16 code units of their full paths. Every manifest has them: what could not be written is refused when one is
/// made.
Result<std::string> encode_v2025(const TreeManifest& manifest);

/// The same in pieces; an error of the sink ends the encoding and is returned. Memory beyond the manifest: a buffer,
/// and four bytes a directory.
Status encode_v2025(const TreeManifest& manifest, const ManifestSink& sink);

/// XXH3-128 of the canonical bytes. Needs no copy of them.
Result<Digest> manifest_hash(const TreeManifest& manifest);

}  // namespace attache
