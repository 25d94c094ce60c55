#include "lexical_path.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace attache {

namespace {

/// The drive or share that an anchor of Windows begins with: `C:`, `\\server\share`; empty for `\`.
std::string_view drive_of(std::string_view anchor) {
  if (anchor.size() > 1 && anchor.ends_with('\\')) anchor.remove_suffix(1);
  return anchor == "\\" ? std::string_view() : anchor;
}

PathParts join_windows(PathParts&& base, PathParts&& path) {
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
  std::move(path.components.begin(), path.components.end(), std::back_inserter(base.components));
  return std::move(base);
}

PathParts join_posix(PathParts&& base, PathParts&& path) {
  if (!path.anchor.empty()) return std::move(path);
  std::move(path.components.begin(), path.components.end(), std::back_inserter(base.components));
  return std::move(base);
}

void take_back(PathParts& parts, bool absolute) {
  std::vector<std::string> kept;
  for (std::string& component : parts.components) {
    if (component != "..") {
      kept.push_back(std::move(component));
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!absolute) {
      kept.push_back(std::move(component));
    }
  }
  parts.components = std::move(kept);
}

}  // namespace

std::string join_lexically(PathFormat format, std::string_view base, std::string_view path) {
  PathParts base_parts = split_path(format, base);
  PathParts path_parts = split_path(format, path);
  PathParts joined = format == PathFormat::kWindows ? join_windows(std::move(base_parts), std::move(path_parts))
                                                    : join_posix(std::move(base_parts), std::move(path_parts));
  take_back(joined, joined.anchor.ends_with(format == PathFormat::kWindows ? '\\' : '/'));
  return join_path(format, joined);
}

bool is_within(PathFormat format, std::string_view root, std::string_view path) {
  const PathParts outer = split_path(format, root);
  const PathParts inner = split_path(format, path);
  const auto same = [format](const std::string& a, const std::string& b) {
    return comparison_key(format, a) == comparison_key(format, b);
  };
  return same(outer.anchor, inner.anchor) && outer.components.size() <= inner.components.size() &&
         std::equal(outer.components.begin(), outer.components.end(), inner.components.begin(), same);
}

}  // namespace attache
