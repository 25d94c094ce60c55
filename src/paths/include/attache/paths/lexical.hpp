#pragma once

#include <attache/paths/path_format.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Paths as text alone: nothing here asks a file system, so a symbolic link is a component like others, and `a/..`
// vanishes whatever `a` is.

/// normalise_path(), and `..` takes the component before it away; at a root it vanishes, in front of a relative path it
/// stays. Windows paths with the extended prefix `\\?\` are treated as those without. The empty path becomes `.`.
std::string lexically_normal_path(PathFormat format, std::string_view path);

/// `path` seen from `current_directory` (absolute), in lexically normal form. On Windows `\x` stays on the current
/// drive and `D:x`, which means a directory that only the process knows, is below the current directory if that is on
/// D:, else below `D:\`. On POSIX exactly two leading slashes are one, as for every system that is supported.
std::string absolute_path(PathFormat format, std::string_view current_directory, std::string_view path);

/// True if `path` is `root` or below it, by whole components of their lexically normal forms; Windows paths compare
/// without case. A path that climbs out of a relative root with `..` is not below it.
bool is_path_within(PathFormat format, std::string_view path, std::string_view root);

/// What is left of `path` below `root`: its components with the format's separator, `.` for the root itself; nothing if
/// it is not within.
std::optional<std::string> path_below(PathFormat format, std::string_view path, std::string_view root);

/// The longest path that all `paths` are within, in the spelling of the first; nothing if there is none (different
/// drives, or no path). Paths are lexically normal. O(total length).
std::optional<std::string> common_path(PathFormat format, const std::vector<std::string>& paths);

}  // namespace attache
