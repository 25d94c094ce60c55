#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest_store/fetch_manifests.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace attache {

/// What the manifests of one asset root are together.
struct RootManifest {
  std::string root;
  std::string location;           ///< the file system location of the first that states one; empty: none does
  std::vector<std::string> keys;  ///< of the manifests, oldest first
  AnyManifest manifest;
  std::int64_t newest_us = 0;  ///< when the store received the newest
};

/// Groups manifests by the asset root that they state, in the order in which roots first occur, and merges each group
/// from the oldest to the newest: of one path the newest entry counts. Equal times keep their order. A group of one is
/// that manifest, as it is. Pure.
///
/// Groups may mix formats if that can be said: v2023-03-03 manifests beside relative snapshots become such. Everything
/// else that differs is kInvalidManifest naming two of the keys; and so is a manifest that states no root.
Result<std::vector<RootManifest>> merge_by_root(std::vector<FetchedManifest>&& manifests);

/// The same of manifests of one root, in the order given: the last entry of a path counts. Nothing for none.
Result<std::optional<AnyManifest>> merge_in_order(std::vector<AnyManifest>&& manifests);

}  // namespace attache
