#include <attache/paths/conflict_names.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/path_mapping.hpp>
#include <attache/paths/rule_choice.hpp>
#include <attache/paths/storage_profile.hpp>

#include "kinds.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

// --- manifest_file_names, asset_root_names

Outcome check_manifest_file_names(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  if (op != "write" && op != "download") throw MalformedCase("unknown op " + op);
  const std::string root = text_of(vector.input.at("root"));
  const LocalTime clock{.year = 2024, .month = 2, .day = 3, .hour = 4, .minute = 5, .second = 6};
  const Result<std::string> name = snapshot_file_name(root, optional_text_of(vector.input.at("name")), clock);
  if (expects_error(vector.expected)) return name ? failure("refusal", *name) : pass();
  const std::string expected = text_of(vector.expected.at("ok"));
  if (!name) return failure(expected, name.error().to_string());
  if (*name == expected || op == "write" || root.find_first_of("\\:") == std::string::npos) {
    return compare(expected, *name);
  }
  std::string replaced = expected;
  std::replace_if(
      replaced.begin(), replaced.end(), [](char c) { return c == '\\' || c == ':'; }, '_');
  if (*name == replaced || "_" + *name == replaced) return deviation(Deviation::kManifestNameSeparators);
  return failure(replaced, *name);
}

Outcome check_asset_root_names(const VectorCase& vector) {
  const std::string root = text_of(vector.input.at("root"));
  const std::string location = optional_text_of(vector.input.at("location")).value_or("");
  std::map<std::string, Result<std::string>> names;
  names.emplace("dir", session_directory_name(root));
  names.emplace("root_hash", root_hash(root).map([](const Digest& hash) { return hash.to_hex(); }));
  names.emplace("input_name", input_manifest_name(root));
  names.emplace("output_name", output_manifest_name(location, root));
  for (const auto& [key, expected] : vector.expected.items()) {
    const auto known = names.find(key);
    if (known == names.end()) throw MalformedCase("unknown name " + key);
    const Result<std::string>& name = known->second;
    if (expects_error(expected)) {
      if (name) return failure("refusal of " + key, *name);
    } else if (!name || *name != text_of(expected)) {
      return failure(key + " " + text_of(expected), name ? *name : name.error().to_string());
    }
  }
  return pass();
}

// --- path_mapping, path_mapping_rules

PathMappingRule rule_of(const Json& value) {
  const std::vector<std::string> texts = texts_of(value);
  if (texts.size() != 3) throw MalformedCase("not a rule: " + value.dump());
  return {texts[0], texts[1], texts[2]};
}

bool holds_sigma(std::string_view text) {
  return text.find("Σ") != std::string_view::npos || text.find("ς") != std::string_view::npos;
}

Outcome check_path_mapping(const VectorCase& vector) {
  std::vector<PathMappingRule> rules;
  for (const Json& rule : vector.input.at("rules")) rules.push_back(rule_of(rule));
  const std::optional<PathFormat> host = parse_path_format(vector.input.at("host").get<std::string>());
  if (!host) throw MalformedCase("unknown host");
  const Result<PathMapper> mapper = PathMapper::create(rules, *host);
  if (expects_error(vector.expected)) return mapper ? failure("refusal", "accepted") : pass();
  if (!mapper) return failure(vector.expected.dump(), mapper.error().to_string());

  const std::vector<std::string> paths = texts_of(vector.input.at("paths"));
  const Json& expected = vector.expected.at("strict");
  if (expected.size() != paths.size()) throw MalformedCase("not one expectation per path");
  std::set<Deviation> deviations;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Result<std::optional<std::string>> mapped = mapper->map(paths[i]);
    if (!mapped) {
      deviations.insert(Deviation::kComponentLeavesDestination);
      continue;
    }
    if (*mapped == optional_text_of(expected[i])) continue;
    if (rules.front().source_path_format == "windows" && holds_sigma(paths[i])) {
      deviations.insert(Deviation::kSigma);
      continue;
    }
    return failure(paths[i] + " -> " + expected[i].dump(), mapped->value_or("null"));
  }
  return deviations.empty() ? pass() : deviation(std::vector<Deviation>(deviations.begin(), deviations.end()));
}

StorageProfile profile_of(const Json& value) {
  StorageProfile profile{text_of(value.at("storageProfileId")), text_of(value.at("osFamily")), {}};
  for (const Json& location : value.at("fileSystemLocations")) {
    profile.locations.push_back({text_of(location.at("name")), text_of(location.at("path"))});
  }
  return profile;
}

Outcome check_path_mapping_rules(const VectorCase& vector) {
  Json got = Json::array();
  for (const PathMappingRule& rule :
       mapping_rules_between(profile_of(vector.input.at("source")), profile_of(vector.input.at("destination")))) {
    got.push_back(
        {json_of_text(rule.source_path_format), json_of_text(rule.source_path), json_of_text(rule.destination_path)});
  }
  return compare(vector.expected.at("ok"), got);
}

// --- attachment_rules

constexpr const char* kCwd = "/the/current/directory";

std::string with_cwd(std::string text) {
  constexpr std::string_view kPlaceholder = "{CWD}";
  if (text.starts_with(kPlaceholder)) text.replace(0, kPlaceholder.size(), kCwd);
  return text;
}

// The rules file: nothing if there is none.
Result<std::optional<std::vector<PathMappingRule>>> rules_of(const Json& input) {
  if (input.at("rules").is_null() && input.at("rules_text").is_null()) return std::nullopt;
  return parse_mapping_rules(input.at("rules_text").is_null() ? input.at("rules").dump()
                                                              : text_of(input.at("rules_text")));
}

bool has_duplicates(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return std::adjacent_find(texts.begin(), texts.end()) != texts.end();
}

Outcome check_downloads(const VectorCase& vector, const std::vector<std::string>& names,
                        const std::optional<std::vector<PathMappingRule>>& rules) {
  const auto got =
      choose_download_destinations(names, rules.value_or(std::vector<PathMappingRule>{}), kCwd, PathFormat::kPosix);
  if (expects_error(vector.expected)) return got ? failure("refusal", Json(*got).dump()) : pass();
  const Json& calls = vector.expected.at("ok");  // [destination, files] each, and the store's settings
  std::vector<std::string> expected;
  std::vector<std::string> normalised;
  for (std::size_t i = 0; i + 1 < calls.size(); ++i) {
    expected.push_back(with_cwd(text_of(calls[i].at(0))));
    normalised.push_back(normalise_path(PathFormat::kPosix, expected.back()));
  }
  if (!got) {
    if (has_duplicates(names)) return deviation(Deviation::kSameManifestName);
    if (has_duplicates(normalised)) return deviation(Deviation::kSameDestination);
    return failure(Json(expected).dump(), got.error().to_string());
  }
  return compare(Json(expected), Json(*got));
}

Outcome check_uploads(const VectorCase& vector, const std::vector<std::string>& names,
                      const std::optional<std::vector<PathMappingRule>>& rules) {
  const auto got = choose_upload_rules(names, rules, texts_of(vector.input.at("root_dirs")));
  if (expects_error(vector.expected)) {
    // A case does not say which directories are there; nothing pure refuses one that is not.
    return got && rules ? failure("refusal", "accepted") : pass();
  }
  if (!got) return failure(vector.expected.dump(), got.error().to_string());
  const Json& calls = vector.expected.at("ok");  // [source, root, file name, prefix] each, and what was returned
  Json expected = Json::array();
  for (std::size_t i = 0; i + 1 < calls.size(); ++i) {
    expected.push_back({calls[i].at(0), calls[i].at(1), calls[i].at(2)});
  }
  Json shown = Json::array();
  for (std::size_t i = 0; i < got->size(); ++i) {
    const PathMappingRule& rule = (*got)[i];
    shown.push_back({json_of_text(rule.source_path), json_of_text(rule.destination_path), json_of_text(names[i])});
  }
  return compare(expected, shown);
}

// True if a rule has a value that is no text, which the incumbent takes as long as it does not use it.
bool has_value_of_wrong_type(const Json& rules) {
  const Json& list = rules.is_object() && rules.contains("path_mapping_rules") ? rules.at("path_mapping_rules") : rules;
  return list.is_array() && std::any_of(list.begin(), list.end(), [](const Json& rule) {
           return rule.is_object() &&
                  std::any_of(rule.begin(), rule.end(), [](const Json& value) { return !value.is_string(); });
         });
}

Outcome check_attachment_rules(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  if (op != "download" && op != "upload") throw MalformedCase("unknown op " + op);
  std::vector<std::string> names;
  for (const std::string& file : texts_of(vector.input.at("files"))) names.push_back(file.substr(file.rfind('/') + 1));
  // A manifest of this name is not there. It is read before any rule is looked at, and nothing pure refuses it.
  const bool missing = std::find(names.begin(), names.end(), "missing") != names.end();
  if (missing) return expects_error(vector.expected) ? pass() : failure(vector.expected.dump(), "a missing manifest");
  const auto rules = rules_of(vector.input);
  if (!rules) {
    if (expects_error(vector.expected)) return pass();
    if (has_value_of_wrong_type(vector.input.at("rules"))) return deviation(Deviation::kWrongType);
    return failure(vector.expected.dump(), rules.error().to_string());
  }
  return op == "download" ? check_downloads(vector, names, *rules) : check_uploads(vector, names, *rules);
}

// --- create_copy

Outcome check_create_copy(const VectorCase& vector) {
  const std::vector<std::string> existing = texts_of(vector.input.at("existing"));
  std::set<std::string> directory(existing.begin(), existing.end());
  std::map<std::string, std::uint64_t> last;
  std::vector<std::string> names;
  for (const std::string& request : texts_of(vector.input.at("requests"))) {
    std::string name = request;  // tried first: it may have vanished
    while (!directory.insert(name).second) name = copy_name(request, ++last[request]);
    names.push_back(name);
  }
  Outcome outcome = compare(Json(texts_of(vector.expected.at("names"))), Json(names));
  if (outcome.verdict != Verdict::kPass || !vector.expected.contains("directory_after")) return outcome;
  std::vector<std::string> after = texts_of(vector.expected.at("directory_after"));
  std::sort(after.begin(), after.end());
  return compare(Json(after), Json(std::vector<std::string>(directory.begin(), directory.end())));
}

constexpr Kind kKinds[] = {
    {"asset_root_names", check_asset_root_names}, {"attachment_rules", check_attachment_rules},
    {"create_copy", check_create_copy},           {"manifest_file_names", check_manifest_file_names},
    {"path_mapping", check_path_mapping},         {"path_mapping_rules", check_path_mapping_rules},
};

}  // namespace

std::span<const Kind> paths_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
