#pragma once

#include <attache/base/result.hpp>
#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"
#include "tree_selection.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace attache {

struct DownloadCommand;

// What the units that build the parser share; only they know CLI11.

/// What the command line asks for, filled by the parser.
struct CommandLine {
  OutputOptions output;
  std::function<Result<ExitStatus>(const CliEnvironment&, Console&)> command;
};

/// Makes `run` of `command` what the command line asks for when `app` is named. The parser fills `command` before.
template <typename Command>
void choose(CLI::App& app, CommandLine& line, std::shared_ptr<Command> command,
            Result<ExitStatus> (*run)(const Command&, const CliEnvironment&, Console&)) {
  app.callback([&line, command = std::move(command), run] {
    line.command = [command, run](const CliEnvironment& environment, Console& console) {
      return run(*command, environment, console);
    };
  });
}

/// --json, --quiet, --verbose and --log-file.
void add_output_options(CLI::App& app, OutputOptions& output);

/// Which store, and how it is reached.
void add_store_options(CLI::App& app, StoreRequest& store);

/// For options that are a count. The parser itself takes -1 for the greatest number there is, and 010 for eight.
CLI::Validator is_count();

/// What `attachment download` has beside manifests, rules, conflicts, store and output.
void add_download_options(CLI::App& app, DownloadCommand& command);

/// What part of a tree is scanned, but for the root and the cache.
void add_selection(CLI::App& app, TreeSelection& selection);

/// `attache manifest show` and all others that work on manifests alone.
void add_manifest_tools(CLI::App& parent, CommandLine& line);

/// `attache manifest download` and `upload`.
void add_manifest_store(CLI::App& parent, CommandLine& line);

/// `attache cache` and its commands.
void add_cache(CLI::App& app, CommandLine& line);

/// `attache paths` and its commands.
void add_paths(CLI::App& app, CommandLine& line);

/// `attache store` and its commands.
void add_store(CLI::App& app, CommandLine& line);
void add_store_ls(CLI::App& store, CommandLine& line);
void add_store_gc(CLI::App& store, CommandLine& line);

/// `attache verify` and `attache repair`.
void add_verify(CLI::App& parent, CommandLine& line);
void add_repair(CLI::App& parent, CommandLine& line);

}  // namespace attache
