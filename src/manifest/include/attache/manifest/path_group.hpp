#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The manifests of one root taken together, for showing what will be downloaded where: several jobs' or steps' outputs
/// often go to one root. Refers to the manifests, which must outlive it, and copies no entry.
///
/// The incumbent's group appends one manifest's list to another's, which changes that manifest, and counts the total of
/// a group once for each hash algorithm when groups are combined (BUG-40). This does neither.
class PathGroup {
 public:
  explicit PathGroup(std::string_view root) : root_(root) {}

  const std::string& root() const { return root_; }
  std::span<const Manifest* const> manifests() const { return manifests_; }

  void add(const Manifest& manifest) { manifests_.push_back(&manifest); }
  void add(Manifest&&) = delete;  // it would be gone at once
  /// Adds the manifests of another group, whatever its root.
  void combine(const PathGroup& other);

  /// Entries of all manifests, duplicates included.
  std::uint64_t size() const;
  /// The sum of the stated totals, as the incumbent shows it; nothing beyond 64 bits.
  std::optional<std::uint64_t> total_bytes() const;
  /// All paths by their code points, which is Python's order of texts, duplicates included. The views are those of the
  /// manifests. O(n log n).
  Result<std::vector<std::string_view>> sorted_paths() const;

 private:
  std::string root_;
  std::vector<const Manifest*> manifests_;
};

struct RootedManifest {
  std::string_view root;
  const Manifest* manifest = nullptr;
};

/// One group for each root, in the order in which roots first occur. Roots are compared as texts, exactly.
std::vector<PathGroup> group_by_root(std::span<const RootedManifest> manifests);

}  // namespace attache
