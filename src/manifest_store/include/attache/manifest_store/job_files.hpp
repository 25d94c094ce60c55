#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/path_group.hpp>
#include <attache/paths/path_format.hpp>

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The files of one root, as they would be downloaded.
struct RootFiles {
  std::string root;  ///< where they go
  Manifest files;    ///< `totalSize` is the sum of its entries' sizes
};

struct JobFilesOptions {
  PathFormat host = PathFormat::kPosix;  ///< of the roots that files are sent to; on Windows filters ignore case
  std::string current_directory;         ///< absolute; where a relative new root begins
};

/// The inputs and outputs of a job by asset root, from manifests that were fetched: which files there are, in which
/// directories they go, and which of them are wanted (incumbent formats, section 9.6). docs/job-paths.md says which
/// function of the incumbent is which of these. Pure; the manifests must outlive it; not thread-safe.
///
///   add() inputs, outputs ──► set_root_path() ──► include() ──► by_root()
///   one group a root           groups meet          groups of filters
class JobFiles {
 public:
  explicit JobFiles(JobFilesOptions options) : options_(std::move(options)) {}

  /// Adds a manifest to the group of its root. All entries stay, also of a path that occurs twice: what is newer is
  /// decided by merging before (merge_by_root). Roots are compared as texts.
  void add(std::string_view root, const Manifest& manifest);
  void add(std::string_view root, Manifest&& manifest) = delete;  // it would be gone at once
  void add(const RootedManifest& manifest) { add(manifest.root, *manifest.manifest); }

  /// Sends what is under `current` (a root of the manifests, or where that was sent before) to another directory, made
  /// absolute and normalised as a text. kInvalidArgument, listing the roots, if `current` is none of them.
  ///
  /// Groups that meet in one directory become one: the group that lives there comes first, then those that were sent
  /// there, in the order in which they first were. A file of a later group whose path is taken gets another name beside
  /// it: its root, with `_` for `/ \ :`, and `_` before its own name. (The incumbent cannot do that below a directory,
  /// BUG-21.) If that is taken too, a number follows, as in copy_name().
  Status set_root_path(std::string_view current, std::string_view wanted);

  /// Leaves only what a filter of this list matches, and one of every list before (base/include_filters.hpp). Filters
  /// see the roots that files are sent to. A list of empty filters leaves nothing.
  void include(std::vector<std::string> filters) { filter_groups_.push_back(std::move(filters)); }

  /// What is to be downloaded where; roots in the order in which they were added, a directory that groups meet in at
  /// the place of the group that lives there, or of the first that was sent there. Roots of which nothing is left are
  /// left out if there are filters.
  Result<std::vector<RootFiles>> by_root() const;

  /// Where the files of all roots go, in the order of by_root().
  std::vector<std::string> roots() const;

 private:
  struct Group {
    std::string root;      // of the manifests
    std::string target;    // where it goes
    std::size_t sent = 0;  // the how manyth that was sent; 0: it stays
    std::vector<const Manifest*> manifests;
  };
  /// The groups that go to one place, the one whose files keep their names first.
  struct Meeting {
    std::string_view target;
    std::vector<const Group*> groups;
  };
  std::vector<Meeting> targets() const;

  JobFilesOptions options_;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t, std::less<>> group_of_;  // by root
  std::size_t sent_ = 0;
  std::vector<std::vector<std::string>> filter_groups_;
};

/// What lies in a directory and below, of all roots together, for a download of that directory into one place: the
/// path `directory` is relative to each root (select_below). All entries stay.
Result<Manifest> files_in_directory(std::span<const RootedManifest> manifests, std::string_view directory);

}  // namespace attache
