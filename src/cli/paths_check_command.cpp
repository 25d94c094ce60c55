#include <attache/base/text.hpp>
#include <attache/paths/path_check.hpp>
#include <attache/paths/windows_long_path.hpp>

#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_listing.hpp"
#include "paths_commands.hpp"
#include "paths_input.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace attache {

namespace {

/// Paths of one origin, which may clash with each other.
struct PathList {
  std::string label;
  std::string file;  ///< the manifest; empty: the command line
  std::vector<std::string> paths;
};

/// What is behind the anchor of an absolute manifest's path: where it stands is the concern of the system that has it.
std::string_view behind_anchor(std::string_view path) {
  if (path.size() > 1 && path[1] == ':') path.remove_prefix(2);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

Result<PathList> read_manifest_paths(const std::string& file, const CliEnvironment& environment) {
  ATTACHE_ASSIGN(const AnyManifest manifest, read_manifest(file, environment, ""));
  PathList list{input_label(file), file, {}};
  const bool may_be_absolute = !std::holds_alternative<Manifest>(manifest);
  for_each_entry(manifest, [&](const ListedEntry& entry) {
    if (entry.deleted) return;
    const std::string_view path = may_be_absolute ? behind_anchor(entry.path) : entry.path;
    if (entry.is_directory && path.empty()) return;
    list.paths.emplace_back(path);
    if (entry.is_directory) list.paths.back() += '/';
  });
  return list;
}

Result<std::vector<PathList>> read_lists(const PathsCheckCommand& command, const CliEnvironment& environment) {
  if (command.paths.empty() && command.manifests.empty()) {
    return fail(ErrorCode::kInvalidArgument, "there is nothing to check",
                "give paths, '-' for those on standard input, or a manifest with --manifest");
  }
  std::vector<PathList> lists;
  if (!command.paths.empty()) {
    ATTACHE_ASSIGN(std::vector<std::string> paths, read_paths(command.paths, environment));
    lists.push_back({"", "", std::move(paths)});
  }
  for (const std::string& file : command.manifests) {
    ATTACHE_ASSIGN(PathList list, read_manifest_paths(file, environment));
    lists.push_back(std::move(list));
  }
  return lists;
}

/// Units of the root and the separator behind it, which the root of a drive has.
std::size_t root_length(const std::string& root, PathFormat target) {
  if (root.empty()) return 0;
  std::string text = normalise_path(target, from_posix_bytes(root));
  if (const char separator = target == PathFormat::kWindows ? '\\' : '/'; !text.ends_with(separator)) text += separator;
  return target == PathFormat::kWindows ? utf16_length(text) : to_posix_bytes(text).value_or(text).size();
}

void print_problem(const PathList& list, const PathProblem& problem, Console& console) {
  const std::string where = list.label.empty() ? "" : list.label + ": ";
  console.print(fmt::format("{}{}: {}: {} [{}]", where, printable(list.paths[problem.path]),
                            is_error(problem.kind) ? "error" : "warning", problem.message, to_string(problem.kind)));
}

void add_problem(JsonWriter& json, const PathList& list, const PathProblem& problem) {
  json.begin_object().member("path", list.paths[problem.path]);
  json.member("severity", is_error(problem.kind) ? "error" : "warning").member("rule", to_string(problem.kind));
  if (!problem.component.empty()) json.member("component", problem.component);
  if (problem.other) json.member("other", list.paths[*problem.other]);
  json.member("message", problem.message);
  if (!list.file.empty()) json.member("manifest", from_posix_bytes(list.file));
  json.end_object();
}

}  // namespace

Result<ExitStatus> run_paths_check(const PathsCheckCommand& command, const CliEnvironment& environment,
                                   Console& console) {
  ATTACHE_ASSIGN(const PathFormat target, parse_system("--for", command.target));
  std::vector<std::string> inputs = command.manifests;
  inputs.insert(inputs.end(), command.paths.begin(), command.paths.end());
  ATTACHE_TRY(check_inputs(inputs));
  ATTACHE_ASSIGN(const std::vector<PathList> lists, read_lists(command, environment));

  std::uint64_t paths = 0;
  std::uint64_t errors = 0;
  std::uint64_t warnings = 0;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("for", to_string(target));
  json.key("problems").begin_array();
  for (const PathList& list : lists) {
    const std::vector<std::string_view> views(list.paths.begin(), list.paths.end());
    ATTACHE_ASSIGN(const std::vector<PathProblem> problems,
                   check_paths(views, {.target = target, .root_length = root_length(command.root, target)}));
    paths += list.paths.size();
    for (const PathProblem& problem : problems) {
      ++(is_error(problem.kind) ? errors : warnings);
      print_problem(list, problem, console);
      add_problem(json, list, problem);
    }
  }
  json.end_array().member("paths", paths).member("errors", errors).member("warnings", warnings);
  json.member("possible", errors == 0).end_object();
  console.print(fmt::format("{}: {}, {} on {}", counted(paths, "path", "paths"), counted(errors, "error", "errors"),
                            counted(warnings, "warning", "warnings"), to_string(target)));
  console.print(json);
  return errors == 0 ? ExitStatus::kOk : ExitStatus::kBadDocument;
}

}  // namespace attache
