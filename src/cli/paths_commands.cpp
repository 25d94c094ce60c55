#include "paths_commands.hpp"

#include "command_line.hpp"

namespace attache {

namespace {

void add_map(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("map", "Say where paths of another machine are here, and by which rule");
  const auto command = std::make_shared<PathsMapCommand>();
  app->add_option("PATH", command->paths, "Paths of the machine that the rules are for; '-': lines of standard input")
      ->required();
  app->add_option("--path-mapping-rules", command->path_mapping_rules,
                  "Rules file: JSON array of source_path_format, source_path and destination_path");
  app->add_option("--source-storage-profile", command->source_profile,
                  "JSON of the storage profile of the machine that the paths are of");
  app->add_option("--destination-storage-profile", command->destination_profile,
                  "JSON of the storage profile of the machine that they are mapped to");
  app->add_option("--host", command->host,
                  "posix or windows: the system of the destinations. Default: that of the destination profile, else "
                  "posix");
  add_output_options(*app, line.output);
  app->footer(
      "For every path: the rule that applied, and those that match but do not count; with --verbose, or when none\n"
      "applies, also why each of the others does not match. No file is looked at.\n"
      "Exit status 4: a path that no rule applies to. 2: two paths that would be at one place.\n\n"
      "Example:\n"
      "  attache paths map --path-mapping-rules rules.json /mnt/projects/job1/scene.ma");
  choose(*app, line, command, run_paths_map);
}

void add_group(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("group", "Say under which asset roots the paths of a job will be uploaded");
  const auto command = std::make_shared<PathsGroupCommand>();
  app->add_option("-i,--input", command->inputs, "Input file; may be repeated; '-': lines of standard input")
      ->allow_extra_args(false);
  app->add_option("--input-directory", command->input_directories,
                  "Directory of which every file is an input; may be repeated")
      ->allow_extra_args(false);
  app->add_option("-o,--output", command->outputs, "Output directory; may be repeated")->allow_extra_args(false);
  app->add_option("--reference", command->references, "Path that the job refers to; may be repeated")
      ->allow_extra_args(false);
  app->add_option("--asset-references", command->asset_references, "asset_references.json of a job bundle");
  app->add_option("--storage-profile", command->storage_profile, "JSON of the storage profile of this machine");
  app->add_option("--known-asset-path", command->known_asset_paths,
                  "Directory whose files are expected to be uploaded; may be repeated")
      ->allow_extra_args(false);
  app->add_flag("--require-paths-exist", command->require_paths_exist,
                "Fail if an input is missing, instead of taking it for a reference");
  add_output_options(*app, line.output);
  app->footer(
      "Exit status 2: inputs that are missing or directories, all of them named.\n\n"
      "Example:\n"
      "  attache paths group --asset-references asset_references.json --storage-profile profile.json");
  choose(*app, line, command, run_paths_group);
}

void add_check(CLI::App& parent, CommandLine& line) {
  CLI::App* app =
      parent.add_subcommand("check", "Find paths that another system cannot have, before they are sent there");
  const auto command = std::make_shared<PathsCheckCommand>();
  app->add_option("PATH", command->paths, "Paths relative to a root, with '/'; '-': lines of standard input");
  app->add_option("-m,--manifest", command->manifests, "Manifest whose paths are checked; may be repeated")
      ->allow_extra_args(false);
  app->add_option("--for", command->target, "windows (default) or posix: the system that the paths are sent to");
  app->add_option("--root", command->root, "The directory that they will be below there: its length counts");
  add_output_options(*app, line.output);
  app->footer(
      "Errors are names that cannot be made there, or that take another file's place: reserved names, forbidden\n"
      "characters, dots and spaces at an end, names that differ in case only, lengths. Exit status 3 if there are "
      "any.\n\n"
      "Example:\n"
      "  attache paths check --for windows --manifest scene.manifest --root 'Z:\\projects\\job1'");
  choose(*app, line, command, run_paths_check);
}

void add_profile_rules(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("profile-rules", "Make the path mapping rules between two storage profiles");
  const auto command = std::make_shared<PathsProfileRulesCommand>();
  app->add_option("SOURCE", command->source, "JSON of the storage profile that the paths are of")->required();
  app->add_option("DESTINATION", command->destination, "JSON of the one that they are mapped to")->required();
  add_output_options(*app, line.output);
  app->footer(
      "One rule for each location name that both have, whatever its type. What --json prints is a rules file, too.\n\n"
      "Example:\n"
      "  attache paths profile-rules artists.json workers.json --json > rules.json");
  choose(*app, line, command, run_paths_profile_rules);
}

}  // namespace

void add_paths(CLI::App& app, CommandLine& line) {
  CLI::App* paths = app.add_subcommand("paths", "Find out why a file goes where it goes");
  paths->require_subcommand(1);
  add_map(*paths, line);
  add_group(*paths, line);
  add_check(*paths, line);
  add_profile_rules(*paths, line);
}

}  // namespace attache
