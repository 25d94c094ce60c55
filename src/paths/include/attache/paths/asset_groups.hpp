#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_facts.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/storage_profile.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The paths of a job as its submission names them: relative to the current directory, in any form.
struct AssetPaths {
  std::vector<std::string> inputs{};      ///< files
  std::vector<std::string> outputs{};     ///< directories
  std::vector<std::string> references{};  ///< may not exist
};

/// Paths that share an asset root. Lists are sorted, absolute, lexically normal, and without duplicates.
struct AssetRootGroup {
  std::string root;
  std::string location_name;  ///< of the LOCAL location that it belongs to; empty: none
  std::string location_path;  ///< as the profile writes it
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<std::string> references;
  std::uint64_t input_bytes = 0;
};

struct GroupingOptions {
  PathFormat format = PathFormat::kPosix;  ///< of the host
  std::string current_directory{};         ///< absolute
  const StorageProfile* profile = nullptr;
  /// Inputs that are missing are errors, not references.
  bool require_paths_exist = false;
};

/// A path below a SHARED location: its files are where the workers are.
struct SkippedPath {
  std::string path;
  std::string location_name;
};

struct AssetGrouping {
  std::vector<AssetRootGroup> groups;  ///< by root, location name and path; without a location first
  std::vector<std::string> demoted;    ///< missing inputs, which are references now; sorted
  std::vector<SkippedPath> skipped;    ///< by path
  std::uint64_t total_input_files = 0;
  std::uint64_t total_input_bytes = 0;
};

/// Groups the paths of a job under asset roots (incumbent formats, section 6):
///   - empty texts are dropped, paths made absolute and normal without looking at links, duplicates dropped
///   - inputs that are directories, and with require_paths_exist those that are missing, are kInvalidArgument, all of
///     them listed; so are paths that hold NUL, and those that cannot be looked at (with the code of the first, if it
///     is only those)
///   - what is below a SHARED location is skipped, links resolved on both sides
///   - the LOCAL location with the longest path that holds a path makes the group, else the root of the file system,
///   the
///     drive or the share
///   - the root of a group is the longest path that all of its paths are within, or that one's parent if it is a file;
///     so it may lie below the location, or be a path that is missing
/// Unlike the incumbent, groups with equal roots of which one has no location are sorted, too (BUG-7), and `//x` is
/// `/x`.
Result<AssetGrouping> group_asset_paths(const AssetPaths& paths, const GroupingOptions& options, PathFacts& facts);

/// The output directories of a group as the attachments of a job say them: relative to the root, in the host's
/// separators, sorted, `.` for the root. kOutsideRoot names a directory that is not below the root.
Result<std::vector<std::string>> output_relative_directories(PathFormat format, std::string_view root,
                                                             const std::vector<std::string>& outputs);

/// Such a directory on a system of another format: its separators become those of `to`. Nothing else changes.
std::string convert_output_directory(PathFormat from, PathFormat to, std::string_view directory);

}  // namespace attache
