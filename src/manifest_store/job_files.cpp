#include <attache/base/guarded.hpp>
#include <attache/base/include_filters.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/manifest_store/job_files.hpp>
#include <attache/paths/conflict_names.hpp>
#include <attache/paths/lexical.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace attache {

namespace {

/// The root as the first part of a file's name.
std::string name_prefix(std::string_view root) {
  std::string prefix(root);
  std::replace_if(
      prefix.begin(), prefix.end(), [](char c) { return c == '/' || c == '\\' || c == ':'; }, '_');
  return prefix + "_";
}

/// Another name beside a path that is taken, which neither the other groups have nor the path's own.
std::string renamed(std::string_view path, std::string_view root, const std::unordered_set<std::string>& taken,
                    const std::unordered_set<std::string>& own) {
  const std::size_t begin = path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1;
  const std::string directory(path.substr(0, begin));
  const std::string name = name_prefix(root) + std::string(path.substr(begin));
  std::string other = directory + name;
  for (std::uint64_t n = 1; taken.contains(other) || own.contains(other); ++n) other = directory + copy_name(name, n);
  return other;
}

std::unordered_set<std::string> paths_of(const std::vector<const Manifest*>& manifests) {
  std::unordered_set<std::string> paths;
  for (const Manifest* manifest : manifests) {
    for (const ManifestEntry& entry : *manifest) paths.emplace(entry.path);
  }
  return paths;
}

}  // namespace

void JobFiles::add(std::string_view root, const Manifest& manifest) {
  const auto found = group_of_.find(root);
  if (found != group_of_.end()) {
    groups_[found->second].manifests.push_back(&manifest);
    return;
  }
  group_of_.emplace(root, groups_.size());
  groups_.push_back({std::string(root), std::string(root), 0, {&manifest}});
}

Status JobFiles::set_root_path(std::string_view current, std::string_view wanted) {
  const auto group =
      std::find_if(groups_.begin(), groups_.end(), [&](const Group& each) { return each.target == current; });
  if (group == groups_.end()) {
    std::string known;
    for (const std::string& root : roots()) known += (known.empty() ? "'" : ", '") + printable(root) + "'";
    return fail(ErrorCode::kInvalidArgument, "'" + printable(current) + "' is not a root of these files",
                known.empty() ? "there are no files" : "name one of " + known);
  }
  std::string target = absolute_path(options_.host, options_.current_directory, wanted);
  if (target == group->target) return {};
  group->target = std::move(target);
  if (group->sent == 0) group->sent = ++sent_;
  return {};
}

std::vector<JobFiles::Meeting> JobFiles::targets() const {
  // Sent one after the other, in the order in which they first were: what was sent to a root goes with it when that is
  // sent in its turn.
  std::vector<Meeting> meetings;
  std::vector<const Group*> sent;
  for (const Group& group : groups_) {
    meetings.push_back({group.root, {&group}});
    if (group.sent != 0 && group.target != group.root) sent.push_back(&group);
  }
  std::sort(sent.begin(), sent.end(), [](const Group* a, const Group* b) { return a->sent < b->sent; });
  const auto at = [&](std::string_view target) {
    return std::find_if(meetings.begin(), meetings.end(), [&](const Meeting& each) { return each.target == target; });
  };
  for (const Group* group : sent) {
    const auto from = at(group->root);
    const auto to = at(group->target);
    if (to == meetings.end()) {
      from->target = group->target;
    } else {
      to->groups.insert(to->groups.end(), from->groups.begin(), from->groups.end());
      meetings.erase(from);
    }
  }
  return meetings;
}

std::vector<std::string> JobFiles::roots() const {
  std::vector<std::string> all;
  for (const Meeting& meeting : targets()) all.emplace_back(meeting.target);
  return all;
}

Result<std::vector<RootFiles>> JobFiles::by_root() const {
  return detail::guarded([&]() -> Result<std::vector<RootFiles>> {
    std::optional<IncludeFilters> filters;
    if (!filter_groups_.empty()) {
      ATTACHE_ASSIGN(filters, IncludeFilters::compile(filter_groups_,
                                                      {.case_insensitive = options_.host == PathFormat::kWindows}));
    }
    std::vector<RootFiles> all;
    for (const Meeting& place : targets()) {
      const std::vector<const Group*>& meeting = place.groups;
      RootFiles result{std::string(place.target), {}};
      ManifestBuilder builder;
      std::unordered_set<std::string> taken;  // only where groups meet
      for (std::size_t g = 0; g < meeting.size(); ++g) {
        // Of one group a path may occur twice; another group must not have it.
        std::unordered_set<std::string> own;
        if (meeting.size() > 1) own = paths_of(meeting[g]->manifests);
        std::unordered_map<std::string, std::string> names;  // of the paths that are taken
        for (const Manifest* manifest : meeting[g]->manifests) {
          for (const ManifestEntry& entry : *manifest) {
            std::string path(entry.path);
            if (taken.contains(path)) {
              const auto [name, is_new] = names.try_emplace(path);
              if (is_new) {
                name->second = renamed(path, meeting[g]->root, taken, own);
                own.insert(name->second);
              }
              path = name->second;
            }
            if (filters && !filters->matches(result.root, path)) continue;
            ATTACHE_TRY(builder.add(path, entry.hash, entry.size, entry.mtime_us));
          }
        }
        taken.merge(own);
      }
      if (filters && builder.size() == 0) continue;
      ATTACHE_ASSIGN(result.files, std::move(builder).build());
      all.push_back(std::move(result));
    }
    return all;
  });
}

Result<Manifest> files_in_directory(std::span<const RootedManifest> manifests, std::string_view directory) {
  return detail::guarded([&]() -> Result<Manifest> {
    ManifestBuilder builder;
    for (const RootedManifest& rooted : manifests) {
      ATTACHE_ASSIGN(const Manifest selected, select_below(*rooted.manifest, directory));
      for (const ManifestEntry& entry : selected) {
        ATTACHE_TRY(builder.add(entry.path, entry.hash, entry.size, entry.mtime_us));
      }
    }
    return std::move(builder).build();
  });
}

}  // namespace attache
