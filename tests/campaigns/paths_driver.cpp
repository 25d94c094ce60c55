// The library's rules of paths for tests/campaigns/path_rules.py and path_groups.py: one JSON request a line, answered
// with one JSON line. Texts are hex of their WTF-8 bytes.
//
//   {"op": "map", "host": "posix", "rules": [["posix", TEXT, TEXT], ...], "paths": [TEXT, ...]}
//     {"error": "<message>"} or {"mapped": [TEXT, null, or {"refused": "<message>"}, ...], "rules": [INDEX or null,
//     ...]}
//   {"op": "texts", "format": "windows", "root": TEXT, "paths": [TEXT, ...]}
//     {"normal": [...], "within": [BOOL...], "joined": [TEXT or null...], "compatible": [TEXT or null...],
//      "extended": [TEXT or null...], "plain": [TEXT...]}
//   {"op": "known", "format": ..., "home": TEXT, "known": [...], "inputs": [...], "outputs": [...]}
//     {"filtered": [...], "classes": [[...], [...], [...], [...]]}
//   {"op": "group", "cwd": TEXT, "inputs": [...], "outputs": [...], "references": [...], "require": BOOL,
//    "locations": [[TEXT, TEXT, "LOCAL"], ...] or null}
//     {"error": TEXT} or {"groups": [{"root", "location", "inputs", "outputs", "references"}, ...], "files": N,
//     "bytes": N}

#include <attache/paths/asset_groups.hpp>
#include <attache/paths/known_paths.hpp>
#include <attache/paths/lexical.hpp>
#include <attache/paths/mapping_explanation.hpp>
#include <attache/paths/session_mapping.hpp>
#include <attache/paths/windows_long_path.hpp>
#include <attache/scan/path_facts.hpp>

#include "json_lines.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace attache {
namespace {

using Json = nlohmann::json;

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& each : list) texts.push_back(from_hex(each));
  return texts;
}

Json hex_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(to_hex(text));
  return list;
}

Json hex_of(const Result<std::string>& text) {
  return text ? Json(to_hex(*text)) : Json();
}

PathFormat format_of(const Json& name) {
  return parse_path_format(name.get<std::string>()).value();
}

Json map_paths(const Json& request) {
  std::vector<PathMappingRule> rules;
  for (const Json& rule : request.at("rules")) {
    rules.push_back({rule.at(0).get<std::string>(), from_hex(rule.at(1)), from_hex(rule.at(2))});
  }
  const auto mapper = PathMapper::create(rules, format_of(request.at("host")));
  if (!mapper) return {{"error", mapper.error().to_string()}};
  Json mapped = Json::array();
  Json applied = Json::array();
  for (const std::string& path : texts_of(request.at("paths"))) {
    const auto explanation = explain_mapping(*mapper, rules, path);
    if (!explanation) {
      mapped.push_back({{"refused", explanation.error().to_string()}});
      applied.push_back(nullptr);
      continue;
    }
    mapped.push_back(explanation->result ? Json(to_hex(*explanation->result)) : Json());
    applied.push_back(explanation->rule ? Json(*explanation->rule) : Json());
  }
  return {{"mapped", mapped}, {"rules", applied}};
}

Json all_texts(const Json& request) {
  const PathFormat format = format_of(request.at("format"));
  const std::string root = from_hex(request.at("root"));
  Json answer;
  for (const char* key : {"normal", "within", "joined", "compatible", "extended", "plain"}) answer[key] = Json::array();
  for (const std::string& path : texts_of(request.at("paths"))) {
    answer["normal"].push_back(to_hex(lexically_normal_path(format, path)));
    answer["within"].push_back(is_known_path(format, path, {root}));
    answer["joined"].push_back(hex_of(resolve_manifest_path(format, root, path)));
    answer["compatible"].push_back(hex_of(long_path_compatible(path)));
    answer["extended"].push_back(hex_of(extended_length_path(path)));
    answer["plain"].push_back(to_hex(without_extended_prefix(path)));
  }
  return answer;
}

Json known_paths(const Json& request) {
  const PathFormat format = format_of(request.at("format"));
  const std::vector<std::string> filtered =
      filter_known_paths(format, from_hex(request.at("home")), texts_of(request.at("known")));
  const ClassifiedPaths classes =
      classify_paths(format, texts_of(request.at("inputs")), texts_of(request.at("outputs")), filtered);
  return {{"filtered", hex_of(filtered)},
          {"classes",
           {hex_of(classes.known_inputs), hex_of(classes.unknown_inputs), hex_of(classes.known_outputs),
            hex_of(classes.unknown_outputs)}}};
}

Json group_paths(const Json& request) {
  StorageProfile profile;
  GroupingOptions options;
  options.current_directory = from_hex(request.at("cwd"));
  options.require_paths_exist = request.at("require").get<bool>();
  if (!request.at("locations").is_null()) {
    for (const Json& location : request.at("locations")) {
      profile.locations.push_back({from_hex(location.at(0)), from_hex(location.at(1)),
                                   parse_location_type(location.at(2).get<std::string>()).value()});
    }
    options.profile = &profile;
  }
  const auto facts = DiskPathFacts::open();
  if (!facts) throw std::runtime_error(facts.error().to_string());
  const auto grouping = group_asset_paths({.inputs = texts_of(request.at("inputs")),
                                           .outputs = texts_of(request.at("outputs")),
                                           .references = texts_of(request.at("references"))},
                                          options, **facts);
  if (!grouping) return {{"error", to_hex(grouping.error().message())}};
  Json groups = Json::array();
  for (const AssetRootGroup& group : grouping->groups) {
    groups.push_back({{"root", to_hex(group.root)},
                      {"location", to_hex(group.location_name)},
                      {"inputs", hex_of(group.inputs)},
                      {"outputs", hex_of(group.outputs)},
                      {"references", hex_of(group.references)}});
  }
  return {{"groups", groups}, {"files", grouping->total_input_files}, {"bytes", grouping->total_input_bytes}};
}

Json answer(const Json& request) {
  const std::string op = request.at("op").get<std::string>();
  if (op == "map") return map_paths(request);
  if (op == "texts") return all_texts(request);
  if (op == "known") return known_paths(request);
  if (op == "group") return group_paths(request);
  throw std::runtime_error("unknown operation " + op);
}

}  // namespace
}  // namespace attache

int main() {
  return attache::answer_lines("attache_paths_driver", attache::answer);
}
