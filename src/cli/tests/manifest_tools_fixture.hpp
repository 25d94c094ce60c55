#pragma once

#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace attache {

/// `attache manifest`, in a directory with manifests.
class ManifestTools : public ProgramTest {
 protected:
  /// Runs `attache manifest ARGS...`.
  Outcome attache(std::vector<std::string> args) { return run_program("manifest", std::move(args)); }

  /// The same, of which the test needs success.
  Outcome done(const std::vector<std::string>& args) {
    Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
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
