#include "v2025_reference.hpp"

#include <attache/base/testing/plain_glob.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

namespace attache::vectors {

namespace {

bool is_deleted(const Json& members) {
  return members.contains("deleted");
}

bool starts_text(const std::string& path, const std::string& directory, bool text_prefix) {
  return text_prefix ? path.starts_with(directory) && path != directory : is_below(path, directory);
}

Json member(const Json& members, const char* name) {
  return members.contains(name) ? members.at(name) : Json();
}

bool differs(const Json& a, const Json& b, const DiffForm& form) {
  if (member(a, "symlink_target") != member(b, "symlink_target")) return true;
  if (member(a, "size") != member(b, "size")) return true;
  if (a.contains("mtime") && b.contains("mtime")) {
    const auto old = a.at("mtime").get<std::int64_t>();
    const auto now = b.at("mtime").get<std::int64_t>();
    if (old < now ? old + 1 < now : now + 1 < old) return true;
  }
  if (!form.ignore_hashes &&
      (member(a, "hash") != member(b, "hash") || member(a, "chunkhashes") != member(b, "chunkhashes"))) {
    return true;
  }
  return !form.preserve_runnable && a.value("runnable", false) != b.value("runnable", false);
}

template <typename Map>
bool anything_below(const Map& entries, const std::string& directory) {
  return std::any_of(entries.begin(), entries.end(), [&](const auto& each) { return is_below(each.first, directory); });
}

void erase_below(Tree& tree, const std::string& directory) {
  std::erase_if(tree.directories, [&](const auto& each) { return is_below(each.first, directory); });
  std::erase_if(tree.files, [&](const auto& each) { return is_below(each.first, directory); });
}

// What a layer brings, its deletions aside.
void lay(Tree& tree, const Tree& layer, const LayerForm& form) {
  for (const auto& [path, deleted] : layer.directories) {
    if (deleted) continue;
    if (!form.coexist) tree.files.erase(path);
    tree.directories[path] = false;
  }
  for (const auto& [path, members] : layer.files) {
    if (is_deleted(members)) continue;
    if (!form.coexist) {
      tree.directories.erase(path);
      erase_below(tree, path);
    }
    tree.files[path] = members;
  }
}

void erase_deleted(Tree& tree, const Tree& diff, const LayerForm& form) {
  if (form.delete_trees) {
    for (const auto& [path, deleted] : diff.directories) {
      if (!deleted) continue;
      tree.directories.erase(path);
      erase_below(tree, path);
    }
  }
  for (const auto& [path, members] : diff.files) {
    if (is_deleted(members)) tree.files.erase(path);
  }
  if (form.delete_trees) return;
  const std::vector<std::pair<std::string, bool>> from_above(diff.directories.begin(), diff.directories.end());
  for (std::size_t i = from_above.size(); i-- > 0;) {
    const auto& [path, deleted] = from_above[i];
    if (deleted && !anything_below(tree.directories, path) && !anything_below(tree.files, path)) {
      tree.directories.erase(path);
    }
  }
}

// `a/./b//c` and `a/x/../b/c` are `a/b/c`; what ends in a slash or a dot could only mean a directory and selects
// nothing.
std::optional<std::string> clean_pattern(std::string_view pattern) {
  if (testing::is_plain_path(pattern)) return std::string(pattern);
  std::vector<std::string_view> components;
  for (std::size_t begin = 0; begin <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
    const std::string_view component = pattern.substr(begin, end - begin);
    begin = end + 1;
    const bool up = component == "..";
    if (!up && !component.empty() && component != ".") {
      components.push_back(component);
      continue;
    }
    if (end == pattern.size()) return std::nullopt;
    if (up && !components.empty()) components.pop_back();
  }
  std::string clean;
  for (const std::string_view component : components) clean.append(clean.empty() ? "" : "/").append(component);
  return clean;
}

bool matches(const std::vector<std::string>& patterns, const std::string& path, PathStyle style,
             const FilterForm& form) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& given) {
    const testing::PlainOptions options{.crosses_slash = form.crosses_slash};
    const bool absolute = style == PathStyle::kAbsolute;
    if (form.literal) return testing::plain_design_glob(literal_pattern(given), path, options);
    if (form.crosses_slash && absolute) return testing::plain_design_glob(given, path, options);
    // Both sides lose the slash that an absolute path begins with.
    const std::string_view text = std::string_view(path).substr(absolute && path.starts_with('/') ? 1 : 0);
    const std::vector<std::string> alternatives = testing::plain_alternatives(given);
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const std::string& alternative) {
      const std::optional<std::string> clean = clean_pattern(alternative);
      return clean && testing::plain_design_glob(*clean, text, options);
    });
  });
}

std::string parent_of(const std::string& path) {
  const std::size_t anchor = anchor_size(path);
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash < anchor ? path.substr(0, anchor) : path.substr(0, slash);
}

std::string with_slash(std::string path) {
  if (!path.empty() && !path.ends_with('/')) path.push_back('/');
  return path;
}

std::string common_directory(const std::string& a, const std::string& b) {
  for (std::string at = a;;) {
    if (at == b || is_below(b, at)) return at;
    const std::string up = parent_of(at);
    if (up == at) return at;
    at = up;
  }
}

}  // namespace

Tree plain_diff(Tree parent, Tree current, const std::string& parent_hash, const DiffForm& form) {
  if (!form.only_listed) {
    parent = complete(std::move(parent));
    current = complete(std::move(current));
  }
  Tree diff{current.style, ManifestKind::kDiff, parent_hash, {}, {}};
  for (const auto& [path, members] : current.files) {
    const auto old = parent.files.find(path);
    if (old == parent.files.end() || differs(old->second, members, form)) diff.files[path] = members;
  }
  for (const auto& [path, members] : parent.files) {
    if (!current.files.contains(path)) diff.files[path] = Json{{"deleted", true}};
  }
  for (const auto& [path, deleted] : current.directories) {
    if (!parent.directories.contains(path)) diff.directories[path] = false;
  }
  for (const auto& [path, deleted] : parent.directories) {
    if (current.directories.contains(path)) continue;
    const bool lives = std::any_of(
        current.files.begin(), current.files.end(),
        [&, &directory = path](const auto& file) { return starts_text(file.first, directory, form.text_prefix); });
    if (!lives) diff.directories[path] = true;
  }
  return diff;
}

Tree plain_apply(Tree base, std::vector<Tree> diffs, const LayerForm& form) {
  if (!form.only_listed) base = complete(std::move(base));
  for (Tree& diff : diffs) {
    if (!form.only_listed) diff = complete(std::move(diff));
    erase_deleted(base, diff, form);
    lay(base, diff, form);
  }
  return base;
}

Tree plain_compose(std::vector<Tree> layers, const LayerForm& form) {
  Tree result = layers.front();
  if (!form.only_listed) result = complete(std::move(result));
  for (std::size_t i = 1; i < layers.size(); ++i) {
    lay(result, form.only_listed ? layers[i] : complete(layers[i]), form);
  }
  return result;
}

std::string literal_pattern(const std::string& pattern) {
  std::string result;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '[') {
      const bool negated = at + 1 < pattern.size() && pattern[at + 1] == '!';
      const std::size_t first = at + (negated ? 2 : 1);
      const std::size_t close = pattern.find(']', first + 1);
      if (close != std::string::npos) {
        std::string members = pattern.substr(first, close - first);
        // `^` is a member there, and no sign, unless it comes first in the design.
        if (!negated && members.starts_with('^')) std::rotate(members.begin(), members.begin() + 1, members.end());
        result.append(negated ? "[!" : "[").append(members).append("]");
        at = close;
        continue;
      }
    }
    if (c == '{' || c == '}' || c == '\\') result.push_back('\\');
    result.push_back(c);
  }
  return result;
}

Tree plain_filter(Tree manifest, const std::vector<std::string>& include, const std::vector<std::string>& exclude,
                  const FilterForm& form) {
  const PathStyle style = manifest.style;
  const auto selected = [&](const std::string& path) {
    return (include.empty() || matches(include, path, style, form)) && !matches(exclude, path, style, form);
  };
  if (!form.drop_empty) manifest = complete(std::move(manifest));
  Tree result{manifest.style, manifest.kind, manifest.parent_hash, {}, {}};
  for (const auto& [path, members] : manifest.files) {
    if (selected(path)) result.files[path] = members;
  }
  for (const auto& [path, deleted] : manifest.directories) {
    const bool has_kept = std::any_of(
        result.files.begin(), result.files.end(),
        [&, &directory = path](const auto& file) { return starts_text(file.first, directory, form.text_prefix); });
    if (form.drop_empty ? has_kept
                        : has_kept || (!anything_below(manifest.directories, path) &&
                                       !anything_below(manifest.files, path) && selected(path))) {
      result.directories[path] = deleted;
    }
  }
  if (form.drop_empty) return result;
  // Above an empty directory that stays, what is above it does; a deletion there is still one.
  std::map<std::string, bool> above;
  for (const auto& [path, deleted] : result.directories) {
    for (const std::string& ancestor : ancestors_of(path, style)) above[ancestor] = manifest.directories.at(ancestor);
  }
  result.directories.merge(above);
  return result;
}

std::string normalised(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  while (path.ends_with('/')) path.pop_back();
  return path;
}

std::optional<Deviation> path_fault(const std::string& given, PathStyle style) {
  std::string path = normalised(given);
  if (path.empty() && !given.empty()) path = "/";
  if (is_absolute(path) != (style == PathStyle::kAbsolute)) return std::nullopt;  // the path of no directory
  const std::string rest = path.substr(style == PathStyle::kAbsolute ? anchor_size(path) : 0);
  if (rest.empty()) return std::nullopt;
  for (std::size_t begin = 0; begin <= rest.size();) {
    const std::size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string component = rest.substr(begin, end - begin);
    if (component.empty() || component == "." || component == "..") return Deviation::kPathForm;
    begin = end + 1;
  }
  return std::nullopt;
}

Cut plain_subtree(const Tree& manifest, const std::string& given) {
  std::string directory = normalised(given);
  if (directory.empty() && manifest.style == PathStyle::kAbsolute) directory = "/";
  const std::string prefix = with_slash(directory);
  Cut cut;
  cut.part = {PathStyle::kRelative, manifest.kind, manifest.parent_hash, {}, {}};
  const Tree whole = complete(manifest);
  for (const auto& [path, deleted] : whole.directories) {
    if (is_below(path, prefix)) cut.part.directories[path.substr(prefix.size())] = deleted;
  }
  for (const auto& [path, members] : whole.files) {
    if (!is_below(path, prefix)) continue;
    Json moved = members;
    if (members.contains("symlink_target")) {
      const std::string target = resolved_target(text_of(members.at("symlink_target")), manifest.style);
      if (target == directory) {
        moved["symlink_target"] = ".";
      } else if (is_below(target, prefix)) {
        moved["symlink_target"] = json_of_text(target.substr(prefix.size()));
      } else {
        cut.outside.push_back(path);
        continue;
      }
    }
    cut.part.files[path.substr(prefix.size())] = std::move(moved);
  }
  return cut;
}

Tree plain_join(const Tree& manifest, const std::string& given, PathStyle style) {
  std::string prefix = normalised(given);
  if (prefix.empty() && style == PathStyle::kAbsolute) prefix = "/";
  prefix = with_slash(prefix);
  Tree result{style, manifest.kind, manifest.parent_hash, {}, {}};
  for (const auto& [path, deleted] : complete(manifest).directories) result.directories[prefix + path] = deleted;
  for (const auto& [path, members] : manifest.files) {
    Json moved = members;
    if (members.contains("symlink_target")) {
      const std::string target = text_of(members.at("symlink_target"));
      moved["symlink_target"] = json_of_text(prefix + target);
    }
    result.files[prefix + path] = std::move(moved);
  }
  return complete(std::move(result));
}

std::vector<std::string> plain_roots(const Tree& manifest) {
  const Tree whole = complete(manifest);
  std::map<std::string, std::string> roots;  // by where the file system begins
  const auto add = [&](const std::string& path) {
    const bool drive = path[0] != '/';
    const std::string directory = drive ? path.substr(0, anchor_size(path)) : parent_of(path);
    const auto [at, is_new] = roots.emplace(with_slash(path.substr(0, anchor_size(path))), directory);
    if (!is_new) at->second = common_directory(at->second, directory);
  };
  for (const auto& [path, members] : whole.files) add(path);
  for (const auto& [path, deleted] : whole.directories) {
    const bool empty = !anything_below(whole.directories, path) && !anything_below(whole.files, path);
    if (empty || deleted) add(path);
  }
  std::vector<std::string> result;
  result.reserve(roots.size());
  for (const auto& [anchor, root] : roots) result.push_back(root);
  return result;
}

Model textual_subtree(const Model& manifest, const std::string& given) {
  Model result{PathStyle::kRelative, manifest.kind, manifest.parent_hash, {}, {}};
  const std::string directory = normalised(given);
  const std::string prefix = directory.empty() ? "" : directory + "/";
  for (const ModelDirectory& each : manifest.directories) {
    if (!each.path.starts_with(prefix)) continue;
    result.directories.push_back({each.path.substr(prefix.size()), each.deleted});
  }
  for (const ModelFile& file : manifest.files) {
    if (file.path.starts_with(prefix)) result.files.push_back({file.path.substr(prefix.size()), file.members});
  }
  return result;
}

Model textual_join(const Model& manifest, const std::string& given) {
  Model result = manifest;
  const std::string prefix = normalised(given);
  if (prefix.empty()) return result;
  if (prefix.starts_with('/') || (prefix.size() > 1 && prefix[1] == ':')) result.style = PathStyle::kAbsolute;
  for (ModelDirectory& each : result.directories) each.path.insert(0, prefix + "/");
  for (ModelFile& file : result.files) file.path.insert(0, prefix + "/");
  return result;
}

std::vector<std::string> textual_roots(const Model& manifest) {
  if (manifest.files.empty()) return {};
  std::vector<std::string> roots;
  for (const ModelFile& file : manifest.files) {
    if (file.path.size() < 2 || file.path[1] != ':') continue;
    std::string drive = file.path.substr(0, 2);
    drive[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(drive[0])));
    if (std::find(roots.begin(), roots.end(), drive) == roots.end()) roots.push_back(drive);
  }
  if (!roots.empty()) return roots;
  std::string common = manifest.files.front().path;
  for (const ModelFile& file : manifest.files) {
    const auto [end, other] = std::mismatch(common.begin(), common.end(), file.path.begin(), file.path.end());
    common.erase(end, common.end());
  }
  common = common.substr(0, common.rfind('/') == std::string::npos ? 0 : common.rfind('/'));
  return {common.empty() ? "/" : common};
}

}  // namespace attache::vectors
