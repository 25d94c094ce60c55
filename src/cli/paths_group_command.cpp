#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/asset_groups.hpp>
#include <attache/paths/known_paths.hpp>
#include <attache/paths/lexical.hpp>
#include <attache/paths/names.hpp>
#include <attache/scan/path_facts.hpp>

#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "paths_commands.hpp"
#include "paths_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace attache {

namespace {

constexpr PathFormat kHost = PathFormat::kPosix;
constexpr std::size_t kShownPaths = 20;

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// What the command line and the document name, input directories expanded.
struct Gathered {
  AssetPaths paths;
  std::vector<std::string> missing_directories;  ///< among the references
};

Result<Gathered> gather(const PathsGroupCommand& command, const CliEnvironment& environment) {
  std::vector<std::string> all = command.inputs;
  append(all, command.input_directories);
  append(all, command.outputs);
  append(all, command.references);
  all.push_back(command.asset_references);
  ATTACHE_TRY(check_inputs(all));
  const std::string here = from_posix_bytes(environment.current_directory);
  AssetReferences references;
  if (!command.asset_references.empty()) {
    ATTACHE_ASSIGN(references, read_asset_references(command.asset_references, environment));
  }

  AssetPaths paths;
  ATTACHE_ASSIGN(paths.inputs, read_paths(command.inputs, environment));
  ATTACHE_ASSIGN(paths.outputs, read_paths(command.outputs, environment));
  ATTACHE_ASSIGN(paths.references, read_paths(command.references, environment));
  ATTACHE_ASSIGN(std::vector<std::string> directories, read_paths(command.input_directories, environment));
  append(paths.inputs, references.input_filenames);
  append(paths.outputs, references.output_directories);
  append(paths.references, references.referenced_paths);
  append(directories, references.input_directories);
  for (std::string& directory : directories) directory = absolute_path(kHost, here, directory);
  std::sort(directories.begin(), directories.end());
  directories.erase(std::unique(directories.begin(), directories.end()), directories.end());
  ATTACHE_ASSIGN(ExpandedDirectories expanded,
                 expand_directories_on_disk(directories, command.require_paths_exist, environment.stop));
  append(paths.inputs, expanded.files);
  append(paths.references, expanded.references);
  return Gathered{std::move(paths), std::move(expanded.missing)};
}

ClassifiedPaths classify(const AssetGrouping& grouping, const PathsGroupCommand& command, const StorageProfile* profile,
                         const CliEnvironment& environment) {
  const std::string here = from_posix_bytes(environment.current_directory);
  const std::string home = from_posix_bytes(environment.variable("HOME").value_or(""));
  std::vector<std::string> known;
  for (const std::string& given : command.known_asset_paths) {
    const std::string path = from_posix_bytes(given);
    // Shells leave the `~` of `--known-asset-path=~/x` to the program.
    const bool in_home = !home.empty() && (path == "~" || path.starts_with("~/"));
    known.push_back(in_home ? path : absolute_path(kHost, here, path));
  }
  if (profile != nullptr) {
    for (const FileSystemLocation& location : profile->locations) {
      if (location.type == LocationType::kLocal) known.push_back(location.path);
    }
  }
  known = filter_known_paths(kHost, home, known);
  std::set<std::string> inputs;
  std::vector<std::string> outputs;
  for (const AssetRootGroup& group : grouping.groups) {
    for (const std::string& path : group.inputs) inputs.insert(lexically_normal_path(kHost, path + "/.."));
    append(outputs, group.outputs);
  }
  return classify_paths(kHost, {inputs.begin(), inputs.end()}, outputs, known);
}

void print_list(std::string_view what, const std::vector<std::string>& paths, Console& console) {
  const std::size_t shown = console.is_verbose() ? paths.size() : std::min(paths.size(), kShownPaths);
  for (std::size_t i = 0; i < shown; ++i) console.print(fmt::format("  {:<10} {}", what, printable(paths[i])));
  if (shown < paths.size()) {
    console.print(fmt::format("  {:<10} and {} more (--verbose lists all)", what, paths.size() - shown));
  }
}

/// The directory in a worker's session, for a root without a location; nothing if the root has no name.
std::optional<std::string> session_directory(const AssetRootGroup& group) {
  if (!group.location_name.empty()) return std::nullopt;
  const Result<std::string> name = session_directory_name(group.root);
  return name ? std::optional(*name) : std::nullopt;
}

void print_group(const AssetRootGroup& group, Console& console) {
  console.print("Root " + printable(group.root));
  if (group.location_name.empty()) {
    console.print("  In no LOCAL location: workers have it in the session directory, as " +
                  session_directory(group).value_or("nothing (the path is not UTF-8)"));
  } else {
    console.print(fmt::format("  In the LOCAL location '{}', {}: workers have it where their storage profile says",
                              printable(group.location_name), printable(group.location_path)));
  }
  console.print(fmt::format("  {}, {}", counted(group.inputs.size(), "input file", "input files"),
                            human_size(group.input_bytes)));
  print_list("input", group.inputs, console);
  print_list("output", group.outputs, console);
  print_list("reference", group.references, console);
}

Status add_group(JsonWriter& json, const AssetRootGroup& group) {
  ATTACHE_ASSIGN(const std::vector<std::string> directories,
                 output_relative_directories(kHost, group.root, group.outputs));
  json.begin_object().member("rootPath", group.root).member("rootPathFormat", to_string(kHost));
  if (!group.location_name.empty()) {
    json.member("fileSystemLocationName", group.location_name).member("locationPath", group.location_path);
  } else if (const auto session = session_directory(group)) {
    json.member("sessionDirectory", *session);
  }
  add_paths(json, "inputs", group.inputs);
  add_paths(json, "outputs", group.outputs);
  add_paths(json, "outputRelativeDirectories", directories);
  add_paths(json, "references", group.references);
  json.member("inputBytes", group.input_bytes).end_object();
  return {};
}

}  // namespace

Result<ExitStatus> run_paths_group(const PathsGroupCommand& command, const CliEnvironment& environment,
                                   Console& console) {
  std::optional<StorageProfile> profile;
  if (!command.storage_profile.empty()) {
    ATTACHE_ASSIGN(profile, read_storage_profile(command.storage_profile, environment));
    if (path_format_of(*profile) != kHost) {
      console.warn("the storage profile is of Windows machines: its locations hold no path of this one");
    }
  }
  ATTACHE_ASSIGN(const Gathered gathered, gather(command, environment));
  ATTACHE_ASSIGN(const std::unique_ptr<DiskPathFacts> facts, DiskPathFacts::open());
  ATTACHE_ASSIGN(const AssetGrouping grouping,
                 group_asset_paths(gathered.paths,
                                   {.format = kHost,
                                    .current_directory = from_posix_bytes(environment.current_directory),
                                    .profile = profile ? &*profile : nullptr,
                                    .require_paths_exist = command.require_paths_exist},
                                   *facts));
  const ClassifiedPaths classified = classify(grouping, command, profile ? &*profile : nullptr, environment);

  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).key("groups").begin_array();
  for (const AssetRootGroup& group : grouping.groups) {
    print_group(group, console);
    ATTACHE_TRY(add_group(json, group));
  }
  json.end_array().key("skipped").begin_array();
  for (const SkippedPath& skipped : grouping.skipped) {
    console.print(fmt::format("Not uploaded: {}, below the SHARED location '{}'", printable(skipped.path),
                              printable(skipped.location_name)));
    json.begin_object().member("path", skipped.path).member("location", skipped.location_name).end_object();
  }
  json.end_array();
  for (const std::string& path : grouping.demoted) {
    console.warn("'" + printable(path) + "' is missing: it is a reference, not an input");
  }
  for (const std::string& path : gathered.missing_directories) {
    console.warn("'" + printable(path) + "' is missing or no directory: it is a reference, not an input");
  }
  std::vector<std::string> demoted = grouping.demoted;
  append(demoted, gathered.missing_directories);
  std::sort(demoted.begin(), demoted.end());
  add_paths(json, "demoted", demoted);
  // Without a profile and known paths everything would be unknown, and that says nothing.
  if (profile || !command.known_asset_paths.empty()) {
    if (classified.has_unknown()) console.warn(unknown_paths_warning(classified));
    add_paths(json, "unknownInputDirectories", classified.unknown_inputs);
    add_paths(json, "unknownOutputDirectories", classified.unknown_outputs);
  }
  json.member("totalInputFiles", grouping.total_input_files);
  json.member("totalInputBytes", grouping.total_input_bytes).end_object();
  console.print(fmt::format("{}, {}, {} to upload", counted(grouping.groups.size(), "root", "roots"),
                            counted(grouping.total_input_files, "input file", "input files"),
                            human_size(grouping.total_input_bytes)));
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
