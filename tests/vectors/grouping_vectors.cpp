#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/paths/asset_groups.hpp>
#include <attache/paths/asset_references.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/paths/known_paths.hpp>
#include <attache/paths/session_mapping.hpp>
#include <attache/paths/windows_long_path.hpp>
#include <attache/scan/path_facts.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

// What the case expects, with the order of its keys.
OrderedJson ordered_expected(const VectorCase& vector) {
  return ordered_case(vector).at("expected");
}

Outcome compare_texts(const OrderedJson& expected, const std::string& got) {
  return compare(expected.dump(-1, ' ', true), OrderedJson::parse(got).dump(-1, ' ', true));
}

// --- grouping

constexpr std::string_view kRoot = "{ROOT}";

std::string with_root(std::string text, const std::string& root) {
  for (std::size_t at = text.find(kRoot); at != std::string::npos; at = text.find(kRoot, at + root.size())) {
    text.replace(at, kRoot.size(), root);
  }
  return text;
}

std::vector<std::string> paths_of(const Json& list, const std::string& root) {
  std::vector<std::string> paths = texts_of(list);
  for (std::string& path : paths) path = with_root(path, root);
  return paths;
}

// The tree that the file says its cases were recorded in.
void make_tree(const VectorCase& vector, const std::string& root) {
  namespace fs = std::filesystem;
  const Json tree = Json::parse(ordered_file(vector).at("fields").at("tree").get<std::string>());
  std::size_t size = 0;
  for (const std::string& file : texts_of(tree.at("files (size = index+1)"))) {
    const fs::path path = fs::path(root) / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << std::string(++size, 'x');
  }
  for (const std::string& directory : texts_of(tree.at("directories"))) {
    fs::create_directories(fs::path(root) / directory);
  }
  for (const auto& [name, target] : tree.at("symlinks").items()) {
    fs::create_symlink(text_of(target), fs::path(root) / name);
  }
}

bool begins_with_two_slashes(std::string_view path) {
  return path.starts_with("//") && !path.starts_with("///");
}

bool has_equal_roots(const AssetGrouping& grouping) {
  for (std::size_t i = 1; i < grouping.groups.size(); ++i) {
    if (grouping.groups[i].root == grouping.groups[i - 1].root) return true;
  }
  return false;
}

Json sorted_texts(const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (const std::string& path : paths) list.push_back(json_of_text(path));
  return list;
}

Json grouped(const AssetGrouping& grouping) {
  Json groups = Json::array();
  for (const AssetRootGroup& group : grouping.groups) {
    groups.push_back({{"root_path", json_of_text(group.root)},
                      {"location", group.location_name.empty() ? Json() : json_of_text(group.location_name)},
                      {"inputs", sorted_texts(group.inputs)},
                      {"outputs", sorted_texts(group.outputs)},
                      {"references", sorted_texts(group.references)}});
  }
  return {{"groups", groups},
          {"total_input_files", grouping.total_input_files},
          {"total_input_bytes", grouping.total_input_bytes}};
}

// The recorded groups in this test's tree.
Json recorded_groups(const Json& expected, const std::string& root) {
  Json groups = Json::array();
  for (const Json& group : expected.at("groups")) {
    Json made{{"root_path", json_of_text(with_root(text_of(group.at("root_path")), root))},
              {"location", group.at("location")}};
    for (const char* key : {"inputs", "outputs", "references"}) {
      std::vector<std::string> paths = paths_of(group.at(key), root);
      for (std::string& path : paths) {
        if (begins_with_two_slashes(path)) path.erase(0, 1);
      }
      std::sort(paths.begin(), paths.end());
      made[key] = sorted_texts(paths);
    }
    groups.push_back(std::move(made));
  }
  // In order of their roots, which is another where the tree is elsewhere.
  std::stable_sort(groups.begin(), groups.end(), [](const Json& a, const Json& b) {
    return text_of(a.at("root_path")) < text_of(b.at("root_path"));
  });
  return {{"groups", groups},
          {"total_input_files", expected.at("total_input_files")},
          {"total_input_bytes", expected.at("total_input_bytes")}};
}

Outcome check_grouping(const VectorCase& vector) {
  const TemporaryDirectory directory;
  const std::string root = std::filesystem::canonical(directory.path()).string();
  make_tree(vector, root);
  StorageProfile profile;
  if (!vector.input.at("profile").is_null()) {
    for (const Json& location : vector.input.at("profile")) {
      const std::vector<std::string> fields = texts_of(location);
      const auto type = parse_location_type(fields.at(2));
      if (!type) throw MalformedCase("unknown type of a location");
      profile.locations.push_back({fields[0], with_root(fields[1], root), *type});
    }
  }
  GroupingOptions options;
  options.current_directory = root;
  options.profile = vector.input.at("profile").is_null() ? nullptr : &profile;
  options.require_paths_exist = vector.input.at("require_paths_exist").get<bool>();
  const AssetPaths paths{.inputs = paths_of(vector.input.at("inputs"), root),
                         .outputs = paths_of(vector.input.at("outputs"), root),
                         .references = paths_of(vector.input.at("references"), root)};
  const auto facts = DiskPathFacts::open();
  if (!facts) throw MalformedCase(facts.error().to_string());
  const Result<AssetGrouping> got = group_asset_paths(paths, options, **facts);
  if (expects_error(vector.expected)) {
    if (!got) return pass();
    const bool compares_names = vector.expected.at("error") == "TypeError" && has_equal_roots(*got);
    return compares_names ? deviation(Deviation::kUnnamedFirst) : failure("refusal", grouped(*got).dump());
  }
  if (!got) return failure(vector.expected.dump(), got.error().to_string());
  Outcome outcome = compare(recorded_groups(vector.expected.at("ok"), root), grouped(*got));
  // The incumbent makes them a group of their own, with a root that they are not below.
  for (const auto& list : {paths.inputs, paths.outputs, paths.references}) {
    if (std::any_of(list.begin(), list.end(), begins_with_two_slashes)) return deviation(Deviation::kOneSlash);
  }
  return outcome;
}

// --- dynamic_mapping

Outcome check_dynamic_mapping(const VectorCase& vector) {
  std::vector<ManifestProperties> manifests;
  for (const Json& manifest : vector.input.at("manifests")) {
    const auto format = parse_path_format(text_of(manifest.at(1)));
    if (!format) throw MalformedCase("unknown format");
    manifests.push_back({.root_path = text_of(manifest.at(0)),
                         .root_path_format = *format,
                         .file_system_location_name = optional_text_of(manifest.at(2)).value_or("")});
  }
  const auto rules = dynamic_mapping_rules(text_of(vector.input.at("session_dir")), PathFormat::kPosix, manifests);
  if (expects_error(vector.expected)) return rules ? failure("refusal", "accepted") : pass();
  if (!rules) return failure(vector.expected.dump(), rules.error().to_string());
  Json got = Json::array();
  for (const PathMappingRule& rule : *rules) {
    got.push_back({json_of_text(rule.source_path),
                   {{"source_path_format", rule.source_path_format},
                    {"source_path", json_of_text(rule.source_path)},
                    {"destination_path", json_of_text(rule.destination_path)}}});
  }
  return compare(vector.expected, got);
}

// --- asset_references, attachments_json

// True if a list of paths is a text or an object, whose characters or keys the incumbent takes, or the document is no
// object, which it takes for an empty one.
bool is_list_like_only(const Json& document) {
  if (!document.is_object()) return true;
  const Json& references = document.value("assetReferences", Json());
  const auto wrong = [](const Json& from, const char* key) {
    return from.is_object() && from.contains(key) && (from.at(key).is_string() || from.at(key).is_object());
  };
  const Json inputs = references.value("inputs", Json::object());
  const Json outputs = references.value("outputs", Json::object());
  return wrong(inputs, "filenames") || wrong(inputs, "directories") || wrong(outputs, "directories") ||
         wrong(references, "referencedPaths");
}

// True if a field has another type than the format says: the incumbent takes any.
bool has_wrong_type(const Json& properties) {
  for (const char* key : {"rootPath", "fileSystemLocationName", "inputManifestPath", "inputManifestHash"}) {
    if (!properties.contains(key) || properties.at(key).is_string()) continue;
    if (!properties.at(key).is_null() || std::string_view(key) == "rootPath") return true;
  }
  const Json& directories = properties.value("outputRelativeDirectories", Json());
  if (directories.is_null()) return false;
  return !directories.is_array() ||
         !std::all_of(directories.begin(), directories.end(), [](const Json& each) { return each.is_string(); });
}

Outcome check_asset_references(const VectorCase& vector) {
  const auto references = parse_asset_references(vector.input.at("object").dump(), PathFormat::kPosix);
  if (expects_error(vector.expected)) return references ? failure("refusal", "accepted") : pass();
  if (!references) {
    return is_list_like_only(vector.input.at("object"))
               ? deviation(Deviation::kWrongType)
               : failure(vector.expected.dump(), references.error().to_string());
  }
  return compare_texts(ordered_expected(vector).at("ok"), encode_asset_references(*references));
}

Outcome check_attachments_json(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  if (op == "from_dict") {
    const auto properties = parse_manifest_properties(vector.input.at("dict").dump());
    if (expects_error(vector.expected)) return properties ? failure("refusal", "accepted") : pass();
    if (!properties) {
      return has_wrong_type(vector.input.at("dict")) ? deviation(Deviation::kWrongType)
                                                     : failure(vector.expected.dump(), properties.error().to_string());
    }
    return compare_texts(ordered_expected(vector).at("ok"), encode_manifest_properties(*properties));
  }
  if (op != "to_dict" && op != "attachments") throw MalformedCase("unknown op " + op);
  const auto text = [&](const char* key) {
    return vector.input.contains(key) ? optional_text_of(vector.input.at(key)).value_or("") : std::string();
  };
  ManifestProperties properties{.root_path = vector.input.contains("rootPath") ? text("rootPath") : "/r",
                                .file_system_location_name = text("fileSystemLocationName"),
                                .input_manifest_path = text("inputManifestPath"),
                                .input_manifest_hash = text("inputManifestHash")};
  if (vector.input.contains("rootPathFormat")) {
    properties.root_path_format = parse_path_format(text("rootPathFormat")).value();
  }
  if (vector.input.contains("outputRelativeDirectories") && !vector.input.at("outputRelativeDirectories").is_null()) {
    properties.output_relative_directories = texts_of(vector.input.at("outputRelativeDirectories"));
  }
  const OrderedJson expected = ordered_expected(vector);
  if (op == "to_dict") return compare_texts(expected, encode_manifest_properties(properties));
  // The input does not say which file system was asked for.
  const auto file_system = parse_file_system(expected.at("fileSystem").get<std::string>());
  if (!file_system) throw MalformedCase("unknown file system");
  const Attachments attachments{{properties}, *file_system};
  const std::string encoded = encode_attachments(attachments);
  if (*parse_attachments(encoded) != attachments) return failure("the same after reading", encoded);
  return compare_texts(expected, encoded);
}

// --- known_paths, windows_long_paths

Outcome check_known_paths(const VectorCase& vector) {
  constexpr std::string_view kHome = "{HOME}";
  Json got = Json::array();
  for (std::string& path :
       filter_known_paths(PathFormat::kPosix, "/home/of/tests", texts_of(vector.input.at("paths")))) {
    if (path.starts_with("/home/of/tests")) path.replace(0, 14, kHome);
    got.push_back(json_of_text(path));
  }
  return compare(vector.expected.at("ok"), got);
}

Outcome check_windows_long_paths(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  const std::string path = text_of(vector.input.at("path"));
  Result<std::string> got = without_extended_prefix(path);
  if (op == "compatible") {
    got = long_path_compatible(path);
  } else if (op == "extended") {
    got = extended_length_path(path);
  } else if (op != "normalize") {
    throw MalformedCase("unknown op " + op);
  }
  if (expects_error(vector.expected)) return got ? failure("refusal", *got) : pass();
  return got ? compare(text_of(vector.expected.at("ok")), *got)
             : failure(vector.expected.dump(), got.error().message());
}

constexpr Kind kKinds[] = {
    {"asset_references", check_asset_references}, {"attachments_json", check_attachments_json},
    {"dynamic_mapping", check_dynamic_mapping},   {"grouping", check_grouping},
    {"known_paths", check_known_paths},           {"windows_long_paths", check_windows_long_paths},
};

}  // namespace

std::span<const Kind> grouping_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
