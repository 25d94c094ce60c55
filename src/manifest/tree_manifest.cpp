#include <attache/base/text.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include "absolute_path.hpp"
#include "side_data.hpp"

#include <algorithm>

namespace attache {

void TreeManifest::read_side_data(const FileRecord& record, FileData& data) const {
  const detail::SideData side = detail::side_data(record.hash);
  if (data.content == FileContent::kChunks) {
    data.chunks = std::span(chunks_).subspan(side.offset, side.length);
  } else {
    data.link_target = {text_.data() + side.offset, static_cast<std::size_t>(side.length)};
  }
}

ManifestTotals TreeManifest::totals() const {
  ManifestTotals totals;
  totals.bytes = total_size_;
  for (const FileRecord& record : files_) {
    switch (record.content()) {
      case FileContent::kLink:
        ++totals.links;
        continue;
      case FileContent::kDeleted:
        ++totals.deleted_files;
        continue;
      case FileContent::kChunks:
        ++totals.chunked_files;
        break;
      case FileContent::kUnhashed:
        ++totals.unhashed_files;
        break;
      case FileContent::kHash:
        break;
    }
    ++totals.files;
    if ((record.length_and_flags & FileRecord::kRunnable) != 0) ++totals.runnable_files;
  }
  for (std::size_t i = 1; i < directory_count(); ++i) {
    if (directories_[i].has(DirectoryRecord::kAnchor)) continue;
    ++(directories_[i].has(DirectoryRecord::kDeleted) ? totals.deleted_directories : totals.directories);
  }
  return totals;
}

void TreeManifest::append_path(std::string& out, DirectoryId id) const {
  // The length first, then the components from the last to the first: no list of them is needed.
  std::size_t length = 0;
  const auto separators = [](const DirectoryRecord& record, const DirectoryRecord& parent, bool top) -> std::size_t {
    return top || parent.has(DirectoryRecord::kAnchor) || record.has(DirectoryRecord::kAnchor) ? 0 : 1;
  };
  for (auto at = static_cast<std::uint32_t>(id); at != 0; at = directories_[at].parent) {
    const DirectoryRecord& record = directories_[at];
    length += name_of(record).size() + separators(record, directories_[record.parent], record.parent == 0);
  }
  std::size_t end = out.size() + length;
  out.resize(end);
  for (auto at = static_cast<std::uint32_t>(id); at != 0; at = directories_[at].parent) {
    const DirectoryRecord& record = directories_[at];
    const std::string_view name = name_of(record);
    end -= name.size();
    std::copy(name.begin(), name.end(), out.begin() + static_cast<std::ptrdiff_t>(end));
    if (separators(record, directories_[record.parent], record.parent == 0) != 0) out[--end] = '/';
  }
}

std::string TreeManifest::path_of(DirectoryId id) const {
  std::string path;
  append_path(path, id);
  return path;
}

std::string TreeManifest::path_of(const FileEntry& file) const {
  std::string path;
  append_path(path, file.directory);
  if (file.directory != DirectoryId::kRoot && !directory(file.directory).is_anchor) path.push_back('/');
  path.append(file.name);
  return path;
}

std::optional<DirectoryId> TreeManifest::find_child(DirectoryId directory, std::string_view name) const {
  const std::span<const DirectoryId> children = directories_in(directory);
  const auto found = std::lower_bound(children.begin(), children.end(), name,
                                      [this](DirectoryId id, auto wanted) { return name_of(record_of(id)) < wanted; });
  if (found == children.end() || name_of(record_of(*found)) != name) return std::nullopt;
  return *found;
}

std::optional<std::size_t> TreeManifest::find_file(DirectoryId directory, std::string_view name) const {
  const FileRange range = files_in(directory);
  const auto first = files_.begin() + static_cast<std::ptrdiff_t>(range.first);
  const auto last = files_.begin() + static_cast<std::ptrdiff_t>(range.last);
  const auto found = std::lower_bound(first, last, name, [this](const FileRecord& record, std::string_view wanted) {
    return compare_utf16(name_of(record), wanted) < 0;
  });
  if (found == last || name_of(*found) != name) return std::nullopt;
  return static_cast<std::size_t>(found - files_.begin());
}

std::optional<DirectoryId> TreeManifest::find_directory(std::string_view path) const {
  DirectoryId at = DirectoryId::kRoot;
  std::string_view rest = path;
  if (style_ == PathStyle::kAbsolute) {
    const auto prefix = detail::split_absolute(path);
    if (!prefix) return path.empty() ? std::optional(at) : std::nullopt;
    std::string first(prefix->start);
    if (!first.ends_with('/')) first.push_back('/');
    auto anchor = find_child(at, first);
    if (anchor && !prefix->share.empty()) anchor = find_child(*anchor, std::string(prefix->share) + "/");
    if (!anchor) return std::nullopt;
    at = *anchor;
    rest = prefix->rest;
  }
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const auto next = find_child(at, rest.substr(0, slash));
    if (!next || slash + 1 == rest.size()) return std::nullopt;  // a final slash is part of no path
    at = *next;
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  return at;
}

std::optional<std::size_t> TreeManifest::find_file(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  std::string_view directory;
  std::string_view name = path;
  if (slash != std::string_view::npos) {
    name = path.substr(slash + 1);
    directory = path.substr(0, slash);
    // The first components of an absolute path keep their slash: "/a" lies in "/".
    if (directory.empty()) {
      if (style_ == PathStyle::kRelative) return std::nullopt;
      directory = "/";
    }
  }
  const auto found = find_directory(directory);
  if (!found || name.empty()) return std::nullopt;
  return find_file(*found, name);
}

}  // namespace attache
