#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace attache {

// The commands of `attache manifest` that work on manifests alone; as in commands.hpp. A FILE of `-` is standard input.

/// Where a manifest is written, and how.
struct OutputRequest {
  std::string file = "-";  ///< `-`: standard output
  bool force = false;      ///< replace a file that exists
  std::string format;      ///< "v2023-03-03" or "v2025-12"; empty: that of the inputs if it can say the result
};

struct ShowCommand {
  std::vector<std::string> files;
  std::string chunk_size;
  bool entries = false;
  bool tree = false;
  std::optional<std::uint64_t> depth;  ///< of the tree; 0: the root alone
};
Result<ExitStatus> run_show(const ShowCommand& command, const CliEnvironment& environment, Console& console);

struct ValidateCommand {
  std::vector<std::string> files;
  std::string chunk_size;
  bool strict = false;
  std::uint64_t limit = 1000;  ///< violations that are listed; 0: all
};
Result<ExitStatus> run_validate(const ValidateCommand& command, const CliEnvironment& environment, Console& console);

struct ConvertCommand {
  std::string file;
  std::string chunk_size;
  std::string links = "error";
  OutputRequest output;
};
Result<ExitStatus> run_convert(const ConvertCommand& command, const CliEnvironment& environment, Console& console);

struct DiffCommand {
  std::string parent;
  std::string current;
  std::string chunk_size;
  bool ignore_hashes = false;
  bool preserve_runnable = false;
  bool list = false;
  std::optional<std::string> output;  ///< nothing: standard output, or nowhere with `list`
  bool force = false;
};
Result<ExitStatus> run_diff(const DiffCommand& command, const CliEnvironment& environment, Console& console);

struct ComposeCommand {
  std::vector<std::string> files;
  std::string chunk_size;
  bool no_parent_check = false;
  OutputRequest output;
};
Result<ExitStatus> run_compose(const ComposeCommand& command, const CliEnvironment& environment, Console& console);

struct MergeCommand {
  std::vector<std::string> files;
  std::string chunk_size;
  std::vector<std::string> times;
  bool by_mtime = false;
  OutputRequest output;
};
Result<ExitStatus> run_merge(const MergeCommand& command, const CliEnvironment& environment, Console& console);

struct FilterCommand {
  std::string file;
  std::string chunk_size;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::string dialect = "design";
  bool hidden = false;
  bool ignore_case = false;
  OutputRequest output;
};
Result<ExitStatus> run_filter(const FilterCommand& command, const CliEnvironment& environment, Console& console);

struct SubtreeCommand {
  std::string file;
  std::string path;
  std::string chunk_size;
  std::string links = "error";
  OutputRequest output;
};
Result<ExitStatus> run_subtree(const SubtreeCommand& command, const CliEnvironment& environment, Console& console);

struct JoinCommand {
  std::string file;
  std::string prefix;
  std::string chunk_size;
  OutputRequest output;
};
Result<ExitStatus> run_join(const JoinCommand& command, const CliEnvironment& environment, Console& console);

struct PartitionCommand {
  std::string file;
  std::string chunk_size;
  std::vector<std::string> roots;
  std::vector<std::string> referenced;
  std::string links = "error";
  std::string format;
  std::string directory;
};
Result<ExitStatus> run_partition(const PartitionCommand& command, const CliEnvironment& environment, Console& console);

}  // namespace attache
