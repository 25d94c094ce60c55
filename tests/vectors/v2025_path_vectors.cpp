#include <attache/paths/asset_groups.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/paths/lexical.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/path_mapping.hpp>
#include <attache/paths/session_mapping.hpp>
#include <attache/paths/storage_profile.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

constexpr PathFormat kPosix = PathFormat::kPosix;

bool begins_with_two_slashes(std::string_view path) {
  return path.starts_with("//") && !path.starts_with("///");
}

// --- profiles

constexpr const char* kTree = "/golden/tree";

std::string in_tree(const std::string& path) {
  return path.starts_with("$TREE") ? kTree + path.substr(5) : absolute_path(kPosix, kTree, path);
}

std::vector<std::string> all_in_tree(const Json& list) {
  std::vector<std::string> paths = texts_of(list);
  for (std::string& path : paths) path = in_tree(path);
  return paths;
}

StorageProfile profile_of(const Json& locations) {
  StorageProfile profile;
  if (locations.is_null()) return profile;
  for (const Json& location : locations) {
    const std::vector<std::string> fields = texts_of(location);
    const auto type = parse_location_type(fields.at(2));
    if (!type) throw MalformedCase("unknown type of a location");
    profile.locations.push_back({fields[0], in_tree(fields[1]), *type});
  }
  return profile;
}

Json shown(const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (const std::string& path : paths) {
    list.push_back(json_of_text(path == kTree || path.starts_with(std::string(kTree) + "/")
                                    ? "$TREE" + path.substr(std::string(kTree).size())
                                    : path));
  }
  return list;
}

Json shown(const std::vector<AssetRootGroup>& groups) {
  Json list = Json::array();
  for (const AssetRootGroup& group : groups) {
    list.push_back(
        {{"fileSystemLocationName", group.location_name.empty() ? Json() : json_of_text(group.location_name)},
         {"inputs", shown(group.inputs)},
         {"outputs", shown(group.outputs)},
         {"references", shown(group.references)},
         {"rootPath", shown(std::vector{group.root}).front()}});
  }
  return list;
}

bool is_below_shared(const StorageProfile& profile, const std::string& path) {
  return std::any_of(profile.locations.begin(), profile.locations.end(), [&](const FileSystemLocation& location) {
    return location.type == LocationType::kShared && is_path_within(kPosix, path, location.path);
  });
}

// Why these inputs are refused here and were not there; nothing if they should not be.
std::optional<Deviation> reason_to_refuse(const std::vector<std::string>& inputs, const StorageProfile& profile,
                                          KnownPathFacts& facts) {
  std::optional<Deviation> why;
  for (const std::string& path : inputs) {
    const PathKind kind = facts.status(path)->kind;
    if (kind == PathKind::kDirectory) {
      why = Deviation::kDirectoryInputs;
    } else if (kind == PathKind::kMissing) {
      if (!is_below_shared(profile, path)) return std::nullopt;
      why = Deviation::kMissingBelowShared;
    }
  }
  return why;
}

Outcome check_group(const VectorCase& vector, GroupingOptions& options, const AssetPaths& paths) {
  // The reference does not look whether there are such files: so there is something, but no file.
  KnownPathFacts facts;
  for (const std::string& path : paths.inputs) facts.add(path, {PathKind::kOther, 0});
  const auto got = group_asset_paths(paths, options, facts);
  if (!got) return failure(vector.expected.dump(), got.error().to_string());
  return compare(vector.expected, shown(got->groups));
}

Outcome check_group_validated(const VectorCase& vector, GroupingOptions& options, const AssetPaths& paths) {
  KnownPathFacts facts;
  for (const std::string& file : all_in_tree(vector.input.at("files"))) {
    facts.add_file(file, 1);
    PathParts above = split_path(kPosix, file);
    while (above.components.size() > 1) {
      above.components.pop_back();
      facts.add_directory(join_path(kPosix, above));
    }
  }
  options.require_paths_exist = vector.input.at("requirePathsExist").get<bool>();
  const auto got = group_asset_paths(paths, options, facts);
  if (expects_error(vector.expected)) return got ? failure("refusal", shown(got->groups).dump()) : pass();
  if (!got) {
    const auto why = reason_to_refuse(paths.inputs, *options.profile, facts);
    return why ? deviation(*why) : failure(vector.expected.dump(), got.error().to_string());
  }
  std::vector<std::string> skipped;  // outputs and references are not reported there
  for (const SkippedPath& each : got->skipped) {
    if (std::find(paths.inputs.begin(), paths.inputs.end(), each.path) != paths.inputs.end()) {
      skipped.push_back(each.path);
    }
  }
  return compare(
      vector.expected,
      Json{{"demoted", shown(got->demoted)}, {"groups", shown(got->groups)}, {"skippedShared", shown(skipped)}});
}

Outcome check_profiles(const VectorCase& vector) {
  const StorageProfile profile = profile_of(vector.input.at("locations"));
  GroupingOptions options{.current_directory = kTree, .profile = &profile};
  const AssetPaths paths{.inputs = all_in_tree(vector.input.at("inputs")),
                         .outputs = all_in_tree(vector.input.at("outputs")),
                         .references = all_in_tree(vector.input.at("references"))};
  if (vector.op == "group") return check_group(vector, options, paths);
  if (vector.op == "group_validated") return check_group_validated(vector, options, paths);
  throw MalformedCase("unknown op " + vector.op);
}

// --- path_mapping

PathMappingRule rule_of(const Json& rule) {
  const auto text = [&](const char* key) { return rule.contains(key) ? text_of(rule.at(key)) : std::string("/x"); };
  return {text("sourcePathFormat"), text("sourcePath"), text("destinationPath")};
}

Outcome check_transform(const VectorCase& vector, const std::vector<PathMappingRule>& rules) {
  const std::string path = text_of(vector.input.at("path"));
  const auto mapper = PathMapper::create(rules, kPosix);
  if (!mapper) return failure(vector.expected.dump(), mapper.error().to_string());
  const auto got = mapper->map(path);
  if (!got) return failure(vector.expected.dump(), got.error().to_string());
  const std::optional<std::string> expected = optional_text_of(vector.expected);
  if (*got == expected) return pass();
  const bool posix = mapper->source_format() == kPosix;
  if (posix && path.find('\\') != std::string::npos) return deviation(Deviation::kBackslashIsCharacter);
  if (posix && begins_with_two_slashes(path) && !*got) return deviation(Deviation::kTwoSlashes);
  if (!is_absolute_path(mapper->source_format(), path) && !*got) return deviation(Deviation::kRelativeSource);
  if (*got && expected && **got == normalise_path(kPosix, *expected)) return deviation(Deviation::kNormalResult);
  return failure(vector.expected.dump(), got->value_or("null"));
}

Outcome check_join_path(const VectorCase& vector) {
  const auto format = parse_path_format(text_of(vector.input.at("format")));
  if (!format) throw MalformedCase("unknown format");
  const std::string root = text_of(vector.input.at("root"));
  const std::string relative = text_of(vector.input.at("relative"));
  const auto got = resolve_manifest_path(*format, root, relative);
  if (got) {
    const std::string expected = text_of(vector.expected);
    if (*got == expected) return pass();
    return *got == lexically_normal_path(*format, expected) ? deviation(Deviation::kNormalResult)
                                                            : failure(expected, *got);
  }
  if (root.empty()) return deviation(Deviation::kEmptyRoot);
  const PathParts parts = split_path(*format, relative);
  const bool leaves = std::find(parts.components.begin(), parts.components.end(), "..") != parts.components.end();
  return !parts.anchor.empty() || leaves ? deviation(Deviation::kPathForm)
                                         : failure(vector.expected.dump(), got.error().to_string());
}

Outcome check_profile_rules(const VectorCase& vector) {
  const auto profile = [](const Json& value) {
    StorageProfile made{text_of(value.at("id")), value.contains("osFamily") ? text_of(value.at("osFamily")) : "", {}};
    for (const Json& location : value.at("locations")) {
      made.locations.push_back({text_of(location.at(0)), text_of(location.at(1))});
    }
    return made;
  };
  Json got = Json::array();
  for (const PathMappingRule& rule :
       mapping_rules_between(profile(vector.input.at("source")), profile(vector.input.at("destination")))) {
    got.push_back({{"sourcePathFormat", rule.source_path_format},
                   {"sourcePath", json_of_text(rule.source_path)},
                   {"destinationPath", json_of_text(rule.destination_path)}});
  }
  return compare(vector.expected, got);
}

Outcome check_path_mapping(const VectorCase& vector) {
  if (vector.op == "profile_rules") return check_profile_rules(vector);
  if (vector.op == "join_path") return check_join_path(vector);
  if (vector.op == "unique_dest_dir_name") {
    const auto name = session_directory_name(text_of(vector.input.at("sourceRoot")));
    return name ? compare(text_of(vector.expected), *name) : failure(vector.expected.dump(), name.error().to_string());
  }
  std::vector<PathMappingRule> rules;
  if (vector.op == "rule_apply") {
    rules.push_back(rule_of(vector.input.at("rule")));
  } else {
    for (const Json& rule : vector.input.at("rules")) rules.push_back(rule_of(rule));
  }
  if (vector.op == "transform" || vector.op == "rule_apply") return check_transform(vector, rules);
  if (vector.op != "applier_new") throw MalformedCase("unknown op " + vector.op);
  const auto mapper = PathMapper::create(rules, kPosix);
  if (expects_error(vector.expected)) return mapper ? failure("refusal", "accepted") : pass();
  return mapper ? pass() : failure(vector.expected.dump(), mapper.error().to_string());
}

// --- path_utils

Outcome compare_path(const std::string& expected, const std::string& got) {
  if (expected == got) return pass();
  if (expected.empty() && got == ".") return deviation(Deviation::kDotForNothing);
  if (begins_with_two_slashes(got) && got.substr(1) == expected) return deviation(Deviation::kTwoSlashes);
  if (got == normalise_path(kPosix, expected)) return deviation(Deviation::kNormalResult);
  return failure(expected, got);
}

Outcome check_path_utils(const VectorCase& vector) {
  const std::string path = text_of(vector.input.at("path"));
  if (vector.op == "lexical_normalize")
    return compare_path(text_of(vector.expected), lexically_normal_path(kPosix, path));
  if (vector.op == "to_posix_path") return compare_path(text_of(vector.expected), normalise_path(kPosix, path));
  const std::string root = text_of(vector.input.at("root"));
  if (vector.op == "is_within_root") return compare(vector.expected, Json(is_path_within(kPosix, path, root)));
  if (vector.op == "normalize_for_manifest") {
    const auto below = path_below(kPosix, path, root);
    if (expects_error(vector.expected)) return below ? failure("refusal", *below) : pass();
    return below ? compare_path(text_of(vector.expected), *below) : failure(vector.expected.dump(), "outside");
  }
  if (vector.op != "from_posix_path") throw MalformedCase("unknown op " + vector.op);
  const auto resolved = resolve_manifest_path(kPosix, root, path);
  if (!resolved) return deviation(Deviation::kPathForm);
  return compare_path(text_of(vector.expected), *resolved);
}

// --- job

Outcome check_job(const VectorCase& vector) {
  if (vector.op != "attachments") throw MalformedCase("unknown op " + vector.op);
  const auto format = parse_path_format(text_of(vector.input.at("host")));
  const auto file_system = parse_file_system(text_of(vector.input.at("fileSystem")));
  if (!format || !file_system) throw MalformedCase("unknown host or file system");
  const std::string root = text_of(vector.input.at("rootPath"));
  const std::vector<std::string> outputs = texts_of(vector.input.at("outputs"));
  const auto directories = output_relative_directories(*format, root, outputs);
  if (!directories) {
    const bool outside = std::any_of(outputs.begin(), outputs.end(),
                                     [&](const std::string& output) { return !is_path_within(*format, output, root); });
    return outside ? deviation(Deviation::kOutputsOutside)
                   : failure(vector.expected.dump(), directories.error().to_string());
  }
  const ManifestProperties properties{
      .root_path = root,
      .root_path_format = *format,
      .file_system_location_name = optional_text_of(vector.input.at("location")).value_or(""),
      .input_manifest_path = optional_text_of(vector.input.at("manifestKey")).value_or(""),
      .input_manifest_hash = optional_text_of(vector.input.at("manifestHash")).value_or(""),
      .output_relative_directories = *directories};
  const Json got = Json::parse(encode_attachments({{properties}, *file_system}));
  std::set<Deviation> deviations;
  Json expected = vector.expected;
  Json& manifest = expected.at("manifests").at(0);
  if (manifest.contains("outputRelativeDirectories")) {
    Json& list = manifest.at("outputRelativeDirectories");
    for (Json& directory : list) {
      if (directory != "") continue;
      directory = ".";
      deviations.insert(Deviation::kDotForNothing);
    }
    if (!std::is_sorted(list.begin(), list.end())) {
      std::sort(list.begin(), list.end());
      deviations.insert(Deviation::kSortedDirectories);
    }
    if (list.empty()) {
      manifest.erase("outputRelativeDirectories");
      deviations.insert(Deviation::kNothingToBring);
    }
  }
  Outcome outcome = compare(expected, got);
  if (outcome.verdict != Verdict::kPass || deviations.empty()) return outcome;
  return deviation(std::vector<Deviation>(deviations.begin(), deviations.end()));
}

constexpr Kind kKinds[] = {
    {"v2025-12/job", check_job},
    {"v2025-12/path_mapping", check_path_mapping},
    {"v2025-12/path_utils", check_path_utils},
    {"v2025-12/profiles", check_profiles},
};

}  // namespace

std::span<const Kind> v2025_path_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
