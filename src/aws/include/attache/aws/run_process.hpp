#pragma once

#include <attache/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// A program to run, without a shell.
struct ProcessCommand {
  std::vector<std::string> arguments;  ///< first the program, looked up in PATH unless it has a slash
  /// A program that asks a person something needs longer than one that talks to a service; one that hangs must not hang
  /// a farm.
  std::chrono::milliseconds timeout{60'000};
  std::size_t max_output_bytes = std::size_t{64} * 1024;
};

struct ProcessResult {
  int exit_status = 0;  ///< 128 + n if signal n ended it
  std::string output;   ///< what it wrote to standard output
};

/// Runs a program to its end. kCancelled within 250 ms of `stop`.
using ProcessRunner = std::function<Result<ProcessResult>(const ProcessCommand&, std::stop_token)>;

/// The real one: a child in a process group of its own with this process's environment and directory, nothing on its
/// standard input, and its standard error discarded (what programs say there may hold secrets). kNotFound,
/// kPermissionDenied or kIo naming the program if it cannot be started; kIo if it runs or writes for longer than
/// allowed: then, and when cancelled, its process group is killed. It is always waited for, and nothing stays open.
/// Only the program's name gets into messages, never its arguments.
Result<ProcessResult> run_process(const ProcessCommand& command, std::stop_token stop);

}  // namespace attache
