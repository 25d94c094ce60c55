#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>

namespace attache {

/// The manifests in a store, whatever place they have below `Manifests/`. Not thread-safe.
class StoreManifests {
 public:
  /// `store` must outlive it.
  StoreManifests(ObjectStore& store, std::uint64_t chunk_size) : store_(store), chunk_size_(chunk_size) {}

  /// Reads every manifest that is new, or has been replaced, since the last call, many at a time, and gives it to
  /// `found`, in any order. One that was removed meanwhile is passed over. An error if one cannot be read or is none.
  Status read_new(const std::function<void(const AnyManifest&)>& found, const std::stop_token& stop);

  /// Read so far.
  std::uint64_t count() const { return count_; }

 private:
  /// What tells one version of an object from another.
  struct Version {
    std::uint64_t size = 0;
    std::string etag;
    std::int64_t modified_us = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  ObjectStore& store_;
  const std::uint64_t chunk_size_;
  std::map<std::string, Version> seen_;
  std::uint64_t count_ = 0;
};

}  // namespace attache
