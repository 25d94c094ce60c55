#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <string>

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

}  // namespace attache
