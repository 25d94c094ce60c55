#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/manifest_store/output_selection.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A manifest out of a store, decoded and validated, with what the store says about it.
struct FetchedManifest {
  std::string key;  ///< relative to the root prefix
  AnyManifest manifest;
  Digest hash;              ///< of the bytes that were stored
  std::uint64_t bytes = 0;  ///< of them
  /// When the store received it, microseconds since the epoch; S3 says it in whole seconds.
  std::optional<std::int64_t> last_modified_us{};
  StatedOrigin origin{};
};

/// What is taken from a store before it is called too much. The defaults are far beyond what farms have.
struct FetchLimits {
  std::uint64_t manifest_bytes = 4 * kGiB;  ///< one manifest: 25 million entries
  std::uint64_t total_bytes = 16 * kGiB;    ///< all documents of a call together, of which decoded ones take about half
  std::size_t listed_keys = 10'000'000;     ///< keys of a listing, at about 200 bytes each
};

/// Called on the calling thread after each manifest: how many of how many are there.
using FetchProgress = std::function<void(std::size_t done, std::size_t total)>;

struct FetchOptions {
  FetchLimits limits{};
  FetchProgress progress{};
};

/// Fetches one manifest: one request. kNotFound if there is no such object; kInvalidManifest, naming the object, for
/// one that is no manifest or has broken metadata or is too large; kUnsupported for a manifest of an unknown version.
Result<FetchedManifest> fetch_manifest(ObjectStore& store, std::string_view key, const FetchOptions& options,
                                       std::stop_token stop);

/// The same of many, at once, in the order of `manifests`: one request each, as many at a time as the store is best at.
/// The first failure ends it: what is under way is waited for, nothing else is begun.
Result<std::vector<FetchedManifest>> fetch_manifests(ObjectStore& store, std::span<const ListedManifest> manifests,
                                                     const FetchOptions& options, std::stop_token stop);

/// The hash that a job's attachments state for a manifest: kIntegrity if `fetched` has another one.
Status check_hash(const FetchedManifest& fetched, std::string_view stated_hash, const ObjectStore& store);

}  // namespace attache
