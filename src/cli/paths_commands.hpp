#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace attache {

// One aggregate and one function per command of `attache paths`: why a file goes where it goes. Nothing is changed, and
// only `group` looks at the files that it is asked about.

struct PathsMapCommand {
  std::vector<std::string> paths;  ///< `-`: lines of standard input
  std::string path_mapping_rules;  ///< file
  std::string source_profile;      ///< files of storage profiles, instead of rules
  std::string destination_profile;
  std::string host;  ///< "posix" or "windows"; empty: that of the destination profile, else posix
};
Result<ExitStatus> run_paths_map(const PathsMapCommand& command, const CliEnvironment& environment, Console& console);

struct PathsGroupCommand {
  std::vector<std::string> inputs;
  std::vector<std::string> input_directories;
  std::vector<std::string> outputs;
  std::vector<std::string> references;
  std::string asset_references;  ///< file
  std::string storage_profile;   ///< file
  std::vector<std::string> known_asset_paths;
  bool require_paths_exist = false;
};
Result<ExitStatus> run_paths_group(const PathsGroupCommand& command, const CliEnvironment& environment,
                                   Console& console);

struct PathsCheckCommand {
  std::vector<std::string> paths;
  std::vector<std::string> manifests;
  std::string target = "windows";
  std::string root;  ///< the directory that the paths will be below, as text
};
Result<ExitStatus> run_paths_check(const PathsCheckCommand& command, const CliEnvironment& environment,
                                   Console& console);

struct PathsProfileRulesCommand {
  std::string source;
  std::string destination;
};
Result<ExitStatus> run_paths_profile_rules(const PathsProfileRulesCommand& command, const CliEnvironment& environment,
                                           Console& console);

}  // namespace attache
