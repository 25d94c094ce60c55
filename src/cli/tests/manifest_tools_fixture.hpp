#pragma once

#include <attache/cli/run.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace attache {

/// The whole program, in a directory with manifests, and with a standard input of the test.
class ManifestTools : public testing::Test {
 protected:
  struct Outcome {
    int status;
    std::string out;
    std::string err;
  };

  /// Runs `attache manifest ARGS...`.
  Outcome attache(std::vector<std::string> args) {
    std::ostringstream out;
    std::ostringstream err;
    if (broken_output) out.setstate(std::ios::badbit);
    std::size_t read = 0;
    const CliEnvironment environment{
        .out = out,
        .err = err,
        .variable = [](const std::string&) { return std::nullopt; },
        .local_time = [] { return LocalTime{2024, 2, 3, 4, 5, 6}; },
        .current_directory = directory_.path(),
        .open_store = {},
        .stop = stop.get_token(),
        .read_input = [&](std::span<std::byte> buffer) -> Result<std::size_t> {
          // In small pieces, as a pipe may give them.
          const std::size_t count = std::min({buffer.size(), input.size() - read, std::size_t{100}});
          std::memcpy(buffer.data(), input.data() + read, count);
          read += count;
          return count;
        },
        .out_is_terminal = out_is_terminal};
    args.insert(args.begin(), "manifest");
    const int status = run(args, environment);
    return {status, out.str(), err.str()};
  }

  /// The same, of which the test needs success.
  Outcome done(const std::vector<std::string>& args) {
    Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome;
  }

  std::string path(const std::string& name) const { return (std::filesystem::path(directory_.path()) / name).string(); }

  /// Writes a file and gives its path.
  std::string write(const std::string& name, const std::string& content) {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  std::string read(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string input;
  bool out_is_terminal = false;
  bool broken_output = false;
  std::stop_source stop;

 private:
  TemporaryDirectory directory_;
};

/// 32 equal digits.
inline std::string hash_of(char digit) {
  return std::string(32, digit);
}

/// An entry of a v2025-12 manifest; 1700000000 s is 2023-11-14T22:13:20Z.
inline std::string file_entry(const std::string& path, std::uint64_t size, char digit, const std::string& more = "",
                              std::int64_t mtime = 1'700'000'000'000'000) {
  return "{\"hash\":\"" + hash_of(digit) + "\",\"mtime\":" + std::to_string(mtime) + ",\"path\":\"" + path + "\"" +
         more + ",\"size\":" + std::to_string(size) + "}";
}
inline std::string link_entry(const std::string& path, const std::string& target) {
  return R"({"path":")" + path + R"(","symlink":{"target":")" + target + "\"}}";
}
inline std::string deleted_entry(const std::string& path) {
  return R"({"deleted":true,"path":")" + path + "\"}";
}

inline std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

/// A manifest of format v2025-12, `type` being "relative-snapshot", ...; entries as JSON.
inline std::string manifest_v2025(const std::string& style, const std::string& kind,
                                  const std::vector<std::string>& files, const std::vector<std::string>& dirs = {},
                                  const std::string& parent = "", std::uint64_t total = 0) {
  std::vector<std::string> listed;
  for (const std::string& dir : dirs) listed.push_back(dir.starts_with('{') ? dir : R"({"path":")" + dir + "\"}");
  return "{\"dirs\":[" + joined(listed) + "],\"files\":[" + joined(files) + "],\"hashAlg\":\"xxh128\"," +
         (parent.empty() ? "" : "\"parentManifestHash\":\"" + parent + "\",") + "\"specificationVersion\":\"" + style +
         "-manifest-" + kind + "-beta-2025-12\",\"totalSize\":" + std::to_string(total) + "}";
}

/// A manifest of format v2023-03-03; canonical if the entries are in order.
inline std::string manifest_v2023(const std::vector<std::string>& entries, std::uint64_t total) {
  return R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)" + joined(entries) +
         "],\"totalSize\":" + std::to_string(total) + "}";
}

}  // namespace attache
