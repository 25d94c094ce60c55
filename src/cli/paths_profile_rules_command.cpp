#include <attache/base/text.hpp>
#include <attache/paths/mapping_explanation.hpp>

#include "paths_commands.hpp"
#include "paths_input.hpp"

#include <fmt/format.h>

namespace attache {

namespace {

void print_alone(const std::vector<FileSystemLocation>& locations, std::string_view what, Console& console) {
  if (locations.empty()) return;
  console.print(what);
  for (const FileSystemLocation& location : locations) {
    console.print(
        fmt::format("  {}: {} ({})", printable(location.name), printable(location.path), to_string(location.type)));
  }
}

void add_alone(JsonWriter& json, std::string_view name, const std::vector<FileSystemLocation>& locations) {
  json.key(name).begin_array();
  for (const FileSystemLocation& location : locations) {
    json.begin_object().member("name", location.name).member("path", location.path);
    json.member("type", to_string(location.type)).end_object();
  }
  json.end_array();
}

}  // namespace

Result<ExitStatus> run_paths_profile_rules(const PathsProfileRulesCommand& command, const CliEnvironment& environment,
                                           Console& console) {
  ATTACHE_ASSIGN(const StorageProfile source, read_storage_profile(command.source, environment));
  ATTACHE_ASSIGN(const StorageProfile destination, read_storage_profile(command.destination, environment));
  const ProfileRules made = explain_rules_between(source, destination);
  const auto name_of = [&](std::size_t rule) { return printable(made.names[rule]); };
  for (const std::string& name : made.repeated) {
    console.warn(fmt::format("a profile has the location '{}' more than once: the last path counts", printable(name)));
  }
  for (const SharedDestination& shared :
       shared_destinations(made.rules, path_format_of(source), path_format_of(destination))) {
    console.warn(fmt::format("the locations '{}' and '{}' lead to one directory, '{}': files of both would meet there",
                             name_of(shared.first), name_of(shared.second), printable(shared.destination)));
  }

  console.print(fmt::format("From {} to {}:", profile_label(source), profile_label(destination)));
  if (made.same_profile) {
    console.print("  no rules: both have one id, and between machines of one kind no path is mapped");
  } else if (made.rules.empty()) {
    console.print("  no rules: no location name is in both");
  }
  for (std::size_t i = 0; i < made.rules.size(); ++i) {
    console.print(fmt::format("  {}: {} -> {}", name_of(i), printable(made.rules[i].source_path),
                              printable(made.rules[i].destination_path)));
  }
  print_alone(made.only_source, "Not mapped, because the destination has no location of this name:", console);
  print_alone(made.only_destination, "Only in the destination:", console);

  // The rules in the form of a rules file, whose readers pass over the other keys.
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).key("path_mapping_rules").begin_array();
  for (const PathMappingRule& rule : made.rules) {
    json.begin_object().member("source_path_format", rule.source_path_format);
    json.member("source_path", rule.source_path).member("destination_path", rule.destination_path).end_object();
  }
  json.end_array().key("locations").begin_array();
  for (const std::string& name : made.names) json.value(name);
  json.end_array().member("sameProfile", made.same_profile);
  add_alone(json, "onlySource", made.only_source);
  add_alone(json, "onlyDestination", made.only_destination);
  json.end_object();
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
