#include <attache/base/text.hpp>
#include <attache/paths/mapping_explanation.hpp>

#include "documents.hpp"
#include "manifest_facts.hpp"
#include "paths_commands.hpp"
#include "paths_input.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <stop_token>

namespace attache {

namespace {

/// The rules that the command line names, and what they are called there.
struct NamedRules {
  std::vector<PathMappingRule> rules;
  std::vector<std::string> names;  ///< of locations, if the rules come from profiles
  PathFormat host = PathFormat::kPosix;
  bool same_profile = false;

  std::string label(std::size_t rule) const {
    const std::string text =
        fmt::format("{} -> {}", printable(rules[rule].source_path), printable(rules[rule].destination_path));
    return names.empty() ? fmt::format("rule {}: {}", rule, text)
                         : fmt::format("rule {} (location '{}'): {}", rule, printable(names[rule]), text);
  }
};

Result<NamedRules> rules_of_profiles(const PathsMapCommand& command, const CliEnvironment& environment) {
  ATTACHE_ASSIGN(const StorageProfile source, read_storage_profile(command.source_profile, environment));
  ATTACHE_ASSIGN(const StorageProfile destination, read_storage_profile(command.destination_profile, environment));
  ProfileRules made = explain_rules_between(source, destination);
  return NamedRules{std::move(made.rules), std::move(made.names), path_format_of(destination), made.same_profile};
}

Result<NamedRules> read_rules(const PathsMapCommand& command, const CliEnvironment& environment) {
  const bool has_profiles = !command.source_profile.empty() || !command.destination_profile.empty();
  if (has_profiles == !command.path_mapping_rules.empty() ||
      command.source_profile.empty() != command.destination_profile.empty()) {
    return fail(ErrorCode::kInvalidArgument, "it is not clear by which rules paths are mapped",
                "give either --path-mapping-rules, or both --source-storage-profile and "
                "--destination-storage-profile");
  }
  NamedRules named;
  if (has_profiles) {
    ATTACHE_ASSIGN(named, rules_of_profiles(command, environment));
  } else {
    ATTACHE_ASSIGN(named.rules, read_rules_file(command.path_mapping_rules));
  }
  if (!command.host.empty()) {
    ATTACHE_ASSIGN(named.host, parse_system("--host", command.host));
  }
  // The library passes over such a rule, as the incumbent does; here it is what one looks for.
  for (std::size_t i = 0; i < named.rules.size(); ++i) {
    const std::optional<PathFormat> format = parse_path_format(named.rules[i].source_path_format);
    if (format && normalise_path(*format, named.rules[i].source_path) == ".") {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: the source is empty, so it never matches", named.label(i)),
                  "give the rule the path of a directory, or leave it out");
    }
  }
  return named;
}

/// Files of both would meet in one place, and one would be lost.
Status check_collisions(const std::vector<std::string>& paths, const PathMapper& mapper, const NamedRules& named,
                        const std::stop_token& stop) {
  struct Taken {
    std::size_t path;
    std::size_t rule;
  };
  const auto form = [format = mapper.source_format()](const std::string& path) {
    return comparison_key(format, normalise_path(format, path));
  };
  std::map<std::string, Taken> taken;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const auto mapped, mapper.map_by_rule(paths[i]));
    if (!mapped) continue;
    const auto [place, is_new] = taken.emplace(comparison_key(named.host, mapped->path), Taken{i, mapped->rule});
    const Taken& first = place->second;
    if (is_new || form(paths[first.path]) == form(paths[i])) continue;
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' ({}) and '{}' ({}) would both be at '{}'", printable(paths[first.path]),
                    named.label(first.rule), printable(paths[i]), named.label(mapped->rule), printable(mapped->path)),
        "give each of the sources a destination of its own");
  }
  return {};
}

void print_path(const std::string& path, const MappingExplanation& explanation, const NamedRules& named,
                PathFormat source, Console& console) {
  console.print(explanation.result ? fmt::format("{} -> {}", printable(path), printable(*explanation.result))
                                   : fmt::format("{}: no rule applies", printable(path)));
  if (!explanation.hint.empty()) console.print("  " + explanation.hint);
  for (const RuleOutcome& outcome : explanation.outcomes) {
    const bool matches = outcome.verdict == RuleVerdict::kApplied || outcome.verdict == RuleVerdict::kShorter ||
                         outcome.verdict == RuleVerdict::kOverridden;
    // What did not match is of interest when nothing did.
    if (!matches && explanation.result && !console.is_verbose()) continue;
    console.print(fmt::format("  {}: {}", named.label(outcome.rule), describe(outcome, source)));
  }
}

void add_path(JsonWriter& json, const std::string& path, const MappingExplanation& explanation, PathFormat source) {
  json.begin_object().member("path", path).member("mapped", explanation.result.has_value());
  if (explanation.result) {
    json.member("destination", *explanation.result).member("rule", std::uint64_t{*explanation.rule});
  }
  if (!explanation.hint.empty()) json.member("hint", explanation.hint);
  json.key("rules").begin_array();
  for (const RuleOutcome& outcome : explanation.outcomes) {
    json.begin_object().member("rule", std::uint64_t{outcome.rule}).member("verdict", to_string(outcome.verdict));
    json.member("reason", describe(outcome, source)).end_object();
  }
  json.end_array().end_object();
}

void add_rules(JsonWriter& json, const NamedRules& named) {
  json.key("rules").begin_array();
  for (std::size_t i = 0; i < named.rules.size(); ++i) {
    const PathMappingRule& rule = named.rules[i];
    json.begin_object();
    if (!named.names.empty()) json.member("location", named.names[i]);
    json.member("sourcePathFormat", rule.source_path_format).member("sourcePath", rule.source_path);
    json.member("destinationPath", rule.destination_path).end_object();
  }
  json.end_array();
}

}  // namespace

Result<ExitStatus> run_paths_map(const PathsMapCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const NamedRules named, read_rules(command, environment));
  auto mapper = PathMapper::create(named.rules, named.host);
  if (!mapper) {
    const std::string& file = command.path_mapping_rules;
    return fail(file.empty() ? mapper.error() : mapper.error().within("path mapping rules '" + printable(file) + "'"));
  }
  ATTACHE_ASSIGN(const std::vector<std::string> paths, read_paths(command.paths, environment));
  const PathFormat source = mapper->source_format();

  ATTACHE_TRY(check_collisions(paths, *mapper, named, environment.stop));
  for (const SharedDestination& shared : shared_destinations(named.rules, source, named.host)) {
    console.warn(fmt::format("{} and {} lead to one directory", named.label(shared.first), named.label(shared.second)));
  }
  if (named.same_profile) console.warn("both profiles have one id: between machines of one kind no path is mapped");

  std::uint64_t mapped = 0;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("host", to_string(named.host));
  add_rules(json, named);
  json.key("paths").begin_array();
  for (const std::string& path : paths) {
    if (environment.stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const MappingExplanation explanation, explain_mapping(*mapper, named.rules, path));
    if (explanation.result) ++mapped;
    print_path(path, explanation, named, source, console);
    // A line for each rule of each path: gigabytes, where there are many of both, that nobody would see.
    if (console.wants_json()) add_path(json, path, explanation, source);
  }
  json.end_array().member("mapped", mapped).member("notMapped", paths.size() - mapped).end_object();
  if (paths.size() > 1) {
    console.print(fmt::format("{} of {} mapped", mapped, counted(paths.size(), "path", "paths")));
  }
  console.print(json);
  return mapped == paths.size() ? ExitStatus::kOk : ExitStatus::kNotFound;
}

}  // namespace attache
