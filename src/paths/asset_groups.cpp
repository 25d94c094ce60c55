#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/asset_groups.hpp>
#include <attache/paths/lexical.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace attache {

namespace {

std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) next_code_point(text, at);
  return count;
}

void append_list(std::string& message, std::string_view what, const std::set<std::string>& paths) {
  if (paths.empty()) return;
  if (!message.ends_with(": ")) message += "; ";
  message += what;
  std::string_view separator = " ";
  for (const std::string& path : paths) {
    message.append(separator).append("'").append(printable(path)).append("'");
    separator = ", ";
  }
}

// A location and where it really is.
struct Place {
  const FileSystemLocation* location;
  std::string resolved;
};

struct Group {
  const FileSystemLocation* location = nullptr;
  std::set<std::string> inputs;
  std::set<std::string> outputs;
  std::set<std::string> references;
  std::uint64_t input_bytes = 0;
};

class Grouper {
 public:
  Grouper(const GroupingOptions& options, PathFacts& facts) : options_(options), facts_(facts) {
    if (options.profile == nullptr) return;
    // Of locations of one type with one path the last name counts, at the place of the first.
    for (const FileSystemLocation& location : options.profile->locations) {
      std::vector<Place>& places = location.type == LocationType::kLocal ? local_ : shared_;
      const auto known = std::find_if(places.begin(), places.end(),
                                      [&](const Place& place) { return place.location->path == location.path; });
      if (known != places.end()) {
        known->location = &location;
      } else {
        places.push_back({&location, place_of(location.path)});
      }
    }
  }

  Result<AssetGrouping> run(const AssetPaths& paths) {
    std::set<std::string> references = absolute_set(paths.references);
    const std::set<std::string> inputs = absolute_set(paths.inputs);
    const std::set<std::string> outputs = absolute_set(paths.outputs);
    ATTACHE_TRY(check_texts());
    for (const std::string& path : inputs) add_input(path, references);
    ATTACHE_TRY(check_inputs());
    for (const std::string& path : outputs) {
      if (Group* group = group_of(path)) group->outputs.insert(path);
    }
    for (const std::string& path : references) {
      if (Group* group = group_of(path)) group->references.insert(path);
    }
    return finish();
  }

 private:
  std::string absolute(const std::string& path) const {
    return absolute_path(options_.format, options_.current_directory, path);
  }

  // Where a location really is. On POSIX `..` is left to the file system, as what a link before it leads to counts;
  // Windows collapses it first.
  std::string place_of(const std::string& path) {
    const std::vector<std::string> components = split_path(options_.format, path).components;
    const bool goes_up = std::find(components.begin(), components.end(), "..") != components.end();
    if (options_.format == PathFormat::kWindows || !goes_up) return facts_.resolved(absolute(path));
    return absolute(facts_.resolved(path.starts_with('/') ? path : options_.current_directory + "/" + path));
  }

  std::set<std::string> absolute_set(const std::vector<std::string>& paths) {
    std::set<std::string> result;
    for (const std::string& path : paths) {
      if (path.find('\0') != std::string::npos) {
        with_nul_.insert(path);
      } else if (!path.empty()) {
        result.insert(absolute(path));
      }
    }
    return result;
  }

  Status check_texts() const {
    if (with_nul_.empty()) return {};
    std::string message = "job attachments: ";
    append_list(message, "paths that hold a NUL:", with_nul_);
    return fail(ErrorCode::kInvalidArgument, message, "no file has such a name: correct the paths");
  }

  void add_input(const std::string& path, std::set<std::string>& references) {
    const Result<PathStatus> status = facts_.status(path);
    if (!status) {
      unreadable_.emplace(path, status.error());
      return;
    }
    switch (status->kind) {
      case PathKind::kMissing:
        if (options_.require_paths_exist) {
          missing_.insert(path);
        } else {
          demoted_.push_back(path);
          references.insert(path);
        }
        return;
      case PathKind::kDirectory:
        directories_.insert(path);
        return;
      case PathKind::kFile:
      case PathKind::kOther:
        break;
    }
    if (Group* group = group_of(path)) {
      group->inputs.insert(path);
      group->input_bytes += status->size;
    }
  }

  Status check_inputs() const {
    if (missing_.empty() && directories_.empty() && unreadable_.empty()) return {};
    const bool only_unreadable = missing_.empty() && directories_.empty();
    std::set<std::string> unreadable;
    for (const auto& [path, error] : unreadable_) unreadable.insert(path);
    std::string message = "job attachments cannot be uploaded: ";
    append_list(message, "missing input files:", missing_);
    append_list(message, "directories given as input files:", directories_);
    append_list(message, "input files that cannot be looked at:", unreadable);
    if (only_unreadable) {
      const Error& first = unreadable_.begin()->second;
      return fail(first.code(), message + " (" + first.message() + ")", first.remedy());
    }
    return fail(ErrorCode::kInvalidArgument, message,
                "list only files that exist as inputs, directories as input directories, and what may be missing as "
                "referenced paths");
  }

  // The group of a path; null if a SHARED location holds it.
  Group* group_of(const std::string& path) {
    std::string real;
    if (!local_.empty() || !shared_.empty()) real = facts_.resolved(path);
    for (const Place& place : shared_) {
      if (!is_path_within(options_.format, real, place.resolved)) continue;
      skipped_.emplace(path, place.location->name);
      return nullptr;
    }
    const FileSystemLocation* best = nullptr;
    for (const Place& place : local_) {
      if (best != nullptr && code_points(place.location->path) <= code_points(best->path)) continue;
      if (is_path_within(options_.format, real, place.resolved)) best = place.location;
    }
    const std::string key =
        comparison_key(options_.format, best != nullptr ? best->path : split_path(options_.format, path).anchor);
    Group& group = groups_[key];
    if (best != nullptr) group.location = best;
    return &group;
  }

  // The longest path that all of the group's are within, or its directory if it is a file.
  std::string root_of(const Group& group) {
    std::vector<std::string> all(group.inputs.begin(), group.inputs.end());
    all.insert(all.end(), group.outputs.begin(), group.outputs.end());
    all.insert(all.end(), group.references.begin(), group.references.end());
    std::optional<std::string> common = common_path(options_.format, all);
    // Only links can bring paths of several drives into one group.
    if (!common) return group.location != nullptr ? absolute(group.location->path) : all.front();
    const Result<PathStatus> status = facts_.status(*common);
    if (!status || status->kind != PathKind::kFile) return *std::move(common);
    PathParts parts = split_path(options_.format, *common);
    if (!parts.components.empty()) parts.components.pop_back();
    return join_path(options_.format, parts);
  }

  AssetGrouping finish() {
    AssetGrouping result;
    for (auto& [key, group] : groups_) {
      AssetRootGroup made;
      made.root = root_of(group);
      if (group.location != nullptr) {
        made.location_name = group.location->name;
        made.location_path = group.location->path;
      }
      made.inputs.assign(group.inputs.begin(), group.inputs.end());
      made.outputs.assign(group.outputs.begin(), group.outputs.end());
      made.references.assign(group.references.begin(), group.references.end());
      made.input_bytes = group.input_bytes;
      result.total_input_files += made.inputs.size();
      result.total_input_bytes += made.input_bytes;
      result.groups.push_back(std::move(made));
    }
    std::sort(result.groups.begin(), result.groups.end(), [](const AssetRootGroup& a, const AssetRootGroup& b) {
      return std::tie(a.root, a.location_name, a.location_path) < std::tie(b.root, b.location_name, b.location_path);
    });
    for (std::string& path : demoted_) {
      if (skipped_.find(path) == skipped_.end()) result.demoted.push_back(std::move(path));
    }
    for (const auto& [path, name] : skipped_) result.skipped.push_back({path, name});
    return result;
  }

  const GroupingOptions& options_;
  PathFacts& facts_;
  std::vector<Place> local_;
  std::vector<Place> shared_;
  std::map<std::string, Group> groups_;
  std::map<std::string, std::string> skipped_;
  std::vector<std::string> demoted_;  // in order, as inputs are
  std::set<std::string> missing_;
  std::set<std::string> directories_;
  std::map<std::string, Error> unreadable_;
  std::set<std::string> with_nul_;
};

}  // namespace

Result<AssetGrouping> group_asset_paths(const AssetPaths& paths, const GroupingOptions& options, PathFacts& facts) {
  return detail::guarded([&] { return Grouper(options, facts).run(paths); });
}

Result<std::vector<std::string>> output_relative_directories(PathFormat format, std::string_view root,
                                                             const std::vector<std::string>& outputs) {
  return detail::guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> directories;
    for (const std::string& output : outputs) {
      std::optional<std::string> below = path_below(format, output, root);
      if (!below) {
        return fail(
            ErrorCode::kOutsideRoot,
            "output directory '" + printable(output) + "' is not below the asset root '" + printable(root) + "'",
            "give it a root that holds it: group the paths again");
      }
      directories.push_back(*std::move(below));
    }
    std::sort(directories.begin(), directories.end());
    directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
    return directories;
  });
}

std::string convert_output_directory(PathFormat from, PathFormat to, std::string_view directory) {
  std::string converted(directory);
  if (from == to) return converted;
  const char old_separator = from == PathFormat::kWindows ? '\\' : '/';
  const char new_separator = to == PathFormat::kWindows ? '\\' : '/';
  std::replace(converted.begin(), converted.end(), old_separator, new_separator);
  return converted;
}

}  // namespace attache
