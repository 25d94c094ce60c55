#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/object_store.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

namespace attache {

// Removes contents that no manifest needs:
//
//   manifests given, and all in the store ──► hashes ──► every key below Data/ ──► garbage ──► look again ──► removed
//   one that cannot be read: nothing is done             named, young, or no       reported    manifests that
//                                                        content's key: kept                   came meanwhile
//
// What this cannot see: an upload that has found an object here, and so does not send it, and whose manifest comes only
// after the last look. Whoever collects garbage must see to it that nothing is submitted meanwhile that uses old
// content again, or be content to repair it (repair.hpp). Objects of uploads that do send them are young, and kept.

struct GarbageOptions {
  /// What these name is kept.
  std::span<const AnyManifest> manifests{};
  /// And what every object below `Manifests/` names, which must all be manifests.
  bool all_manifests = false;
  /// Of files with chunks in the manifests of the store.
  std::uint64_t chunk_size = kDefaultChunkSize;
  /// Otherwise it is only said what would be.
  bool remove = false;
  /// Objects that were written later are kept: those of uploads that are under way, whose manifest is not there yet.
  std::chrono::seconds min_age{std::chrono::hours(24)};
  /// Against what the store says of its objects: it must not be ahead of the store's by min_age.
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
  /// Told of each object that is garbage, in the order of the keys; may be empty.
  std::function<void(const ObjectInfo&)> garbage{};
  ProgressCallback progress{};  ///< counts the objects that are looked at; their number is not known
};

struct ObjectTotal {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t size) {
    ++objects;
    bytes += size;
  }
};

struct GarbageReport {
  std::uint64_t store_manifests = 0;  ///< read below `Manifests/`
  std::uint64_t hashes = 0;           ///< different ones that manifests name
  ObjectTotal named{};                ///< kept: a manifest names them
  ObjectTotal young{};                ///< kept: written too recently, or the store does not know when
  ObjectTotal foreign{};              ///< kept: below `Data/`, and not the key of a content
  ObjectTotal garbage{};
  ObjectTotal saved{};  ///< of the garbage: kept, as a manifest came meanwhile that names them
  ObjectTotal removed{};
  std::vector<KeyFailure> failures{};  ///< garbage that could not be removed
};

/// Candidates are only keys of the two forms of content (cas_layout.hpp). kInvalidArgument without any manifest, whose
/// store would be empty afterwards: neither given nor, with `all_manifests`, found. If a manifest cannot be read, its
/// error, and nothing was removed before. Memory: 16 bytes for each naming of a hash, 32 for each object of garbage,
/// and some 200 for each manifest in the store.
Result<GarbageReport> collect_garbage(ObjectStore& store, const GarbageOptions& options, const std::stop_token& stop);

}  // namespace attache
