#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>

namespace attache {

// Windows refuses paths of 260 and more UTF-16 units in most calls, unless they begin with `\\?\`, which also turns off
// that `/`, `.` and `..` mean anything (incumbent formats, section 11). Text only, on every host.

/// Units that a path may have, with the terminating NUL.
inline constexpr std::size_t kWindowsMaxPath = 260;

/// Units kept free behind a path: a file is downloaded under its name with `.` and eight hex digits.
inline constexpr std::size_t kWindowsTemporarySuffix = 9;

/// With `\\?\` in front, or `\\?\UNC\` for `\\server\share`, whatever the length: for the root of a walk, whose
/// descendants may be too long. In normal form, which Windows does not apply to such paths. A path that has the prefix
/// stays as it is. kInvalidArgument for a path with `..` (to drop it would ignore links) or one that is not absolute.
Result<std::string> extended_length_path(std::string_view path);

/// The same if the path is so long that it needs it, with room for a temporary name; else, and if it is relative, the
/// path as given. Whether the system has long paths enabled does not matter: it is no harm then.
Result<std::string> long_path_compatible(std::string_view path);

/// The path without such a prefix: how it is shown and stored.
std::string without_extended_prefix(std::string_view path);

/// UTF-16 units of a WTF-8 text.
std::size_t utf16_length(std::string_view wtf8);

}  // namespace attache
