#pragma once

#include <attache/paths/path_format.hpp>

#include <string>
#include <string_view>

namespace attache {

/// `path` below `base`, as a system's own functions join them: an absolute path replaces the base; on Windows one with
/// a root but no drive (`\x`) keeps the base's drive, and one with a drive but no root (`C:x`) lies below the base if
/// that has the drive, and replaces it if not. Two separators begin a share, which replaces the base. The result is
/// lexically normal.
std::string join_lexically(PathFormat format, std::string_view base, std::string_view path);

}  // namespace attache
