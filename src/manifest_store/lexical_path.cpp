#include "lexical_path.hpp"

#include <attache/paths/lexical.hpp>

#include <iterator>
#include <utility>

namespace attache {

namespace {

/// The drive or share that an anchor of Windows begins with: `C:`, `\\server\share`; empty for `\`.
std::string_view drive_of(std::string_view anchor) {
  if (anchor.size() > 1 && anchor.ends_with('\\')) anchor.remove_suffix(1);
  return anchor == "\\" ? std::string_view() : anchor;
}

PathParts join_windows(PathParts&& base, PathParts&& path, bool network) {
  // Two separators begin the name of a share, on whatever drive the base is; also where nothing of a share follows.
  if (network) return std::move(path);
  const std::string_view drive = drive_of(path.anchor);
  const bool rooted = path.anchor.ends_with('\\');
  const std::string_view base_drive = drive_of(base.anchor);
  if (!drive.empty() &&
      (rooted || comparison_key(PathFormat::kWindows, drive) != comparison_key(PathFormat::kWindows, base_drive))) {
    return std::move(path);
  }
  if (rooted) {
    path.anchor = std::string(base_drive) + "\\";
    return std::move(path);
  }
  // The same drive in another case: as the path writes it.
  if (!drive.empty()) base.anchor.replace(0, drive.size(), drive);
  std::move(path.components.begin(), path.components.end(), std::back_inserter(base.components));
  return std::move(base);
}

PathParts join_posix(PathParts&& base, PathParts&& path) {
  if (!path.anchor.empty()) return std::move(path);
  std::move(path.components.begin(), path.components.end(), std::back_inserter(base.components));
  return std::move(base);
}

}  // namespace

std::string join_lexically(PathFormat format, std::string_view base, std::string_view path) {
  PathParts base_parts = split_path(format, base);
  PathParts path_parts = split_path(format, path);
  if (format == PathFormat::kPosix) {
    return lexically_normal_path(format, join_path(format, join_posix(std::move(base_parts), std::move(path_parts))));
  }
  const auto is_separator = [](char c) { return c == '/' || c == '\\'; };
  const bool network = path.size() > 1 && is_separator(path[0]) && is_separator(path[1]);
  const PathParts joined = join_windows(std::move(base_parts), std::move(path_parts), network);
  return lexically_normal_path(format, join_path(format, joined));
}

}  // namespace attache
