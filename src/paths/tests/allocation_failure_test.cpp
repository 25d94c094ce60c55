// Every public function of the paths module that returns a Result, when memory runs out
// (attache/base/testing/allocation_failure.hpp). To add a function, add a line to cases().

#include <attache/base/testing/allocation_failure.hpp>
#include <attache/paths/asset_groups.hpp>
#include <attache/paths/asset_references.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/paths/mapping_explanation.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/path_check.hpp>
#include <attache/paths/rule_choice.hpp>
#include <attache/paths/session_mapping.hpp>
#include <attache/paths/storage_profile.hpp>
#include <attache/paths/windows_long_path.hpp>

#include <optional>
#include <string>
#include <vector>

namespace attache {
namespace {

// How results are shown.
std::string text_of(const std::string& text) {
  return text;
}
std::string text_of(const Digest& digest) {
  return digest.to_hex();
}
std::string text_of(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& each : texts) text += each + "|";
  return text;
}
std::string text_of(const std::vector<PathMappingRule>& rules) {
  return encode_mapping_rules(rules);
}
std::string text_of(const PathMappingRule& rule) {
  return rule.destination_path;
}
std::string text_of(const PathMapper& mapper) {
  return mapper.map("/p/job/file").value().value_or("nothing");
}
std::string text_of(const MappingExplanation& explanation) {
  return explanation.result.value_or("nothing") + explanation.hint;
}
std::string text_of(const StorageProfile& profile) {
  return encode_storage_profile(profile);
}
std::string text_of(const AssetReferences& references) {
  return encode_asset_references(references);
}
std::string text_of(const ManifestProperties& properties) {
  return encode_manifest_properties(properties);
}
std::string text_of(const Attachments& attachments) {
  return encode_attachments(attachments);
}
std::string text_of(const AssetGrouping& grouping) {
  std::string text;
  for (const AssetRootGroup& group : grouping.groups) text += group.root + text_of(group.inputs);
  return text + text_of(grouping.demoted);
}
std::string text_of(const std::vector<PathProblem>& problems) {
  std::string text;
  for (const PathProblem& problem : problems) text += problem.message + "|";
  return text;
}
template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? text_of(*value) : "nothing";
}

template <typename T>
Shown show(const Result<T>& result) {
  end_of_call();
  if (!result && result.error().code() == ErrorCode::kOutOfMemory) return std::nullopt;
  return result ? text_of(*result) : result.error().to_string();
}

// Longer than what a string holds without memory of its own.
std::string directory(const char* name) {
  return "/a directory with a long name/" + std::string(name);
}

std::vector<AllocationCase> cases() {
  // Made once, while there is memory; the calls share them.
  static const std::vector<PathMappingRule> rules{{"posix", "/p", directory("p")},
                                                  {"posix", "/p/job", directory("job")},
                                                  {"posix", directory("source"), directory("destination")}};
  static const std::string rules_text = encode_mapping_rules(rules);
  static const std::string broken = rules_text.substr(0, rules_text.size() - 9);
  static const PathMapper mapper = PathMapper::create(rules, PathFormat::kPosix).value();
  static const std::string path = directory("source/and/a/file");
  static const StorageProfile profile{
      "sp-0123456789abcdef0123456789abcdef",
      "linux",
      {{"a location", directory("local"), LocationType::kLocal}, {"shared", directory("s"), LocationType::kShared}},
      "A display name of some length"};
  static const std::string profile_text = encode_storage_profile(profile);
  static const AssetReferences references{{directory("f"), directory("g")}, {directory("d")}, {directory("o")}, {path}};
  static const std::string references_text = encode_asset_references(references);
  static const ManifestProperties unlocated{.root_path = directory("root")};
  static const ManifestProperties located{.root_path = directory("source/root"), .file_system_location_name = "L"};
  static const std::vector<ManifestProperties> manifests{unlocated, located};
  static const std::string properties_text = encode_manifest_properties(located);
  static const std::string attachments_text = encode_attachments({manifests});
  static const AssetPaths paths{.inputs = {directory("local/f"), directory("g"), directory("missing")},
                                .outputs = {directory("local/out")},
                                .references = {directory("s/ref"), ""}};
  static const GroupingOptions options{.current_directory = "/w", .profile = &profile};
  static const AssetPaths misplaced{.inputs = {directory("dir")}};
  static KnownPathFacts facts;
  facts.add_file(directory("local/f"), 3);
  facts.add_file(directory("g"), 4);
  facts.add_directory(directory("dir"));
  static const std::vector<std::string> outputs{directory("local/out"), directory("local")};
  static const std::string root = directory("local");
  static const std::vector<std::string_view> names{"a directory/CON.txt", "a directory/con.TXT",
                                                   "another directory/x?"};
  static const std::string long_path = "C:\\" + std::string(300, 'x');
  static const std::vector<std::string> manifest_names{root_hash(rules[2].source_path)->to_hex() + "_input"};
  static const std::optional<std::vector<PathMappingRule>> given_rules = rules;
  static const LocalTime time{};
  constexpr PathFormat kPosix = PathFormat::kPosix;
  constexpr Promise kReports = Promise::kReports;

  return {
      {"parse_mapping_rules", kReports, [] { return show(parse_mapping_rules(rules_text)); }},
      {"parse_mapping_rules, refusing", kReports, [] { return show(parse_mapping_rules(broken)); }},
      {"PathMapper::create", kReports, [] { return show(PathMapper::create(rules, kPosix)); }},
      {"PathMapper::map", kReports, [] { return show(mapper.map(path)); }},
      {"explain_mapping", kReports, [] { return show(explain_mapping(mapper, rules, path)); }},
      {"parse_storage_profile", kReports, [] { return show(parse_storage_profile(profile_text)); }},
      {"parse_asset_references", kReports, [] { return show(parse_asset_references(references_text, kPosix)); }},
      {"parse_manifest_properties", kReports, [] { return show(parse_manifest_properties(properties_text)); }},
      {"parse_attachments", kReports, [] { return show(parse_attachments(attachments_text)); }},
      {"group_asset_paths", kReports, [] { return show(group_asset_paths(paths, options, facts)); }},
      {"group_asset_paths, refusing", kReports, [] { return show(group_asset_paths(misplaced, options, facts)); }},
      {"output_relative_directories", kReports,
       [] { return show(output_relative_directories(kPosix, root, outputs)); }},
      {"dynamic_mapping_rules", kReports, [] { return show(dynamic_mapping_rules(root, kPosix, manifests)); }},
      {"local_root, located", kReports, [] { return show(local_root(located, root, rules, kPosix)); }},
      {"local_root, in the session", kReports, [] { return show(local_root(unlocated, root, rules, kPosix)); }},
      {"resolve_manifest_path", kReports, [] { return show(resolve_manifest_path(kPosix, root, "a/../b")); }},
      {"resolve_manifest_path, refusing", kReports, [] { return show(resolve_manifest_path(kPosix, root, "../b")); }},
      {"check_paths", kReports, [] { return show(check_paths(names, {.target = PathFormat::kWindows})); }},
      {"long_path_compatible", kReports, [] { return show(long_path_compatible(long_path)); }},
      {"extended_length_path", kReports, [] { return show(extended_length_path(long_path)); }},
      {"input_manifest_name", kReports, [] { return show(input_manifest_name(root)); }},
      {"output_manifest_name", kReports, [] { return show(output_manifest_name("location", root)); }},
      {"session_directory_name", kReports, [] { return show(session_directory_name(root)); }},
      {"snapshot_file_name", kReports, [] { return show(snapshot_file_name(root, std::nullopt, time)); }},
      {"root_hash, refusing", kReports, [] { return show(root_hash("\xED\xB2\x80")); }},
      {"choose_rule", kReports, [] { return show(choose_rule(manifest_names.front(), rules)); }},
      {"choose_download_destinations", kReports,
       [] { return show(choose_download_destinations(manifest_names, rules, root, kPosix)); }},
      {"choose_upload_rules", kReports, [] { return show(choose_upload_rules(manifest_names, given_rules, {})); }},
  };
}

}  // namespace
}  // namespace attache

int main() {
  return attache::run_allocation_cases(attache::cases());
}
