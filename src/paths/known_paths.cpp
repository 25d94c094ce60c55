#include <attache/base/text.hpp>
#include <attache/paths/known_paths.hpp>
#include <attache/paths/lexical.hpp>
#include <attache/paths/windows_long_path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace attache {

namespace {

using Components = std::vector<std::string>;

constexpr std::string_view kServers = "\\\\";

std::string without_prefix(PathFormat format, std::string_view path) {
  if (format == PathFormat::kPosix) return std::string(path);
  std::string text(path);
  std::replace(text.begin(), text.end(), '/', '\\');
  return without_extended_prefix(text);
}

// The path in normal form, as parts of which the first is the anchor: `/`, `C:\`, `\\` (the server is no part of it).
PathParts located(PathFormat format, std::string_view path) {
  const std::string text = without_prefix(format, path);
  const std::string normal = lexically_normal_path(format, text);
  if (format == PathFormat::kWindows && text.starts_with(kServers)) {
    // A server, and a share of it, are directories like others here, but `..` does not leave a share.
    const std::size_t begin = std::min(normal.find_first_not_of('\\'), normal.size());
    return {std::string(kServers), split_path(format, std::string_view(normal).substr(begin)).components};
  }
  PathParts parts = split_path(format, normal);
  if (format == PathFormat::kPosix && !parts.anchor.empty()) parts.anchor.assign(1, '/');
  // Not the beginning of every path.
  if (parts.anchor.empty() && parts.components.empty()) parts.components.emplace_back(".");
  return parts;
}

Components keys_of(PathFormat format, const PathParts& parts) {
  Components keys;
  if (!parts.anchor.empty()) keys.push_back(comparison_key(format, parts.anchor));
  for (const std::string& component : parts.components) keys.push_back(comparison_key(format, component));
  return keys;
}

bool begins_with(const Components& path, const Components& root) {
  return root.size() <= path.size() && std::equal(root.begin(), root.end(), path.begin());
}

bool is_known(const Components& path, const std::vector<Components>& known) {
  return std::any_of(known.begin(), known.end(), [&](const Components& root) {
    if (root.size() == 1 && root.front() == kServers) return path == root;  // names no server: holds nothing
    return begins_with(path, root) &&
           std::find(path.begin() + static_cast<std::ptrdiff_t>(root.size()), path.end(), "..") == path.end();
  });
}

std::vector<Components> all_keys(PathFormat format, const std::vector<std::string>& paths) {
  std::vector<Components> keys;
  keys.reserve(paths.size());
  for (const std::string& path : paths) keys.push_back(keys_of(format, located(format, path)));
  return keys;
}

std::string expand_home(std::string_view path, std::string_view home) {
  if (home.empty() || (path != "~" && !path.starts_with("~/") && !path.starts_with("~\\"))) return std::string(path);
  return std::string(home).append(path.substr(1));
}

// `\x` and `C:x` depend on the current drive or directory.
bool is_located(PathFormat format, const PathParts& parts) {
  if (format == PathFormat::kPosix) return !parts.anchor.empty();
  if (parts.anchor == kServers) return !parts.components.empty();
  return parts.anchor.size() > 1 && parts.anchor.ends_with('\\');
}

}  // namespace

bool is_known_path(PathFormat format, std::string_view path, const std::vector<std::string>& known) {
  return is_known(keys_of(format, located(format, path)), all_keys(format, known));
}

std::vector<std::string> filter_known_paths(PathFormat format, std::string_view home,
                                            const std::vector<std::string>& known) {
  std::vector<std::pair<Components, std::string>> ordered;
  for (const std::string& path : known) {
    if (path.empty()) continue;
    const PathParts parts = located(format, expand_home(path, home));
    if (is_located(format, parts)) ordered.emplace_back(keys_of(format, parts), join_path(format, parts));
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  std::vector<std::string> filtered;
  std::set<Components> kept;
  for (const auto& [keys, path] : ordered) {
    Components above;
    bool redundant = false;
    for (const std::string& key : keys) {
      above.push_back(key);
      redundant = redundant || kept.contains(above);
    }
    if (redundant) continue;
    kept.insert(keys);
    filtered.push_back(path);
  }
  return filtered;
}

ClassifiedPaths classify_paths(PathFormat format, const std::vector<std::string>& input_directories,
                               const std::vector<std::string>& output_directories,
                               const std::vector<std::string>& known) {
  const std::vector<Components> roots = all_keys(format, known);
  std::map<Components, std::string> inputs;
  for (const std::string& path : input_directories) inputs[keys_of(format, located(format, path))] = path;
  std::map<Components, std::string> outputs;
  for (const std::string& path : output_directories) {
    const PathParts parts = located(format, path);
    outputs.emplace(keys_of(format, parts), join_path(format, parts));
  }

  ClassifiedPaths result;
  Components last_known;
  Components last_unknown;
  for (const auto& [keys, path] : inputs) {
    const bool expected = is_known(keys, roots);
    Components& last = expected ? last_known : last_unknown;
    if (!last.empty() && begins_with(keys, last)) continue;
    (expected ? result.known_inputs : result.unknown_inputs).push_back(path);
    last = keys;
  }
  for (const auto& [keys, path] : outputs) {
    (is_known(keys, roots) ? result.known_outputs : result.unknown_outputs).push_back(path);
  }
  return result;
}

std::string unknown_paths_warning(const ClassifiedPaths& paths, std::size_t most) {
  if (!paths.has_unknown()) return {};
  std::string text = "These directories are in no known location:\n";
  std::size_t shown = 0;
  const auto add = [&](const std::vector<std::string>& list, std::string_view note) {
    for (const std::string& path : list) {
      if (shown++ < most) text += fmt::format("  {}{}\n", printable(path), note);
    }
  };
  add(paths.unknown_inputs, "");
  add(paths.unknown_outputs, " (output)");
  if (shown > most) text += fmt::format("  and {} more\n", shown - most);
  text +=
      "Check that their files are to be uploaded. A LOCAL location of the storage profile or --known-asset-path makes "
      "a "
      "directory known";
  return text;
}

}  // namespace attache
