#include <attache/base/text.hpp>
#include <attache/manifest/convert.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/manifest_store/merge_by_root.hpp>

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>
#include <variant>

namespace attache {

namespace {

template <typename M>
Result<AnyManifest> merge_as(std::span<const AnyManifest> manifests) {
  std::vector<Timed<M>> timed;
  timed.reserve(manifests.size());
  for (const AnyManifest& manifest : manifests) {
    timed.push_back({&std::get<M>(manifest), static_cast<std::int64_t>(timed.size())});
  }
  auto merged = merge_by_time(std::span<const Timed<M>>(timed));
  if (!merged) return fail(std::move(merged).error());
  return AnyManifest(std::move(**merged));  // there is one for one or more
}

/// Two of the list that are of different types; nothing if all are of one.
std::optional<std::size_t> first_other(std::span<const AnyManifest> manifests) {
  for (std::size_t i = 1; i < manifests.size(); ++i) {
    if (manifests[i].index() != manifests[0].index()) return i;
  }
  return std::nullopt;
}

/// Makes one type of v2023-03-03 manifests beside relative snapshots.
Status unify(std::vector<AnyManifest>& manifests) {
  const bool can_be = std::all_of(manifests.begin(), manifests.end(), [](const AnyManifest& manifest) {
    return std::holds_alternative<Manifest>(manifest) || std::holds_alternative<Snapshot>(manifest);
  });
  if (!can_be || !first_other(manifests)) return {};
  for (AnyManifest& manifest : manifests) {
    if (const auto* const flat = std::get_if<Manifest>(&manifest)) {
      ATTACHE_ASSIGN(Snapshot snapshot, to_v2025(*flat));
      manifest = std::move(snapshot);
    }
  }
  return {};
}

/// All in order, of one type; `differing` is the index of one that is not of the first one's type.
Result<AnyManifest> merge_list(std::vector<AnyManifest>&& manifests, std::optional<std::size_t>& differing) {
  if (manifests.size() == 1) return std::move(manifests[0]);
  ATTACHE_TRY(unify(manifests));
  differing = first_other(manifests);
  if (differing) {
    return fail(ErrorCode::kInvalidManifest,
                "a " + std::string(type_name(manifests[0])) + " and a " +
                    std::string(type_name(manifests[*differing])) + " cannot be merged",
                "download them one by one, and convert them with 'attache manifest convert'");
  }
  return std::visit([&](const auto& first) { return merge_as<std::decay_t<decltype(first)>>(std::span(manifests)); },
                    manifests[0]);
}

std::int64_t time_of(const FetchedManifest& manifest) {
  return manifest.last_modified_us.value_or(std::numeric_limits<std::int64_t>::min());
}

Result<RootManifest> merge_group(std::vector<FetchedManifest>&& group) {
  std::stable_sort(group.begin(), group.end(),
                   [](const FetchedManifest& a, const FetchedManifest& b) { return time_of(a) < time_of(b); });
  RootManifest result{*group[0].origin.asset_root, {}, {}, Manifest(), group.back().last_modified_us.value_or(0)};
  std::vector<AnyManifest> manifests;
  manifests.reserve(group.size());
  for (FetchedManifest& fetched : group) {
    if (result.location.empty()) result.location = std::move(fetched.origin.location);
    result.keys.push_back(std::move(fetched.key));
    manifests.push_back(std::move(fetched.manifest));
  }
  std::optional<std::size_t> differing;
  auto merged = merge_list(std::move(manifests), differing);
  if (!merged) {
    std::string what = "the outputs of '" + printable(result.root) + "'";
    if (differing) what += ", '" + printable(result.keys[0]) + "' and '" + printable(result.keys[*differing]) + "'";
    return fail(merged.error().within(what));
  }
  result.manifest = *std::move(merged);
  return result;
}

}  // namespace

Result<std::vector<RootManifest>> merge_by_root(std::vector<FetchedManifest>&& manifests) {
  std::unordered_map<std::string, std::size_t> group_of;
  std::vector<std::vector<FetchedManifest>> groups;
  for (FetchedManifest& manifest : manifests) {
    if (!manifest.origin.asset_root || manifest.origin.asset_root->empty()) {
      return fail(ErrorCode::kInvalidManifest,
                  "the manifest '" + printable(manifest.key) + "' does not say which asset root its paths belong to",
                  "fetch it by its key or name, and say which root it is of, or store the manifest again with its "
                  "metadata 'asset-root'");
    }
    const auto [place, is_new] = group_of.emplace(*manifest.origin.asset_root, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].push_back(std::move(manifest));
  }
  std::vector<RootManifest> roots;
  roots.reserve(groups.size());
  for (std::vector<FetchedManifest>& group : groups) {
    ATTACHE_ASSIGN(RootManifest root, merge_group(std::move(group)));
    roots.push_back(std::move(root));
  }
  return roots;
}

Result<std::optional<AnyManifest>> merge_in_order(std::vector<AnyManifest>&& manifests) {
  if (manifests.empty()) return std::nullopt;
  std::optional<std::size_t> differing;
  ATTACHE_ASSIGN(AnyManifest merged, merge_list(std::move(manifests), differing));
  return std::optional<AnyManifest>(std::move(merged));
}

}  // namespace attache
