#include <attache/base/guarded.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>

#include "operation_support.hpp"
#include "overlay.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

namespace {

constexpr const char* kOtherParent = "apply it to the manifest that it was made for, or make the diff again";

template <typename M>
Result<M> overlay_as(std::span<const TreeManifest* const> layers) {
  TreeAssembler made = detail::overlay(layers, M::kKind);
  if (layers.front()->parent_hash()) made.set_parent_hash(*layers.front()->parent_hash());
  return detail::finish_operation<M>(std::move(made));
}

template <typename M>
Result<std::optional<M>> compose_all(std::span<const M* const> layers) {
  if (layers.empty()) return std::optional<M>();
  const std::vector<const TreeManifest*> trees(layers.begin(), layers.end());
  return overlay_as<M>(trees).map([](M&& made) { return std::optional<M>(std::move(made)); });
}

template <typename M>
Result<std::optional<M>> merge_all(std::span<const Timed<M>> manifests) {
  std::vector<Timed<M>> ordered(manifests.begin(), manifests.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  std::vector<const M*> layers;
  for (const Timed<M>& each : ordered) {
    if (each.manifest->parent_hash() != ordered.front().manifest->parent_hash()) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("the diffs have different parents, {} and {}", ordered.front().manifest->parent_hash()->to_hex(),
                      each.manifest->parent_hash()->to_hex()),
          "compose them in the order in which they were made instead");
    }
    layers.push_back(each.manifest);
  }
  return compose_all<M>(layers);
}

template <typename M>
Status check_parent(const M& base, const DiffOf<M>& diff, std::size_t number) {
  ATTACHE_ASSIGN(const Digest hash, manifest_hash(base));
  if (diff.parent_hash() == hash) return {};
  return fail(ErrorCode::kIntegrity,
              fmt::format("diff {} was made for another manifest: its parent is {}, not {}", number,
                          diff.parent_hash()->to_hex(), hash.to_hex()),
              kOtherParent);
}

template <typename M>
Result<M> apply_all(const M& base, std::span<const DiffOf<M>* const> diffs, const ApplyOptions& options) {
  if (options.check_parent && !diffs.empty()) {
    ATTACHE_TRY(check_parent(base, *diffs.front(), 1));
    if (diffs.size() > 1) {
      // Each is checked against what those before it make, so that must be made.
      ATTACHE_ASSIGN(M made, apply_all(base, diffs.first(1), {.check_parent = false}));
      for (std::size_t i = 1; i < diffs.size(); ++i) {
        ATTACHE_TRY(check_parent(made, *diffs[i], i + 1));
        ATTACHE_ASSIGN(made, apply_all(made, diffs.subspan(i, 1), {.check_parent = false}));
      }
      return made;
    }
  }
  std::vector<const TreeManifest*> layers{&base};
  layers.insert(layers.end(), diffs.begin(), diffs.end());
  return overlay_as<M>(layers);
}

}  // namespace

Result<Snapshot> apply_diffs(const Snapshot& base, std::span<const SnapshotDiff* const> diffs,
                             const ApplyOptions& options) {
  return detail::guarded([&] { return apply_all(base, diffs, options); });
}
Result<AbsSnapshot> apply_diffs(const AbsSnapshot& base, std::span<const AbsSnapshotDiff* const> diffs,
                                const ApplyOptions& options) {
  return detail::guarded([&] { return apply_all(base, diffs, options); });
}

Result<std::optional<Snapshot>> compose(std::span<const Snapshot* const> layers) {
  return detail::guarded([&] { return compose_all(layers); });
}
Result<std::optional<AbsSnapshot>> compose(std::span<const AbsSnapshot* const> layers) {
  return detail::guarded([&] { return compose_all(layers); });
}
Result<std::optional<SnapshotDiff>> compose(std::span<const SnapshotDiff* const> layers) {
  return detail::guarded([&] { return compose_all(layers); });
}
Result<std::optional<AbsSnapshotDiff>> compose(std::span<const AbsSnapshotDiff* const> layers) {
  return detail::guarded([&] { return compose_all(layers); });
}

Result<std::optional<Snapshot>> merge_by_time(std::span<const Timed<Snapshot>> manifests) {
  return detail::guarded([&] { return merge_all(manifests); });
}
Result<std::optional<AbsSnapshot>> merge_by_time(std::span<const Timed<AbsSnapshot>> manifests) {
  return detail::guarded([&] { return merge_all(manifests); });
}
Result<std::optional<SnapshotDiff>> merge_by_time(std::span<const Timed<SnapshotDiff>> manifests) {
  return detail::guarded([&] { return merge_all(manifests); });
}
Result<std::optional<AbsSnapshotDiff>> merge_by_time(std::span<const Timed<AbsSnapshotDiff>> manifests) {
  return detail::guarded([&] { return merge_all(manifests); });
}

}  // namespace attache
