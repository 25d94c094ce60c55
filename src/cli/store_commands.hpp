#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace attache {

// One aggregate and one function per command of `attache store`.

struct StoreUploadsCommand {
  StoreRequest store;
  std::string prefix;      ///< only uploads of keys that start with it
  std::string older_than;  ///< parse_age(); empty: any age, or, with `abort`, a day
  bool abort = false;
};
Result<ExitStatus> run_store_uploads(const StoreUploadsCommand& command, const CliEnvironment& environment,
                                     Console& console);

struct StoreLsCommand {
  StoreRequest store;
  std::string prefix;
  std::string start_after;
  std::uint64_t limit = 0;  ///< 0: all
  bool totals = false;      ///< no line per object
};
Result<ExitStatus> run_store_ls(const StoreLsCommand& command, const CliEnvironment& environment, Console& console);

struct StoreGcCommand {
  StoreRequest store;
  std::vector<std::string> manifests;
  std::string chunk_size;
  std::string older_than;  ///< parse_age(); empty: a day
  bool all_manifests = false;
  bool remove = false;
};
Result<ExitStatus> run_store_gc(const StoreGcCommand& command, const CliEnvironment& environment, Console& console);

}  // namespace attache
