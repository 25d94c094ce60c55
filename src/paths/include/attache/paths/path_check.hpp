#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_format.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// What is wrong with a path on a system.
enum class PathProblemKind {
  // Errors: no such file can be made there, or it would take another's place.
  kNoPath,              ///< empty, absolute, or with an empty, `.` or `..` component
  kNul,                 ///< holds a NUL, which ends a name on every system
  kText,                ///< holds lone surrogates that the system cannot write
  kForbiddenCharacter,  ///< Windows: one of `< > : " | ? * \` or a control character
  kReservedName,        ///< Windows: a device (CON, PRN, AUX, NUL, COM1-COM9, LPT1-LPT9), with any suffix
  kTrailing,            ///< Windows: a component ends with a dot or a space, which the system drops
  kComponentLength,     ///< more than 255 UTF-16 units (Windows) or bytes (POSIX)
  kPathLength,          ///< more than 32,767 units (Windows), which no prefix allows
  kCaseClash,           ///< Windows: another path differs in case only
  kFileInDirectory,     ///< a path is a file and, in another path, a directory
  // Warnings: it can be done, but not everything will cope.
  kLongPath,       ///< Windows: 260 units or more, for programs that do not know long paths; POSIX: 4,096 bytes
  kDirectoryCase,  ///< Windows: directories that differ in case only become one
  kNotUtf8,        ///< the name is not UTF-8 (a POSIX system has it); other systems do not know such names
};

/// A stable name in kebab case ("reserved-name"): what JSON output calls the problem.
std::string_view to_string(PathProblemKind kind);
/// True for those that a file does not come over.
bool is_error(PathProblemKind kind);

struct PathProblem {
  PathProblemKind kind = PathProblemKind::kNoPath;
  std::size_t path = 0;              ///< index
  std::string component;             ///< the part that is wrong; empty: the whole path
  std::optional<std::size_t> other;  ///< kCaseClash, kFileInDirectory, kDirectoryCase: the path it clashes with, before
  std::string message;               ///< in words, without the path itself
};

struct PathCheckOptions {
  PathFormat target = PathFormat::kPosix;
  /// Units (Windows) or bytes (POSIX) of the directory that the paths will be below, with its separator.
  std::size_t root_length = 0;
};

/// Looks for paths that another system cannot have, before anything is sent there. `paths` are relative to a root, with
/// `/`, as in a manifest; one that ends with `/` is a directory; a path that occurs twice is not a clash. What is wrong
/// with a directory's name is said of the first path that has it. Problems are in the order of the paths; all of them
/// are found. On POSIX a backslash is a character like others. Windows names compare as its file systems do
/// (comparison_key), names that end with a dot or a space as without them. O(total length * log paths).
Result<std::vector<PathProblem>> check_paths(std::span<const std::string_view> paths, const PathCheckOptions& options);

/// True if Windows takes the name, a single component, for a device: CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0-COM9,
/// LPT0-LPT9 or those with a superscript digit, in any case, with anything behind a dot, spaces before it.
bool is_windows_device(std::string_view component);

}  // namespace attache
