#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/content_use.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Whether a store has what manifests need:
//
//   unique contents ── there, and of the right size? ── (the old key) ── report with the paths that need it
//                      LIST, or a HEAD each
//                   ── with `content`: fetched and hashed, small ones many at a time, large ones in parallel ranges
//
// A HEAD each, hundreds at a time; or a listing of all keys below `Data/`, where that takes no more time and half the
// price at most, which is when the store holds up to about 40 times as many objects as are looked for
// (src/transfer/lookup_cost.hpp). A store that has no requests is asked for each object.

enum class ContentLookup : std::uint8_t { kAutomatic, kHead, kList };

/// What is wrong with a content in a store.
enum class ContentFault : std::uint8_t {
  kMissing,
  kWrongSize,     ///< as far as the store knows it, or as it came
  kWrongContent,  ///< the bytes have another hash, or do not match the store's own checksum
  kUnreadable,    ///< it is there, and the store does not give it
};
/// "missing", "wrong-size", "wrong-content", "unreadable"
std::string_view to_string(ContentFault fault);

struct FaultyContent {
  Digest hash;
  std::uint64_t size = 0;  ///< as the manifests say
  ContentFault fault = ContentFault::kMissing;
  std::string key{};             ///< of the object that is wrong, or that there should be
  std::uint64_t found_size = 0;  ///< kWrongSize
  std::string detail{};          ///< kUnreadable and kWrongContent: what the store said, or the hash that was found
  std::vector<ContentUse> uses{};
};

struct VerifyOptions {
  /// Of the files in the manifests that have a hash for each chunk.
  std::uint64_t chunk_size = kDefaultChunkSize;
  /// Fetch every object and hash it; otherwise only that it is there and its size are looked at.
  bool content = false;
  ContentLookup lookup = ContentLookup::kAutomatic;
  /// With `content`: threads that hash. Each may have hundreds of small objects under way.
  unsigned threads = 4;
  ProgressCallback progress{};  ///< counts contents and their bytes
};

struct VerifyReport {
  std::uint64_t contents = 0;  ///< different ones
  std::uint64_t bytes = 0;
  std::uint64_t good_contents = 0;
  std::uint64_t good_bytes = 0;
  /// Of the good ones, those found under the key that old versions of the incumbent used.
  std::uint64_t legacy_contents = 0;
  std::uint64_t requests = 0;           ///< HEAD, LIST and GET calls that the store was asked for
  bool listed = false;                  ///< whether the store's keys were listed
  std::vector<FaultyContent> faults{};  ///< in the order of the hashes

  bool good() const { return faults.empty(); }
};

/// Compares a store with what manifests need. A fault of one object ends nothing; what ends it is an error by which
/// nothing can be said: no connection, no credentials, kCancelled, kInvalidManifest (one hash with two sizes, a file
/// without a hash). Memory: 25 bytes for each content, the faults with their paths, and what the store needs for
/// bodies.
Result<VerifyReport> verify_manifests(std::span<const AnyManifest> manifests, ObjectStore& store,
                                      const VerifyOptions& options, const std::stop_token& stop);
Result<VerifyReport> verify_manifest(const AnyManifest& manifest, ObjectStore& store, const VerifyOptions& options,
                                     const std::stop_token& stop);

}  // namespace attache
