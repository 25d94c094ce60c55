#pragma once

#include <attache/paths/path_format.hpp>

#include <string>
#include <string_view>

namespace attache {

// Paths of either system as texts, with `..` taken back; nothing is looked at.

/// `path` below `base`, as a system's own functions join them: an absolute path replaces the base; on Windows one with
/// a root but no drive (`\x`) keeps the base's drive, and one with a drive but no root (`C:x`) lies below the base if
/// that has the drive, and replaces it if not. `..` takes the component before it away, and vanishes at the root.
std::string join_lexically(PathFormat format, std::string_view base, std::string_view path);

/// True if `path` is `root` or lies below it, by components. Both in the form of join_lexically().
bool is_within(PathFormat format, std::string_view root, std::string_view path);

}  // namespace attache
