#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <string>

namespace attache {

// One aggregate and one function per command of `attache cache`. An empty directory is the usual one.

struct CacheInfoCommand {
  std::string directory;
};
Result<ExitStatus> run_cache_info(const CacheInfoCommand& command, const CliEnvironment& environment, Console& console);

struct CacheClearCommand {
  std::string directory;
};
Result<ExitStatus> run_cache_clear(const CacheClearCommand& command, const CliEnvironment& environment,
                                   Console& console);

struct CacheVerifyCommand {
  std::string directory;
  bool hash = false;
};
Result<ExitStatus> run_cache_verify(const CacheVerifyCommand& command, const CliEnvironment& environment,
                                    Console& console);

struct CachePathCommand {
  std::string directory;
};
Result<ExitStatus> run_cache_path(const CachePathCommand& command, const CliEnvironment& environment, Console& console);

/// The directory that a command works with: `flag` (--cache-dir) if it is given, else ~/.deadline/cache.
Result<std::string> cache_directory(const std::string& flag, const CliEnvironment& environment);

}  // namespace attache
