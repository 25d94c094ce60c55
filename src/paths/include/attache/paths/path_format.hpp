#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Whose rules a path text follows. A path of one system may be handled on another, so this is data, not the host.
enum class PathFormat { kPosix, kWindows };

/// "posix" or "windows", as in path mapping rules and job attachments.
std::string_view to_string(PathFormat format);
/// The reverse, case-sensitive.
std::optional<PathFormat> parse_path_format(std::string_view text);

/// A path divided as that system does it (incumbent formats, section 12), nothing resolved:
///   posix    anchor `/`, or `//` for exactly two leading slashes; repeated slashes and `.` vanish, `..` stays
///   windows  anchor `C:\`, `C:`, `\` or `\\server\share\` (also `\\?\C:\`, `\\?\UNC\server\share\`), with the
///   separators
///            written as `\`; both separators divide; `.` vanishes, `..` stays; case stays
struct PathParts {
  std::string anchor;                   ///< empty: the path is relative
  std::vector<std::string> components;  ///< those after the anchor
  friend bool operator==(const PathParts&, const PathParts&) = default;
};
PathParts split_path(PathFormat format, std::string_view path);

/// The path text of such parts; `.` when there are none.
std::string join_path(PathFormat format, const PathParts& parts);

/// The path as the system's path type writes it: split and joined again (section 2.3: runs of separators collapse, `.`
/// components and a final separator vanish, `..` stays, on Windows `/` becomes `\`). The empty path becomes `.`.
std::string normalise_path(PathFormat format, std::string_view path);

/// True if the path does not depend on a current directory or drive.
bool is_absolute_path(PathFormat format, std::string_view path);

/// The text by which components or anchors of a format compare: on Windows in lower case (see lower_case).
std::string comparison_key(PathFormat format, std::string_view component);

}  // namespace attache
