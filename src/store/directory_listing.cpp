#include "directory_listing.hpp"

#include <attache/store/object_rules.hpp>

#include "store_common.hpp"

#include <inttypes.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace attache {

void describe_file(ObjectInfo& info, const FileStatus& status) {
  info.size = status.size;
  info.last_modified_us = status.mtime_us();
  // A new version is a new file, made while the old one was still there: two versions that follow each other differ in
  // their inode already. Time and size are for those further apart.
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%" PRIx64 "-%" PRIx64 "-%" PRIx64, status.inode,
                                   static_cast<std::uint64_t>(status.mtime_ns), status.size);
  info.etag.assign(text.data(), static_cast<std::size_t>(length));
}

Result<std::optional<RootDirectory>> existing_store_root(const std::string& path) {
  Result<RootDirectory> root = RootDirectory::open(path);
  if (root) return *std::move(root);
  if (root.error().code() != ErrorCode::kNotFound) return fail(std::move(root).error());
  // "Not found" is also said of a file or a FIFO, which must not pass for an empty store.
  const Result<File> file = File::open_for_reading(path);
  if (!file && file.error().code() == ErrorCode::kNotFound) return std::nullopt;
  return fail(std::move(root).error());
}

Result<ListPage> DirectoryListing::run() {
  ATTACHE_TRY(visit(""));
  return std::move(page_);
}

/// `directory` is empty or ends with `/`. Byte order of whole keys is the order of a walk in which a directory sorts as
/// its name with the slash: `a-b` comes before `a/c`, because `-` is less than `/`.
Status DirectoryListing::visit(const std::string& directory) {
  if (stop_.stop_requested()) return cancelled();
  ATTACHE_ASSIGN(const std::vector<DirectoryEntry> all, entries(directory));
  std::vector<std::string> keys;
  for (const DirectoryEntry& entry : all) {
    if (entry.kind == FileKind::kOther) continue;
    std::string key = directory + entry.name;
    // Temporary files, metadata, and whatever else was not put here as an object.
    if (!check_object_key(key)) continue;
    const bool is_directory = entry.kind == FileKind::kDirectory;
    if (is_directory) key += '/';
    const bool wanted =
        is_directory ? may_hold_wanted_keys(key) : key.starts_with(prefix_) && key > options_.start_after;
    if (wanted) keys.push_back(std::move(key));
  }
  std::ranges::sort(keys);
  for (std::string& key : keys) {
    if (is_rolled_up(key)) continue;
    if (key.ends_with('/')) {
      ATTACHE_TRY(visit(key));
    } else {
      ATTACHE_TRY(add(std::move(key)));
    }
    // The first object of a directory may stand for all of it.
    if (page_.more || is_rolled_up(directory)) return {};
  }
  return {};
}

bool DirectoryListing::is_rolled_up(std::string_view text) const {
  const std::optional<std::string_view> common = common_prefix(text, prefix_, options_);
  if (!common) return false;
  return *common <= options_.start_after || (!page_.prefixes.empty() && *common == page_.prefixes.back());
}

/// Leaves out what has no size: a file removed since, a link to a directory, to nothing or out of the root.
Status DirectoryListing::add(std::string key) {
  if (stop_.stop_requested()) return cancelled();
  ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(key));
  const Result<std::optional<FileStatus>> status = root_.stat(path);
  if (!status && status.error().code() != ErrorCode::kOutsideRoot) return fail(status.error());
  if (!status || !*status || (*status)->kind != FileKind::kRegular) return {};
  if (is_full()) {
    page_.more = true;
    return {};
  }
  if (const std::optional<std::string_view> common = common_prefix(key, prefix_, options_)) {
    page_.prefixes.emplace_back(*common);
    return {};
  }
  ObjectInfo& info = page_.objects.emplace_back();
  info.key = std::move(key);
  describe_file(info, **status);
  return {};
}

Result<std::vector<DirectoryEntry>> DirectoryListing::entries(const std::string& directory) const {
  if (directory.empty()) {
    ATTACHE_ASSIGN(Directory root, Directory::open(root_.path()));
    return root.entries();
  }
  ATTACHE_ASSIGN(const RelativePath path,
                 RelativePath::parse(std::string_view(directory).substr(0, directory.size() - 1)));
  ATTACHE_ASSIGN(std::optional<std::vector<DirectoryEntry>> found, root_.entries(path));
  return found ? *std::move(found) : std::vector<DirectoryEntry>{};
}

bool DirectoryListing::may_hold_wanted_keys(std::string_view directory) const {
  if (!directory.starts_with(prefix_) && !prefix_.starts_with(directory)) return false;
  // Every key below is at most start_after if that is greater than the directory and not below it.
  return options_.start_after < directory || std::string_view(options_.start_after).starts_with(directory);
}

}  // namespace attache
