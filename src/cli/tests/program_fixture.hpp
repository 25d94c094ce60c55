#pragma once

#include <attache/cli/run.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// The whole program, in a world and a directory of the test. What a test wants otherwise it sets before it runs it.
class ProgramTest : public testing::Test {
 protected:
  struct Outcome {
    int status;
    std::string out;
    std::string err;
  };

  /// Runs `attache ARGS...`.
  Outcome run_program(const std::vector<std::string>& args) {
    std::ostringstream out;
    std::ostringstream err;
    if (broken_output) out.setstate(std::ios::badbit);
    std::size_t read = 0;
    const CliEnvironment environment{
        .out = out,
        .err = err,
        .variable = [this](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        .local_time = [] { return LocalTime{2024, 2, 3, 4, 5, 6}; },
        .current_directory = current_directory.empty() ? dir_.path() : current_directory,
        .open_store = open_store,
        .stop = stop.get_token(),
        .read_input = [&](std::span<std::byte> buffer) -> Result<std::size_t> {
          // In small pieces, as a pipe may give them.
          const std::size_t count = std::min({buffer.size(), input.size() - read, std::size_t{100}});
          std::memcpy(buffer.data(), input.data() + read, count);
          read += count;
          return count;
        },
        .out_is_terminal = out_is_terminal,
        .open_upload_admin = open_upload_admin};
    const int status = run(args, environment);
    return {status, out.str(), err.str()};
  }
  /// Runs `attache COMMAND ARGS...`.
  Outcome run_program(const std::string& command, std::vector<std::string> args) {
    args.insert(args.begin(), command);
    return run_program(args);
  }

  std::string path(const std::string& name) const { return (std::filesystem::path(dir_.path()) / name).string(); }

  /// Writes a file, with the directories above it, and gives its path.
  std::string write(const std::string& name, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  std::string read(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryDirectory dir_;
  std::map<std::string, std::string> variables;
  std::string current_directory;  ///< empty: dir_
  StoreFactory open_store;
  UploadAdminFactory open_upload_admin;
  std::string input;
  bool out_is_terminal = false;
  bool broken_output = false;
  std::stop_source stop;
};

}  // namespace attache
