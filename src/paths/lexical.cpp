#include <attache/paths/lexical.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace attache {

namespace {

bool is_rooted(PathFormat format, const PathParts& parts) {
  return parts.anchor.ends_with(format == PathFormat::kPosix ? '/' : '\\');
}

void collapse(PathFormat format, PathParts& parts) {
  std::vector<std::string> kept;
  kept.reserve(parts.components.size());
  for (std::string& component : parts.components) {
    const bool goes_up = component == "..";
    if (goes_up && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!goes_up || !is_rooted(format, parts)) {
      kept.push_back(std::move(component));
    }
  }
  parts.components = std::move(kept);
}

PathParts normal_parts(PathFormat format, std::string_view path) {
  PathParts parts = split_path(format, path);
  collapse(format, parts);
  return parts;
}

bool equal(PathFormat format, std::string_view a, std::string_view b) {
  return a == b || (format == PathFormat::kWindows && comparison_key(format, a) == comparison_key(format, b));
}

// How many components `root` has, if `path` is within it.
std::optional<std::size_t> components_shared(PathFormat format, const PathParts& path, const PathParts& root) {
  if (!equal(format, path.anchor, root.anchor) || root.components.size() > path.components.size()) return std::nullopt;
  for (std::size_t i = 0; i < root.components.size(); ++i) {
    if (!equal(format, path.components[i], root.components[i])) return std::nullopt;
  }
  // `..` can only stand in front: of a path that leaves a relative root.
  if (path.components.size() > root.components.size() && path.components[root.components.size()] == "..") {
    return std::nullopt;
  }
  return root.components.size();
}

}  // namespace

std::string lexically_normal_path(PathFormat format, std::string_view path) {
  return join_path(format, normal_parts(format, path));
}

std::string absolute_path(PathFormat format, std::string_view current_directory, std::string_view path) {
  PathParts parts = split_path(format, path);
  PathParts base = split_path(format, current_directory);
  if (format == PathFormat::kPosix) {
    if (parts.anchor.empty()) {
      parts.anchor = base.anchor;
      parts.components.insert(parts.components.begin(), base.components.begin(), base.components.end());
    }
    parts.anchor.assign(1, '/');
  } else if (!is_absolute_path(format, path)) {
    const bool same_drive = parts.anchor.size() == 2 && base.anchor.size() == 3 &&
                            equal(format, parts.anchor, std::string_view(base.anchor).substr(0, 2));
    if (parts.anchor.empty() || same_drive) {
      parts.anchor = base.anchor;
      parts.components.insert(parts.components.begin(), base.components.begin(), base.components.end());
    } else if (parts.anchor == "\\") {
      parts.anchor = base.anchor;
    } else {
      parts.anchor += '\\';
    }
  }
  collapse(format, parts);
  return join_path(format, parts);
}

bool is_path_within(PathFormat format, std::string_view path, std::string_view root) {
  return components_shared(format, normal_parts(format, path), normal_parts(format, root)).has_value();
}

std::optional<std::string> path_below(PathFormat format, std::string_view path, std::string_view root) {
  PathParts parts = normal_parts(format, path);
  const auto shared = components_shared(format, parts, normal_parts(format, root));
  if (!shared) return std::nullopt;
  parts.anchor.clear();
  parts.components.erase(parts.components.begin(), parts.components.begin() + static_cast<std::ptrdiff_t>(*shared));
  return join_path(format, parts);
}

std::optional<std::string> common_path(PathFormat format, const std::vector<std::string>& paths) {
  if (paths.empty()) return std::nullopt;
  PathParts common = split_path(format, paths.front());
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const PathParts other = split_path(format, paths[i]);
    if (!equal(format, common.anchor, other.anchor)) return std::nullopt;
    const std::size_t limit = std::min(common.components.size(), other.components.size());
    std::size_t same = 0;
    while (same < limit && equal(format, common.components[same], other.components[same])) ++same;
    common.components.resize(same);
  }
  if (common.anchor.empty() && common.components.empty() && paths.size() > 1) return std::nullopt;
  return join_path(format, common);
}

}  // namespace attache
