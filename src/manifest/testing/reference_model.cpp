#include "reference_model.hpp"

#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>

#include <algorithm>
#include <limits>

namespace attache::testing {

namespace {

// What an absolute path begins with, with its final slash: "/", "C:/", "//server/share/". Empty for other paths.
std::string start_of(std::string_view path) {
  const bool letter = !path.empty() && ((path[0] >= 'a' && path[0] <= 'z') || (path[0] >= 'A' && path[0] <= 'Z'));
  if (letter && path.size() >= 2 && path[1] == ':' && (path.size() == 2 || path[2] == '/')) {
    return std::string(path.substr(0, 2)) + "/";
  }
  if (path.substr(0, 2) == "//") {
    const std::size_t second = path.find('/', 2);
    if (second != std::string_view::npos && second > 2 && second + 1 < path.size()) {
      const std::size_t third = path.find('/', second + 1);
      return std::string(path.substr(0, third)) + "/";
    }
  }
  return path.substr(0, 1) == "/" ? "/" : "";
}

bool is_anchor(std::string_view path) {
  return !path.empty() && path.back() == '/';
}

bool live_below(const Model& model, const std::string& directory) {
  return std::any_of(model.files.begin(), model.files.end(),
                     [&](const auto& file) { return file.second.is_live() && is_below(file.first, directory); }) ||
         std::any_of(model.directories.begin(), model.directories.end(),
                     [&](const auto& other) { return !other.second && is_below(other.first, directory); });
}

bool live_file_at(const Model& model, const std::string& path) {
  const auto found = model.files.find(path);
  return found != model.files.end() && found->second.is_live();
}

std::vector<std::string> components_of(std::string_view text) {
  std::vector<std::string> components;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    components.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return components;
}

// The components that a path leads to, the start of an absolute one as the first; nothing if it leads out.
std::optional<std::vector<std::string>> led_to(std::string_view path) {
  const std::string start = start_of(path);
  std::vector<std::string> result;
  for (const std::string& component : components_of(path.substr(std::min(start.size(), path.size())))) {
    if (component == "..") {
      if (result.empty()) return std::nullopt;
      result.pop_back();
    } else if (!component.empty() && component != ".") {
      result.push_back(component);
    }
  }
  result.insert(result.begin(), start);
  return result;
}

std::string joined(const std::vector<std::string>& components, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < components.size(); ++i) text += (i == first ? "" : "/") + components[i];
  return text;
}

}  // namespace

std::string parent_of(std::string_view path, PathStyle style) {
  const std::string start = style == PathStyle::kAbsolute ? start_of(path) : "";
  if (path.size() <= start.size()) return {};
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {};
  return slash < start.size() ? start : std::string(path.substr(0, slash));
}

std::vector<std::string> ancestors_of(std::string_view path, PathStyle style) {
  std::vector<std::string> result;
  for (std::string at = parent_of(path, style); !at.empty() && !is_anchor(at); at = parent_of(at, style)) {
    result.insert(result.begin(), at);
  }
  return result;
}

std::string in_directory(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  return path += name;
}

bool is_below(std::string_view path, std::string_view directory) {
  // "/" does not hold what "//server/share/" begins, though its text does.
  if (directory == "/" && start_of(path) != "/") return false;
  const std::string prefix = in_directory(directory, "");
  return path.size() > prefix.size() && path.substr(0, prefix.size()) == prefix;
}

void complete(Model& model) {
  std::map<std::string, bool> missing;  // outermost first: a prefix comes before what begins with it
  const auto note = [&](const std::string& path) {
    for (const std::string& above : ancestors_of(path, model.style)) {
      if (model.directories.count(above) == 0) missing[above] = false;
    }
  };
  for (const auto& file : model.files) note(file.first);
  for (const auto& directory : model.directories) note(directory.first);
  const Model listed = model;
  for (const auto& entry : missing) {
    const std::string& path = entry.first;
    const auto parent = model.directories.find(parent_of(path, model.style));
    const bool in_deleted = parent != model.directories.end() && parent->second;
    model.directories[path] = !live_below(listed, path) && (in_deleted || live_file_at(model, path));
  }
}

bool is_writable(const Model& model) {
  std::uint64_t total = 0;
  const auto is_absolute = [](const std::string& path) { return !start_of(path).empty(); };
  for (const auto& [path, file] : model.files) {
    if (file.size > std::numeric_limits<std::uint64_t>::max() - total) return false;
    total += file.size;
    if (model.style == PathStyle::kAbsolute) continue;
    if (is_absolute(path)) return false;
    if (file.content != FileContent::kLink) continue;
    const std::string& target = file.target;
    if (is_absolute(target) || (target.size() >= 2 && target[1] == ':') || target.substr(0, 2) == "\\\\") return false;
    if (target[0] != '$' || target.find('/') == std::string::npos) continue;
    if (model.directories.count(target.substr(0, target.rfind('/'))) == 0) return false;
  }
  if (model.style == PathStyle::kAbsolute) return true;
  return std::none_of(model.directories.begin(), model.directories.end(),
                      [&](const auto& directory) { return is_absolute(directory.first); });
}

// --- diff, apply, compose --------------------------------------------------------------------------------------------

namespace {

bool differs(const ModelFile& a, const ModelFile& b, const ModelDiffOptions& options) {
  const bool link = a.content == FileContent::kLink;
  if (link != (b.content == FileContent::kLink)) return true;
  if (link) return a.target != b.target;
  if (a.size != b.size) return true;
  const auto [earlier, later] = std::minmax(a.mtime_us, b.mtime_us);
  if (later != earlier && later - 1 != earlier) return true;
  const bool same_hashes = a.content == b.content && a.hash == b.hash && a.chunks == b.chunks;
  if (!options.ignore_hashes && !same_hashes) return true;
  return !options.preserve_runnable && a.runnable != b.runnable;
}

// Deletions first. A diff keeps them; a snapshot carries them out, and a directory goes only when nothing is in it.
void delete_entries(Model& model, const Model& diff) {
  const bool keep = model.kind == ManifestKind::kDiff;
  for (const auto& [path, file] : diff.files) {
    if (file.is_live()) continue;
    if (keep) {
      model.files[path] = file;
    } else {
      model.files.erase(path);
    }
  }
  // From the innermost: what begins with a path comes after it.
  for (auto entry = diff.directories.rbegin(); entry != diff.directories.rend(); ++entry) {
    if (!entry->second) continue;
    if (keep) {
      model.directories[entry->first] = true;
    } else if (!live_below(model, entry->first)) {
      model.directories.erase(entry->first);
    }
  }
}

// A later layer's directory takes the place of a file, its file that of a directory with all that is in it. A directory
// that is deleted but has something live in it is made anew.
void bring(Model& model, const Model& layer) {
  for (const auto& [path, deleted] : layer.directories) {
    if (deleted && !live_below(layer, path)) continue;
    if (live_file_at(model, path)) model.files.erase(path);
    model.directories[path] = deleted && model.kind == ManifestKind::kDiff;
  }
  for (const auto& entry : layer.files) {
    const std::string& path = entry.first;
    if (!entry.second.is_live()) continue;
    model.files[path] = entry.second;
    // What was brought and is now buried is gone; what was deleted stays deleted.
    std::erase_if(model.files,
                  [&](const auto& other) { return is_below(other.first, path) && other.second.is_live(); });
    std::erase_if(model.directories, [&](const auto& other) {
      return (other.first == path || is_below(other.first, path)) && !other.second;
    });
  }
}

}  // namespace

Model model_diff(const Model& parent, const Model& current, const ModelDiffOptions& options) {
  Model diff{.style = current.style, .kind = ManifestKind::kDiff, .parent_hash = model_hash(parent)};
  for (const auto& [path, file] : current.files) {
    const auto before = parent.files.find(path);
    if (before == parent.files.end() || differs(before->second, file, options)) diff.files[path] = file;
  }
  for (const auto& file : parent.files) {
    if (current.files.count(file.first) == 0) diff.files[file.first] = ModelFile::deletion();
  }
  for (const auto& directory : current.directories) {
    if (parent.directories.count(directory.first) == 0) diff.directories[directory.first] = false;
  }
  for (const auto& directory : parent.directories) {
    if (current.directories.count(directory.first) == 0) diff.directories[directory.first] = true;
  }
  // So that a link's target that begins with '$' can be written, its directory is there; as it is in `current`.
  std::vector<std::string> needed;
  for (const auto& [path, file] : diff.files) {
    if (file.content != FileContent::kLink || file.target.substr(0, 1) != "$") continue;
    const std::size_t slash = file.target.rfind('/');
    if (slash == std::string::npos || current.directories.count(file.target.substr(0, slash)) == 0) continue;
    needed.push_back(file.target.substr(0, slash));
  }
  for (const std::string& path : needed) diff.directories[path] = false;
  complete(diff);
  return diff;
}

Model model_apply(Model base, const Model& diff) {
  delete_entries(base, diff);
  bring(base, diff);
  return base;
}

Model model_compose(const std::vector<Model>& layers) {
  Model result = layers.front();
  for (std::size_t i = 1; i < layers.size(); ++i) {
    delete_entries(result, layers[i]);
    bring(result, layers[i]);
    complete(result);
  }
  return result;
}

Model model_merge(std::vector<std::pair<Model, std::int64_t>> manifests) {
  std::stable_sort(manifests.begin(), manifests.end(),
                   [](const auto& a, const auto& b) { return a.second < b.second; });
  std::vector<Model> layers;
  for (auto& manifest : manifests) layers.push_back(std::move(manifest.first));
  return model_compose(layers);
}

Model model_filter(const Model& model, const std::function<bool(const std::string&, const ModelFile*)>& accepts) {
  Model result{.style = model.style, .kind = model.kind, .parent_hash = model.parent_hash};
  const auto keep_above = [&](const std::string& path) {
    for (const std::string& above : ancestors_of(path, model.style)) {
      result.directories[above] = model.directories.at(above);
    }
  };
  for (const auto& [path, file] : model.files) {
    if (!accepts(path, &file)) continue;
    result.files[path] = file;
    keep_above(path);
  }
  for (const auto& [path, deleted] : model.directories) {
    const auto is_inside = [&, at = path](const auto& other) { return is_below(other.first, at); };
    if (std::any_of(model.files.begin(), model.files.end(), is_inside)) continue;
    if (std::any_of(model.directories.begin(), model.directories.end(), is_inside)) continue;
    if (!accepts(path, nullptr)) continue;
    result.directories[path] = deleted;
    keep_above(path);
  }
  return result;
}

// --- parts -----------------------------------------------------------------------------------------------------------

namespace {

// The target of a link in a part; nothing if it lies outside.
std::optional<std::string> cut_target(const std::string& target, const std::string& directory) {
  if (directory.empty()) return target;
  const auto place = led_to(target);
  const std::vector<std::string> inside = *led_to(directory);
  if (!place || place->size() < inside.size() || !std::equal(inside.begin(), inside.end(), place->begin())) {
    return std::nullopt;
  }
  // As it is written, if it is written as a path in the directory; else where it leads.
  const std::string prefix = in_directory(directory, "");
  if (target.size() > prefix.size() && target.substr(0, prefix.size()) == prefix) {
    const std::string rest = target.substr(prefix.size());
    if (start_of(rest).empty() && led_to(rest)) return rest;
  }
  const std::string rest = place->size() == inside.size() ? "." : joined(*place, inside.size());
  // "C:" in the directory cannot be said in a relative manifest.
  return start_of(rest).empty() ? std::optional(rest) : std::nullopt;
}

}  // namespace

Result<ModelCut> model_subtree(const Model& model, const std::string& directory, bool exclude_links) {
  ModelCut result{.model = {.kind = model.kind, .parent_hash = model.parent_hash}, .excluded = {}};
  const std::size_t prefix = in_directory(directory, "").size();
  for (const auto& [path, deleted] : model.directories) {
    if (is_below(path, directory)) result.model.directories[path.substr(prefix)] = deleted;
  }
  for (const auto& [path, file] : model.files) {
    if (!is_below(path, directory)) continue;
    // A path that cannot stand in the part is refused, even that of a link that would be left out.
    if (!start_of(path.substr(prefix)).empty()) return fail(ErrorCode::kInvalidManifest, path);
    ModelFile copy = file;
    if (file.content == FileContent::kLink) {
      const auto target = cut_target(file.target, directory);
      if (!target) {
        if (!exclude_links) return fail(ErrorCode::kOutsideRoot, path);
        result.excluded.push_back(path);
        continue;
      }
      copy.target = *target;
    }
    result.model.files[path.substr(prefix)] = copy;
  }
  return result;
}

Result<ModelCut> model_to_relative(const Model& model, const std::string& root, bool exclude_links) {
  for (const auto& file : model.files) {
    if (!is_below(file.first, root)) return fail(ErrorCode::kOutsideRoot, file.first);
  }
  for (const auto& [path, deleted] : model.directories) {
    if (path != root && !is_below(path, root) && !is_below(root, path)) return fail(ErrorCode::kOutsideRoot, path);
  }
  return model_subtree(model, root, exclude_links);
}

Result<ModelParts> model_partition(const Model& model, std::vector<std::string> roots,
                                   const std::vector<std::string>& referenced, bool exclude_links) {
  for (std::size_t i = 0; i < roots.size(); ++i) {
    for (std::size_t j = 0; j < roots.size(); ++j) {
      if (i != j && (roots[i] == roots[j] || is_below(roots[i], roots[j]))) {
        return fail(ErrorCode::kInvalidArgument, roots[i]);
      }
    }
  }
  if (roots.empty()) {
    std::map<std::string, std::vector<std::string>> common;  // components of the root by start
    const auto path_to_start = [](const std::vector<std::string>& path) { return std::vector{path.front()}; };
    const auto hold = [&](const std::string& directory) {
      const std::vector<std::string> path = *led_to(directory);
      // Drives and shares are roots themselves.
      auto& root = common.try_emplace(path.front(), path.front() == "/" ? path : path_to_start(path)).first->second;
      const auto end = std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first;
      root.erase(end, root.end());
    };
    for (const auto& file : model.files) hold(parent_of(file.first, model.style));
    for (const auto& [path, deleted] : model.directories) {
      const auto is_inside = [&, at = path](const auto& other) { return is_below(other.first, at); };
      const bool empty = std::none_of(model.files.begin(), model.files.end(), is_inside) &&
                         std::none_of(model.directories.begin(), model.directories.end(), is_inside);
      if (empty || deleted) hold(parent_of(path, model.style));
    }
    for (const std::string& path : referenced) {
      if (common.count(start_of(path)) != 0) hold(path);
    }
    for (const auto& [start, root] : common) roots.push_back(start + joined(root, 1));
  }
  ModelParts parts;
  for (std::string root : roots) {
    auto part = model_subtree(model, root, exclude_links);
    if (!part) return fail(part.error());
    parts.excluded.insert(parts.excluded.end(), part->excluded.begin(), part->excluded.end());
    if (part->model.files.empty() && part->model.directories.empty()) continue;
    if (root.size() > 1 && root.back() == '/') root.pop_back();
    parts.by_root[root] = std::move(part->model);
  }
  std::sort(parts.excluded.begin(), parts.excluded.end());
  return parts;
}

Model model_join(const Model& model, const std::string& directory, PathStyle style) {
  Model result{.style = style, .kind = model.kind, .parent_hash = model.parent_hash};
  for (const auto& [path, deleted] : model.directories) result.directories[in_directory(directory, path)] = deleted;
  for (const auto& [path, file] : model.files) {
    ModelFile& copy = result.files[in_directory(directory, path)] = file;
    if (file.content == FileContent::kLink) copy.target = in_directory(directory, file.target);
  }
  complete(result);
  return result;
}

}  // namespace attache::testing
