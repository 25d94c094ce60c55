#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations.hpp>

#include "absolute_path.hpp"
#include "decode_support.hpp"
#include "operation_support.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

namespace {

constexpr const char* kWritePath = "write the path as it is in the manifest, with '/' between its components";

tl::unexpected<Error> refuse_path(std::string_view path, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("path {} {}", detail::quoted(path), what), kWritePath);
}

// A directory as a caller names it, checked and in the form that path_of() gives: "a/b", "/a", "/", "C:/", "C:/a".
Result<std::string> directory_path(std::string_view given, PathStyle style) {
  if (!is_wtf8(given)) return refuse_path(given, "is not valid text");
  std::string path = detail::normalised(given);
  if (style == PathStyle::kAbsolute && path.empty() && !given.empty()) path = "/";
  if (path.empty() && style == PathStyle::kRelative && given.empty()) return path;
  // An assembler knows what a path may look like.
  TreeAssembler scratch(style, ManifestKind::kSnapshot);
  TreeAssembler::Place place;
  if (auto fault = scratch.place(path, TreeAssembler::kRoot, place)) return refuse_path(given, fault->what);
  return scratch.path_of(place.name.empty() ? place.directory : scratch.intern(place.directory, place.name));
}

// Links of a part: targets lose what the paths lose, and must not lead out.
class TargetStripper {
 public:
  TargetStripper(const TreeManifest& manifest, const std::string& directory, const CutOptions& options)
      : manifest_(manifest), directory_(directory), prefix_(detail::as_prefix(directory)), options_(options) {}

  Result<bool> operator()(const FileEntry& link, std::string& target) const {
    if (prefix_.empty()) return true;
    if (target.starts_with(prefix_)) {
      const std::string rest = target.substr(prefix_.size());
      // "p/../x" begins like a path in p, and is none.
      if (!rest.empty() && !detail::split_absolute(rest) && detail::resolved(rest)) {
        target = rest;
        return true;
      }
    }
    const auto clean = detail::resolved(target);
    if (clean && *clean == directory_) {
      target = ".";
      return true;
    }
    if (clean && clean->starts_with(prefix_) && clean->size() > prefix_.size() &&
        !detail::split_absolute(clean->substr(prefix_.size()))) {
      target = clean->substr(prefix_.size());
      return true;
    }
    const std::string path = manifest_.path_of(link);
    if (options_.links == LinkPolicy::kExclude) {
      if (options_.excluded != nullptr) options_.excluded->push_back(path);
      return false;
    }
    return fail(ErrorCode::kOutsideRoot,
                fmt::format("the link {} leads to {}, which is outside of {}", detail::quoted(path),
                            detail::quoted(link.data.link_target), detail::quoted(directory_)),
                "choose a directory that holds both, or leave such links out");
  }

 private:
  const TreeManifest& manifest_;
  const std::string& directory_;
  std::string prefix_;
  const CutOptions& options_;
};

template <typename M>
Result<M> finish_with_parent(TreeAssembler&& made, const TreeManifest& source) {
  if (source.parent_hash()) made.set_parent_hash(*source.parent_hash());
  return detail::finish_operation<M>(std::move(made));
}

// What lies below `directory`, whose path is given, relative to it.
template <typename M>
Result<RelativeOf<M>> cut(const M& manifest, std::optional<DirectoryId> directory, const std::string& path,
                          const CutOptions& options) {
  TreeAssembler made(PathStyle::kRelative, M::kKind);
  if (directory) {
    ATTACHE_TRY(
        detail::copy_below(manifest, *directory, made, TreeAssembler::kRoot, TargetStripper(manifest, path, options)));
  }
  return finish_with_parent<RelativeOf<M>>(std::move(made), manifest);
}

bool has_entries(const TreeManifest& manifest) {
  if (manifest.file_count() > 0) return true;
  for (std::size_t i = 1; i < manifest.directory_count(); ++i) {
    if (!manifest.directory(static_cast<DirectoryId>(i)).is_anchor) return true;
  }
  return false;
}

// Whether all entries lie in a directory, or are it or above it.
bool holds_everything(const TreeManifest& manifest, DirectoryId directory) {
  for (const DirectoryId child : manifest.directories_in(directory)) {
    if (manifest.directory(child).is_anchor) return false;  // a share does not lie in "/"
  }
  for (DirectoryId at = directory; at != DirectoryId::kRoot;) {
    const DirectoryId parent = manifest.directory(at).parent;
    if (manifest.files_in(parent).size() > 0 || manifest.directories_in(parent).size() != 1) return false;
    at = parent;
  }
  return true;
}

// The same for a directory that is not there: then nothing may lie below those above it either.
bool leads_nowhere_else(const TreeManifest& manifest, std::string_view directory) {
  if (!has_entries(manifest)) return true;
  std::string_view above = directory;
  for (std::size_t slash = above.rfind('/'); slash != std::string_view::npos; slash = above.rfind('/')) {
    above = above.substr(0, slash);
    const auto found = manifest.find_directory(above.empty() ? "/" : above);
    if (!found) continue;
    return manifest.files_in(*found).size() == 0 && manifest.directories_in(*found).empty() &&
           holds_everything(manifest, *found);
  }
  return false;
}

// --- partition -------------------------------------------------------------------------------------------------------

// Where the paths of one file system begin: a root's child, or a share's anchor.
std::vector<DirectoryId> file_systems(const TreeManifest& manifest) {
  std::vector<DirectoryId> found;
  for (std::size_t i = 1; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (manifest.directory(id).is_anchor) found.push_back(id);
  }
  return found;
}

// The deepest directory that holds all entries of `/`, or `/` itself if there is none; a drive or a share is a root as
// it is, for that is what a user of Windows has in mind.
DirectoryId deepest_common(const TreeManifest& manifest, DirectoryId anchor) {
  DirectoryId at = anchor;
  if (manifest.directory(anchor).name != "/") return at;
  for (;;) {
    if (manifest.files_in(at).size() > 0) return at;
    std::optional<DirectoryId> only;
    for (const DirectoryId child : manifest.directories_in(at)) {
      if (manifest.directory(child).is_anchor) continue;  // a share is a file system of its own
      if (only) return at;
      only = child;
    }
    if (!only) return at;
    // An empty or deleted directory is an entry itself: it must lie in the part.
    const bool empty = manifest.files_in(*only).size() == 0 && manifest.directories_in(*only).empty();
    if (empty || manifest.directory(*only).deleted) return at;
    at = *only;
  }
}

// How much of `root` a path shares, by components: an ancestor of `root` or itself.
std::string common_directory(const std::string& root, const std::string& path) {
  const std::string a = detail::as_prefix(root);
  const std::string b = detail::as_prefix(path);
  if (a.starts_with("//") != b.starts_with("//")) return {};  // a share, and a path in "/"
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t same = 0;
  while (same < shorter && a[same] == b[same]) ++same;
  const std::size_t slash = a.rfind('/', same == 0 ? 0 : same - 1);
  if (same == 0 || slash == std::string::npos) return {};
  return a.substr(0, slash + 1);  // with its slash
}

std::string without_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

template <typename M>
Result<std::vector<std::string>> automatic_roots(const M& manifest, const PartitionOptions& options) {
  std::vector<std::string> referenced;
  for (const std::string& path : options.referenced_paths) {
    ATTACHE_ASSIGN(std::string clean, directory_path(path, PathStyle::kAbsolute));
    referenced.push_back(std::move(clean));
  }
  std::vector<std::string> roots;
  for (const DirectoryId anchor : file_systems(manifest)) {
    const std::string start = manifest.path_of(anchor);
    std::string root = manifest.path_of(deepest_common(manifest, anchor));
    for (const std::string& path : referenced) {
      const std::string common = common_directory(root, path);
      // Paths of another file system share less than the place where this one begins.
      if (common.size() >= start.size()) root = without_slash(common);
    }
    roots.push_back(std::move(root));
  }
  return roots;
}

Result<std::vector<std::string>> given_roots(const std::vector<std::string>& roots) {
  std::vector<std::string> clean;
  for (const std::string& root : roots) {
    ATTACHE_ASSIGN(std::string path, directory_path(root, PathStyle::kAbsolute));
    clean.push_back(std::move(path));
  }
  std::vector<std::string> prefixes;
  prefixes.reserve(clean.size());
  for (const std::string& root : clean) prefixes.push_back(detail::as_prefix(root));
  std::sort(prefixes.begin(), prefixes.end());
  for (std::size_t i = 1; i < prefixes.size(); ++i) {
    // "/" and a share are different file systems, though one text begins with the other.
    const bool share = prefixes[i].starts_with("//") && !prefixes[i - 1].starts_with("//");
    if (!prefixes[i].starts_with(prefixes[i - 1]) || share) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the root {} lies in the root {}", detail::quoted(without_slash(prefixes[i])),
                            detail::quoted(without_slash(prefixes[i - 1]))),
                "give roots of which none holds another");
  }
  return clean;
}

template <typename M>
Result<RelativeOf<M>> subtree_of(const M& manifest, std::string_view path, const CutOptions& options) {
  const bool is_absolute = detail::split_absolute(detail::normalised(path) + "/").has_value();
  if (is_absolute != (M::kStyle == PathStyle::kAbsolute)) {
    // No directory has a path of the other style; empty, which gives everything, is the exception.
    if (!path.empty()) return cut(manifest, std::nullopt, {}, options);
  }
  ATTACHE_ASSIGN(const std::string directory, directory_path(path, M::kStyle));
  return cut(manifest, manifest.find_directory(directory), directory, options);
}

template <typename M>
Result<RelativeOf<M>> to_relative_of(const M& manifest, std::string_view root, const CutOptions& options) {
  ATTACHE_ASSIGN(const std::string directory, directory_path(root, M::kStyle));
  const auto found = manifest.find_directory(directory);
  if (found ? !holds_everything(manifest, *found) : !leads_nowhere_else(manifest, directory)) {
    return fail(ErrorCode::kOutsideRoot,
                fmt::format("not everything lies below the root {}", detail::quoted(without_slash(directory))),
                "give a root that holds all paths, or cut the manifest with partition or subtree");
  }
  return cut(manifest, found, directory, options);
}

template <typename M>
Result<std::vector<Part<RelativeOf<M>>>> partition_of(const M& manifest, const PartitionOptions& options) {
  ATTACHE_ASSIGN(std::vector<std::string> roots,
                 options.roots.empty() ? automatic_roots(manifest, options) : given_roots(options.roots));
  std::vector<Part<RelativeOf<M>>> parts;
  for (const std::string& root : roots) {
    const auto found = manifest.find_directory(root);
    if (!found) continue;
    ATTACHE_ASSIGN(RelativeOf<M> part, cut(manifest, found, root, options.cut));
    if (has_entries(part)) parts.push_back({without_slash(root), std::move(part)});
  }
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.root < b.root; });
  return parts;
}

template <typename To, typename M>
Result<To> moved_below(const M& manifest, std::string_view given) {
  ATTACHE_ASSIGN(const std::string path, directory_path(given, To::kStyle));
  TreeAssembler made(To::kStyle, To::kKind);
  if (has_entries(manifest)) {
    std::uint32_t directory = TreeAssembler::kRoot;
    if (!path.empty()) {
      TreeAssembler::Place place;
      if (auto fault = made.place(path, TreeAssembler::kRoot, place)) return refuse_path(given, fault->what);
      directory = place.name.empty() ? place.directory : made.intern(place.directory, place.name);
    }
    const std::string prefix = detail::as_prefix(path);
    const auto change = [&](const FileEntry& link, std::string& target) -> Result<bool> {
      target.insert(0, prefix);
      if (target.size() <= kMaxLinkTargetBytes) return true;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the target of the link {} would be longer than 65535 bytes",
                              detail::quoted(manifest.path_of(link))),
                  "use a shorter path");
    };
    ATTACHE_TRY(detail::copy_below(manifest, DirectoryId::kRoot, made, directory, change));
  }
  return finish_with_parent<To>(std::move(made), manifest);
}

}  // namespace

template <typename M>
Result<RelativeOf<M>> subtree(const M& manifest, std::string_view path, const CutOptions& options) {
  return detail::guarded([&] { return subtree_of(manifest, path, options); });
}

template <typename M>
Result<RelativeOf<M>> to_relative(const M& manifest, std::string_view root, const CutOptions& options) {
  static_assert(M::kStyle == PathStyle::kAbsolute);
  return detail::guarded([&] { return to_relative_of(manifest, root, options); });
}

template <typename M>
Result<std::vector<Part<RelativeOf<M>>>> partition(const M& manifest, const PartitionOptions& options) {
  static_assert(M::kStyle == PathStyle::kAbsolute);
  return detail::guarded([&] { return partition_of(manifest, options); });
}

template <typename M>
Result<M> join(const M& manifest, std::string_view prefix) {
  static_assert(M::kStyle == PathStyle::kRelative);
  return detail::guarded([&] { return moved_below<M>(manifest, prefix); });
}

template <typename M>
Result<AbsoluteOf<M>> to_absolute(const M& manifest, std::string_view root) {
  static_assert(M::kStyle == PathStyle::kRelative);
  return detail::guarded([&] { return moved_below<AbsoluteOf<M>>(manifest, root); });
}

template Result<Snapshot> subtree(const Snapshot&, std::string_view, const CutOptions&);
template Result<Snapshot> subtree(const AbsSnapshot&, std::string_view, const CutOptions&);
template Result<SnapshotDiff> subtree(const SnapshotDiff&, std::string_view, const CutOptions&);
template Result<SnapshotDiff> subtree(const AbsSnapshotDiff&, std::string_view, const CutOptions&);
template Result<Snapshot> to_relative(const AbsSnapshot&, std::string_view, const CutOptions&);
template Result<SnapshotDiff> to_relative(const AbsSnapshotDiff&, std::string_view, const CutOptions&);
template Result<std::vector<Part<Snapshot>>> partition(const AbsSnapshot&, const PartitionOptions&);
template Result<std::vector<Part<SnapshotDiff>>> partition(const AbsSnapshotDiff&, const PartitionOptions&);
template Result<Snapshot> join(const Snapshot&, std::string_view);
template Result<SnapshotDiff> join(const SnapshotDiff&, std::string_view);
template Result<AbsSnapshot> to_absolute(const Snapshot&, std::string_view);
template Result<AbsSnapshotDiff> to_absolute(const SnapshotDiff&, std::string_view);

}  // namespace attache
