#include <attache/base/guarded.hpp>
#include <attache/manifest/path_group.hpp>

#include <algorithm>
#include <limits>
#include <map>

namespace attache {

void PathGroup::combine(const PathGroup& other) {
  // Not by iterators of `other`: it may be this group.
  const std::size_t count = other.manifests_.size();
  manifests_.reserve(manifests_.size() + count);
  for (std::size_t i = 0; i < count; ++i) manifests_.push_back(other.manifests_[i]);
}

std::uint64_t PathGroup::size() const {
  std::uint64_t size = 0;
  for (const Manifest* const manifest : manifests_) size += manifest->size();
  return size;
}

std::optional<std::uint64_t> PathGroup::total_bytes() const {
  std::uint64_t total = 0;
  for (const Manifest* const manifest : manifests_) {
    if (manifest->total_size() > std::numeric_limits<std::uint64_t>::max() - total) return std::nullopt;
    total += manifest->total_size();
  }
  return total;
}

Result<std::vector<std::string_view>> PathGroup::sorted_paths() const {
  return detail::guarded([&]() -> Result<std::vector<std::string_view>> {
    std::vector<std::string_view> paths;
    paths.reserve(static_cast<std::size_t>(size()));
    for (const Manifest* const manifest : manifests_) {
      for (std::size_t i = 0; i < manifest->size(); ++i) paths.push_back(manifest->path(i));
    }
    std::sort(paths.begin(), paths.end());  // WTF-8 bytes order as code points do
    return paths;
  });
}

std::vector<PathGroup> group_by_root(std::span<const RootedManifest> manifests) {
  std::vector<PathGroup> groups;
  std::map<std::string_view, std::size_t> known;  // roots are few
  for (const RootedManifest& each : manifests) {
    const auto [found, added] = known.emplace(each.root, groups.size());
    if (added) groups.emplace_back(each.root);
    groups[found->second].add(*each.manifest);
  }
  return groups;
}

}  // namespace attache
