#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/path_mapping.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What an incremental download of many jobs' outputs needs (incumbent formats, section 14): manifests of different
// roots are laid over each other by the absolute paths that their files get here. Pure: links are not followed. That
// nothing leaves a directory is checked once more, against the file system, where files are written.

struct AbsolutePathsOptions {
  PathFormat source = PathFormat::kPosix;  ///< of the root, and of the paths without mapping
  PathFormat host = PathFormat::kPosix;    ///< of the paths here
  /// Where files of the source's directories are here; null: where they were.
  const PathMapper* mapper = nullptr;
};

struct AbsolutePaths {
  Manifest manifest;                  ///< its paths are absolute paths of this host, in the order of the argument
  std::vector<std::string> unmapped;  ///< absolute paths of the source for which there is no place here
};

/// The manifest with every path below `root` made absolute and normalised. With a mapper, a path that no rule covers is
/// unmapped, and one that leads out of the root may be covered by another rule. Without one, a path that leads out of
/// the root is unmapped, and all are if the root is not absolute here.
Result<AbsolutePaths> make_paths_absolute(const Manifest& manifest, std::string_view root,
                                          const AbsolutePathsOptions& options);

/// Manifests with absolute paths as one: from the oldest to the newest, equal times in their order; of one path the
/// newest entry counts, at the place of the first. On Windows paths are one if they differ in case only.
Result<Manifest> merge_absolute(std::span<const Timed<Manifest>> manifests, PathFormat host);

/// The task that an output manifest's key belongs to: the component `task-...` right behind one `step-...`, below
/// `Manifests/` if the key holds that; nothing for a step that runs in chunks.
std::optional<std::string> task_id_of_key(std::string_view key);

/// The session that a session action belongs to: of `sessionaction-<32 lower-case hex digits>-<n>` it is
/// `session-<digits>`. kInvalidArgument for any other text.
Result<std::string> session_id_of(std::string_view session_action_id);

}  // namespace attache
