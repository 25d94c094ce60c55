#include "directory_listing.hpp"

#include <attache/store/object_rules.hpp>

#include "store_common.hpp"

#include <inttypes.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace attache {

namespace {

/// Of a directory, not the root, that ends with `/`.
Result<RelativePath> path_of(std::string_view directory) {
  return RelativePath::parse(directory.substr(0, directory.size() - 1));
}

}  // namespace

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

Result<std::vector<DirectoryEntry>> store_entries(const RootDirectory& root, const std::string& directory) {
  if (directory.empty()) {
    ATTACHE_ASSIGN(Directory top, Directory::open(root.path()));
    return top.entries();
  }
  ATTACHE_ASSIGN(const RelativePath path, path_of(directory));
  ATTACHE_ASSIGN(std::optional<std::vector<DirectoryEntry>> found, root.entries(path));
  return found ? *std::move(found) : std::vector<DirectoryEntry>{};
}

Result<ListPage> DirectoryListing::run() {
  ATTACHE_TRY(visit(""));
  return std::move(page_);
}

std::shared_ptr<const DirectoryWindow> KeptWindow::find(const std::string& directory, std::string_view prefix,
                                                        const FileStatus& status, std::string_view after,
                                                        bool with_holder) const {
  const std::lock_guard lock(mutex_);
  if (!window_ || window_->directory != directory || window_->prefix != prefix ||
      !window_->status.same_version_as(status) || after < window_->after) {
    return nullptr;
  }
  // A window that begins behind a directory does not have it.
  if (with_holder && window_->after.ends_with('/') && after.starts_with(window_->after)) return nullptr;
  return window_->more && after >= window_->keys.back() ? nullptr : window_;
}

void KeptWindow::keep(std::shared_ptr<const DirectoryWindow> window) {
  const std::lock_guard lock(mutex_);
  window_ = std::move(window);
}

/// `directory` is empty or ends with `/`. Byte order of whole keys is the order of a walk in which a directory sorts as
/// its name with the slash: `a-b` comes before `a/c`, because `-` is less than `/`.
Status DirectoryListing::visit(const std::string& directory) {
  std::string after = options_.start_after;
  for (bool is_first = true;; is_first = false) {
    ATTACHE_ASSIGN(const auto window, window_of(directory, after, is_first));
    auto key = std::ranges::upper_bound(window->keys, after);
    // Of a directory that holds `after`, what is behind it is wanted.
    if (is_first && key != window->keys.begin() && key[-1].ends_with('/') && after.starts_with(key[-1])) --key;
    for (; key != window->keys.end(); ++key) {
      if (is_rolled_up(*key)) continue;
      if (key->ends_with('/')) {
        ATTACHE_TRY(visit(*key));
      } else {
        ATTACHE_TRY(add(*key));
      }
      // The first object of a directory may stand for all of it.
      if (page_.more || is_rolled_up(directory)) return {};
    }
    if (!window->more) return {};
    after = window->keys.back();
  }
}

/// The next keys behind `after`; with `with_holder` also the directory that holds it.
Result<std::shared_ptr<const DirectoryWindow>> DirectoryListing::window_of(const std::string& directory,
                                                                           const std::string& after,
                                                                           bool with_holder) const {
  if (stop_.stop_requested()) return cancelled();
  const std::optional<FileStatus> status = status_of(directory);
  if (status) {
    if (auto kept = kept_.find(directory, prefix_, *status, after, with_holder)) return kept;
  }
  const auto window = std::make_shared<DirectoryWindow>();
  ATTACHE_ASSIGN(const std::vector<DirectoryEntry> all, store_entries(root_, directory));
  for (const DirectoryEntry& entry : all) {
    if (entry.kind == FileKind::kOther) continue;
    std::string key = directory + entry.name;
    // Temporary files, metadata, and whatever else was not put here as an object.
    if (!check_object_key(key)) continue;
    const bool is_directory = entry.kind == FileKind::kDirectory;
    if (is_directory) key += '/';
    if (!key.starts_with(prefix_) && !(is_directory && prefix_.starts_with(key))) continue;
    // A key below a directory is at most `after` if that is greater than the directory and not below it.
    if (key <= after && !(with_holder && is_directory && after.starts_with(key))) continue;
    window->keys.push_back(std::move(key));
  }
  const KeptWindow::Limits& limits = kept_.limits();
  if (window->keys.size() > limits.keys) {
    std::ranges::nth_element(window->keys, window->keys.begin() + static_cast<std::ptrdiff_t>(limits.keys));
    window->keys.resize(limits.keys);
    window->more = true;
  }
  std::ranges::sort(window->keys);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  if (status && all.size() >= limits.worth_keeping &&
      std::chrono::nanoseconds(status->ctime_ns) + limits.settled < now) {
    if (const auto status_now = status_of(directory); status_now && status_now->same_version_as(*status)) {
      window->directory = directory;
      window->prefix = prefix_;
      window->status = *status;
      window->after = after;
      kept_.keep(window);
    }
  }
  return window;
}

/// Nothing of the store's root, which is never large.
std::optional<FileStatus> DirectoryListing::status_of(const std::string& directory) const {
  if (directory.empty()) return std::nullopt;
  const auto path = path_of(directory);
  if (!path) return std::nullopt;
  const auto status = root_.stat(*path);
  return status ? *status : std::nullopt;
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

}  // namespace attache
