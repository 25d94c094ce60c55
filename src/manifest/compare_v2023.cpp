#include <attache/base/guarded.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "path_index.hpp"

#include <limits>

namespace attache {

namespace {

using detail::PathIndex;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// The entries of a manifest that count: each path once, at its first place with its last entry.
class Distinct {
 public:
  explicit Distinct(const Manifest& manifest) : index_(manifest.size(), PathOf{&manifest}), last_(manifest.size()) {
    detail::for_each_key(manifest, index_, [this](std::uint32_t i, const auto& key) {
      const auto first = index_.find_or_add(key, i);
      if (first) last_[i] = kNone;
      last_[first.value_or(i)] = i;
    });
  }

  /// The entry that counts for what is at place i; kNone if the path was there before.
  std::uint32_t at(std::size_t i) const { return last_[i]; }
  /// The place of a path.
  template <typename Key>
  std::optional<std::uint32_t> find(const Key& key) const {
    return index_.find(key);
  }
  const auto& index() const { return index_; }

 private:
  struct PathOf {
    const Manifest* manifest;
    std::string_view operator()(std::uint32_t number) const { return manifest->path(number); }
  };

  PathIndex<PathOf> index_;
  std::vector<std::uint32_t> last_;
};

bool is_modified(const ManifestEntry& entry, const FileStat& file) {
  return file.size != entry.size || !is_same_time(file.mtime_us, entry.mtime_us);
}

}  // namespace

std::string_view to_string(FileChange status) {
  switch (status) {
    case FileChange::kUnchanged:
      return "unchanged";
    case FileChange::kNew:
      return "new";
    case FileChange::kModified:
      return "modified";
    case FileChange::kDeleted:
      return "deleted";
  }
  return "unknown";
}

Result<std::vector<FileDifference>> compare(const Manifest& reference, const Manifest& current) {
  return detail::guarded([&]() -> Result<std::vector<FileDifference>> {
    const Distinct before(reference);
    const Distinct after(current);
    std::vector<FileDifference> differences;
    differences.reserve(current.size());
    std::vector<bool> found(reference.size());
    detail::for_each_key(current, before.index(), [&](std::uint32_t i, const auto& key) {
      const std::uint32_t entry = after.at(i);
      if (entry == kNone) return;
      const auto place = before.find(key);
      if (!place) {
        differences.push_back({FileChange::kNew, entry});
        return;
      }
      found[*place] = true;
      const bool same = reference[before.at(*place)].hash == current[entry].hash;
      differences.push_back({same ? FileChange::kUnchanged : FileChange::kModified, entry});
    });
    for (std::size_t i = 0; i < reference.size(); ++i) {
      if (before.at(i) != kNone && !found[i]) differences.push_back({FileChange::kDeleted, before.at(i)});
    }
    return differences;
  });
}

Result<std::vector<FileDifference>> compare_stat(const Manifest& manifest, std::span<const FileStat> files) {
  return detail::guarded([&]() -> Result<std::vector<FileDifference>> {
    const Distinct before(manifest);
    std::vector<FileDifference> differences;
    std::vector<bool> found(manifest.size());
    const auto path_of = [files](std::size_t i) { return files[i].path; };
    detail::for_each_key(files.size(), path_of, before.index(), [&](std::uint32_t i, const auto& key) {
      const auto place = before.find(key);
      if (!place) {
        differences.push_back({FileChange::kNew, i});
        return;
      }
      found[*place] = true;
      if (is_modified(manifest[before.at(*place)], files[i])) differences.push_back({FileChange::kModified, i});
    });
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      if (before.at(i) != kNone && !found[i]) differences.push_back({FileChange::kDeleted, before.at(i)});
    }
    return differences;
  });
}

}  // namespace attache
