#pragma once

#include "manifest_tools_fixture.hpp"
#include "store_access.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace attache {

/// `attache manifest upload` and `download`, with a directory store.
class ManifestStoreTest : public ManifestTools {
 protected:
  ManifestStoreTest() {
    open_store = [](const StoreRequest& request) {
      return attache::open_store(request, [](const std::string&) { return std::optional<std::string>(); });
    };
    std::filesystem::create_directories(path("out"));
  }

  static std::string document(const std::string& file, char digit) {
    return R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[{"hash":")" + hash_of(digit) +
           R"(","mtime":1,"path":")" + file + R"(","size":1}],"totalSize":1})";
  }

  Outcome upload(const std::string& file, std::vector<std::string> args) {
    args.insert(args.begin(), {"upload", file, "--s3-root-uri", path("store")});
    return attache(std::move(args));
  }
  Outcome download(std::vector<std::string> args) {
    args.insert(args.begin(), {"download", path("out"), "--s3-root-uri", path("store")});
    return attache(std::move(args));
  }
  /// As an output of the job, which must succeed.
  void add_output(const std::string& file, char digit, const std::string& task, const std::string& action,
                  const std::string& time, const std::string& root = "/r") {
    const std::string name = write("made.manifest", document(file, digit));
    std::vector<std::string> args{"--asset-type", "output", "--session-action-id", action, "--time", time,
                                  "--root",       root};
    args.insert(args.end(), job.begin(), job.end());
    args.insert(args.end(), {"--step-id", "step-1"});
    if (!task.empty()) args.insert(args.end(), {"--task-id", task});
    const Outcome outcome = upload(name, args);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  std::vector<std::string> with_job(std::vector<std::string> args = {}) const {
    args.insert(args.begin(), job.begin(), job.end());
    return args;
  }

  /// Names and contents of what was downloaded.
  std::map<std::string, std::string> downloaded() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(path("out"))) {
      files.emplace(entry.path().filename().string(), read("out/" + entry.path().filename().string()));
    }
    return files;
  }
  /// Paths in the store of what is not metadata.
  std::vector<std::string> stored() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("store"))) {
      const std::string relative = std::filesystem::relative(entry.path(), path("store")).string();
      if (entry.is_regular_file() && !relative.starts_with(".attache")) paths.push_back(relative);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  const std::vector<std::string> job{"--farm-id", "farm-1", "--queue-id", "queue-1", "--job-id", "job-1"};
};

}  // namespace attache
