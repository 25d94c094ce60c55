#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_facts.hpp>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// The facts of this machine's file system, for group_asset_paths: every question goes to the disk, but where
/// directories really are is remembered, so that many files of one directory cost one question more each. Paths are
/// WTF-8, absolute; one that no file here can have is missing. A link that leads in a circle stays as it is. Not
/// thread-safe.
class DiskPathFacts final : public PathFacts {
 public:
  static Result<std::unique_ptr<DiskPathFacts>> open();
  ~DiskPathFacts() override;

  Result<PathStatus> status(const std::string& path) override;
  std::string resolved(const std::string& path) override;

 private:
  struct State;
  explicit DiskPathFacts(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What input directories stand for (incumbent formats, section 6).
struct ExpandedDirectories {
  std::vector<std::string> files;       ///< all below them, hidden ones too; links to directories are not followed
  std::vector<std::string> references;  ///< directories that are missing or hold no file at all: as references
  std::vector<std::string> missing;     ///< those of the references that are missing, or no directories
};

/// Reads the directories from the disk. Paths are absolute, WTF-8. With `require_paths_exist` missing directories are
/// kInvalidArgument, all of them listed. kCancelled when `stop` says so; a directory that cannot be read fails.
Result<ExpandedDirectories> expand_directories_on_disk(const std::vector<std::string>& directories,
                                                       bool require_paths_exist, const std::stop_token& stop);

}  // namespace attache
