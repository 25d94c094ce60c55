#include "download_plan.hpp"

#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/hash/xxh3.hpp>

#include "content_index.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace attache {

namespace {

constexpr const char* kMakeAgain = "make the manifest again from the original files";

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory);
}

Result<std::string> native_name(std::string_view name, std::string_view path) {
  auto bytes = to_posix_bytes(name);
  if (bytes) return *std::move(bytes);
  return fail(ErrorCode::kInvalidArgument,
              "path '" + printable(path) + "' cannot be a file name on this system: it holds a lone surrogate",
              "rename the file on the system it comes from, and make the manifest again");
}

std::uint64_t chunk_count(std::uint64_t size, std::uint64_t chunk_size) {
  return chunk_size == kWholeFile ? 1 : size / chunk_size + (size % chunk_size == 0 ? 0 : 1);
}

/// What every plan is made with.
class PlanBuilder {
 public:
  explicit PlanBuilder(const DownloadOptions& options) : options_(options) {
    plan_.chunk_size = options.chunk_size;
    plan_.directories.push_back({});
  }

  Status check_options() {
    if (options_.directory.empty()) return {};
    directory_ = options_.directory;
    while (directory_.size() > 1 && directory_.back() == '/') directory_.pop_back();
    if (directory_ == ".") directory_.clear();
    if (directory_.empty()) return {};
    const auto parsed = RelativePath::parse(directory_);
    if (parsed) return {};
    return fail(
        parsed.error().code() == ErrorCode::kOutsideRoot ? ErrorCode::kOutsideRoot : ErrorCode::kInvalidArgument,
        "'" + printable(directory_) + "' cannot be a directory of a manifest",
        "name a directory as the manifest has it: relative to its root, with '/'");
  }

  bool is_wanted(std::string_view path) const {
    if (!directory_.empty() && path != directory_ && !is_below(path, directory_)) return false;
    return !options_.select || options_.select(path);
  }

  Result<std::uint32_t> add_directory(std::uint32_t parent, std::string_view name, std::string_view path) {
    ATTACHE_ASSIGN(std::string bytes, native_name(name, path));
    plan_.directories.push_back({parent, std::move(bytes), false});
    return static_cast<std::uint32_t>(plan_.directories.size() - 1);
  }

  Status add_file(std::uint32_t directory, std::string_view name, std::string_view path, std::size_t entry,
                  const FileData& data) {
    if (data.size > UINT64_MAX - total_) {
      return fail(ErrorCode::kInvalidManifest, "the manifest's sizes add up to more than 2^64 bytes", kMakeAgain);
    }
    total_ += data.size;
    PlannedDownloadFile file;
    ATTACHE_ASSIGN(file.name, native_name(name, path));
    ATTACHE_ASSIGN(file.content, content_of(path, data));
    file.entry = entry;
    file.directory = directory;
    file.is_runnable = data.runnable;
    file.mtime_us = data.mtime_us;
    const auto index = static_cast<std::uint32_t>(plan_.files.size());
    PlannedDownloadContent& content = plan_.contents[file.content];
    if (content.first == kNoIndex) {
      content.first = index;
    } else {
      plan_.files[content.last].next = index;
    }
    content.last = index;
    plan_.files.push_back(std::move(file));
    return {};
  }

  DownloadPlan& plan() { return plan_; }

 private:
  Result<std::uint32_t> content_of(std::string_view path, const FileData& data) {
    Digest key = data.hash;
    if (data.content == FileContent::kChunks) {
      if (data.chunks.size() != chunk_count(data.size, options_.chunk_size) || data.chunks.size() < 2) {
        return fail(ErrorCode::kInvalidManifest,
                    "'" + printable(path) + "' has " + std::to_string(data.chunks.size()) + " chunks for " +
                        std::to_string(data.size) + " bytes",
                    "say by which chunk size the manifest was made");
      }
      key = xxh128(std::as_bytes(data.chunks));
    }
    const auto [number, is_new] = index_of_.try_add(key, static_cast<std::uint32_t>(plan_.contents.size()),
                                                    [this](std::uint32_t at) { return plan_.contents[at].hash; });
    if (is_new) {
      plan_.contents.push_back({key, data.chunks, data.size, kNoIndex, kNoIndex});
      return number;
    }
    const PlannedDownloadContent& content = plan_.contents[number];
    if (!std::equal(content.chunks.begin(), content.chunks.end(), data.chunks.begin(), data.chunks.end())) {
      // Hashes of hashes may be made to be equal; they are then two contents.
      plan_.contents.push_back({key, data.chunks, data.size, kNoIndex, kNoIndex});
      return static_cast<std::uint32_t>(plan_.contents.size() - 1);
    }
    if (content.size != data.size) {
      return fail(ErrorCode::kInvalidManifest,
                  "the manifest gives hash " + key.to_hex() + " two sizes, " + std::to_string(content.size) +
                      " and (for '" + printable(path) + "') " + std::to_string(data.size),
                  kMakeAgain);
    }
    return number;
  }

  const DownloadOptions& options_;
  std::string directory_;
  DownloadPlan plan_;
  std::uint64_t total_ = 0;
  ContentIndex index_of_;
};

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// The directories of paths that are texts.
class DirectoryIndex {
 public:
  explicit DirectoryIndex(PlanBuilder& builder) : builder_(builder) { ids_.emplace(std::string_view(), 0U); }

  Result<std::uint32_t> id_of(std::string_view path) {
    // Not by recursion: a path may have thousands of components.
    std::vector<std::string_view> missing;
    auto found = ids_.find(path);
    for (std::string_view above = path; found == ids_.end(); found = ids_.find(above)) {
      missing.push_back(above);
      above = parent_of(above);
    }
    std::uint32_t id = found->second;
    std::reverse(missing.begin(), missing.end());
    for (const std::string_view next : missing) {
      ATTACHE_ASSIGN(id, builder_.add_directory(id, name_of(next), next));
      ids_.emplace(next, id);
    }
    return id;
  }

 private:
  PlanBuilder& builder_;
  std::unordered_map<std::string_view, std::uint32_t> ids_;  // views into the manifest
};

/// Finds what a v2023-03-03 manifest must not have: a path with two contents, and a file where another entry needs a
/// directory. By hashes and not by sorting, so that a million entries can be given up in the middle.
class EntryCheck {
 public:
  explicit EntryCheck(const Manifest& manifest) : manifest_(manifest) {}

  /// False for the exact duplicate of an earlier entry.
  Result<bool> add(std::uint32_t index) {
    const std::string_view path = manifest_.path(index);
    ATTACHE_TRY(RelativePath::parse(path));
    // In canonical order, which is that of most documents, a duplicate would follow its twin.
    if (in_order_ && index > 0 && compare_utf16(manifest_.path(index - 1), path) >= 0) remember_earlier(index);
    if (!in_order_) {
      const auto [found, is_new] = entries_.try_emplace(path, index);
      if (!is_new) {
        if (manifest_[found->second] == manifest_[index]) return false;
        return fail(ErrorCode::kInvalidManifest,
                    "the manifest lists '" + printable(path) + "' twice with different contents or times", kMakeAgain);
      }
    }
    for (std::string_view above = parent_of(path); !above.empty(); above = parent_of(above)) {
      if (!directories_.try_emplace(above, index).second) break;
    }
    return true;
  }

  /// After all were added; about each of them.
  Status check(std::uint32_t index) const {
    const std::string_view path = manifest_.path(index);
    const auto found = directories_.find(path);
    if (found == directories_.end()) return {};
    return fail(ErrorCode::kInvalidManifest,
                "the manifest lists '" + printable(path) + "' as a file and, for '" +
                    printable(manifest_.path(found->second)) + "', as a directory",
                kMakeAgain);
  }

 private:
  void remember_earlier(std::uint32_t index) {
    in_order_ = false;
    for (std::uint32_t i = 0; i < index; ++i) entries_.try_emplace(manifest_.path(i), i);
  }

  const Manifest& manifest_;
  bool in_order_ = true;
  std::unordered_map<std::string_view, std::uint32_t> entries_;      // only if they are not in order
  std::unordered_map<std::string_view, std::uint32_t> directories_;  // with an entry that needs it
};

/// The part of a tree that is wanted.
class TreePlanner {
 public:
  TreePlanner(const TreeManifest& tree, const DownloadOptions& options, PlanBuilder& builder,
              const std::stop_token& stop)
      : tree_(tree), options_(options), builder_(builder), stop_(stop), ids_(tree.directory_count(), kNoIndex) {
    ids_[0] = 0;
  }

  Status run() {
    for (std::size_t i = 0; i < tree_.directory_count(); ++i) ATTACHE_TRY(plan_directory(static_cast<DirectoryId>(i)));
    // Parents come before their children.
    std::reverse(builder_.plan().deleted_directories.begin(), builder_.plan().deleted_directories.end());
    return {};
  }

 private:
  Status plan_directory(DirectoryId id) {
    if (stop_.stop_requested()) return cancelled();
    path_.clear();
    tree_.append_path(path_, id);
    const std::size_t length = path_.size();
    const DirEntry entry = tree_.directory(id);
    if (id != DirectoryId::kRoot && builder_.is_wanted(path_)) {
      if (!entry.deleted || entry.made_anew) {
        ATTACHE_ASSIGN(const std::uint32_t planned, id_of(id));
        builder_.plan().directories[planned].is_listed = true;
      } else if (options_.apply_deletions) {
        ATTACHE_ASSIGN(const std::uint32_t planned, id_of(id));
        builder_.plan().deleted_directories.push_back(planned);
      }
    }
    const TreeManifest::FileRange range = tree_.files_in(id);
    for (std::size_t index = range.first; index < range.last; ++index) {
      if (stop_.stop_requested()) return cancelled();
      const FileEntry file = tree_.file(index);
      path_.resize(length);
      if (length != 0) path_ += '/';
      path_ += file.name;
      // Checked also if it is not wanted: what comes of a manifest must not depend on what is taken of it.
      if (file.data.content == FileContent::kUnhashed) {
        return fail(ErrorCode::kInvalidManifest, "'" + printable(path_) + "' has no hash: it was collected only",
                    "hash the manifest's files first, such as by 'attache manifest snapshot'");
      }
      if (!builder_.is_wanted(path_)) continue;
      ATTACHE_TRY(plan_file(id, index, file));
    }
    return {};
  }

  Status plan_file(DirectoryId id, std::size_t index, const FileEntry& file) {
    const bool is_deleted = file.data.content == FileContent::kDeleted;
    if (is_deleted && !options_.apply_deletions) return {};
    ATTACHE_ASSIGN(const std::uint32_t directory, id_of(id));
    if (is_deleted) {
      ATTACHE_ASSIGN(std::string name, native_name(file.name, path_));
      builder_.plan().deleted_files.push_back({std::move(name), {}, index, directory});
      return {};
    }
    if (file.data.content == FileContent::kLink) return plan_link(directory, index, file);
    return builder_.add_file(directory, file.name, path_, index, file.data);
  }

  Status plan_link(std::uint32_t directory, std::size_t index, const FileEntry& file) {
    const auto text = link_text(parent_of(path_), file.data.link_target);
    if (!text) {
      return fail(ErrorCode::kOutsideRoot,
                  "the link '" + printable(path_) + "' leads to '" + printable(file.data.link_target) +
                      "', outside of the manifest's root",
                  "make the manifest again with another policy for such links");
    }
    ATTACHE_ASSIGN(std::string name, native_name(file.name, path_));
    ATTACHE_ASSIGN(std::string bytes, native_name(*text, path_));
    if (bytes.find('\0') != std::string::npos || bytes.size() > kMaxLinkTextBytes) {
      return fail(ErrorCode::kInvalidManifest,
                  "the target of the link '" + printable(path_) + "' cannot be that of a link on this system",
                  kMakeAgain);
    }
    builder_.plan().links.push_back({std::move(name), std::move(bytes), index, directory});
    return {};
  }

  Result<std::uint32_t> id_of(DirectoryId id) {
    std::vector<DirectoryId> missing;
    DirectoryId above = id;
    while (ids_[static_cast<std::size_t>(above)] == kNoIndex) {
      missing.push_back(above);
      above = tree_.directory(above).parent;
    }
    std::uint32_t planned = ids_[static_cast<std::size_t>(above)];
    std::reverse(missing.begin(), missing.end());
    for (const DirectoryId next : missing) {
      const std::string_view name = tree_.directory(next).name;
      ATTACHE_ASSIGN(planned, builder_.add_directory(planned, name, name));
      ids_[static_cast<std::size_t>(next)] = planned;
    }
    return planned;
  }

  static constexpr std::size_t kMaxLinkTextBytes = 4095;  // PATH_MAX without its NUL

  const TreeManifest& tree_;
  const DownloadOptions& options_;
  PlanBuilder& builder_;
  const std::stop_token& stop_;
  std::vector<std::uint32_t> ids_;  // by directory of the manifest
  std::string path_;
};

/// Appends the components of a text to those above them; false if that leads out.
bool append_components(std::vector<std::string_view>& components, std::string_view text) {
  while (!text.empty()) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string_view component = text.substr(0, slash);
    text.remove_prefix(std::min(slash + 1, text.size()));
    if (component.empty() || component == ".") continue;
    if (component != "..") {
      components.push_back(component);
    } else if (components.empty()) {
      return false;
    } else {
      components.pop_back();
    }
  }
  return true;
}

}  // namespace

std::optional<std::string> link_text(std::string_view directory, std::string_view target) {
  std::vector<std::string_view> from;
  std::vector<std::string_view> to;
  if (target.empty() || target.front() == '/') return std::nullopt;
  if (!append_components(from, directory) || !append_components(to, target)) return std::nullopt;
  const auto [left, right] = std::mismatch(from.begin(), from.end(), to.begin(), to.end());
  std::string text;
  const auto add = [&text](std::string_view component) {
    if (!text.empty()) text += '/';
    text += component;
  };
  for (auto up = left; up != from.end(); ++up) add("..");
  for (auto down = right; down != to.end(); ++down) add(*down);
  if (text.empty()) text = ".";
  return text;
}

std::string DownloadPlan::path_of(std::uint32_t directory) const {
  std::vector<const std::string*> names;
  for (std::uint32_t at = directory; at != 0; at = directories[at].parent) names.push_back(&directories[at].name);
  std::string path;
  std::reverse(names.begin(), names.end());
  for (const std::string* name : names) {
    if (!path.empty()) path += '/';
    path += *name;
  }
  return from_posix_bytes(path);
}

std::string DownloadPlan::path_of(std::uint32_t directory, std::string_view name) const {
  return join_path(path_of(directory), from_posix_bytes(name));
}

ContentPart DownloadPlan::part_of(const PlannedDownloadContent& content, std::size_t index) const {
  if (content.chunks.empty()) return {content.hash, 0, content.size};
  const std::uint64_t offset = index * chunk_size;
  return {content.chunks[index], offset, std::min(chunk_size, content.size - offset)};
}

Result<Digest> DownloadPlan::digest(ConflictResolution conflict, const std::stop_token& stop) const {
  Xxh128Stream stream;
  const auto add_text = [&stream](std::string_view text) {
    const std::uint64_t length = text.size();
    stream.update(std::as_bytes(std::span(&length, 1)));
    stream.update(std::as_bytes(std::span(text)));
  };
  const auto add_number = [&stream](std::uint64_t number) { stream.update(std::as_bytes(std::span(&number, 1))); };
  add_number(static_cast<std::uint64_t>(conflict));
  for (const PlannedDirectory& directory : directories) {
    add_number(directory.parent);
    add_text(directory.name);
  }
  constexpr std::size_t kStopInterval = 4096;
  std::size_t count = 0;
  for (const PlannedDownloadFile& file : files) {
    if (count++ % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    add_number(file.directory);
    add_text(file.name);
    const PlannedDownloadContent& content = contents[file.content];
    stream.update(std::as_bytes(std::span(&content.hash, 1)));
    add_number(content.size);
    add_number(static_cast<std::uint64_t>(file.mtime_us));
    add_number(file.is_runnable ? 1 : 0);
  }
  return stream.digest();
}

Result<DownloadPlan> plan_download(const Manifest& manifest, const DownloadOptions& options,
                                   const std::stop_token& stop) {
  PlanBuilder builder(options);
  ATTACHE_TRY(builder.check_options());
  EntryCheck check(manifest);
  std::vector<std::uint32_t> entries;
  entries.reserve(manifest.size());
  for (std::uint32_t index = 0; index < manifest.size(); ++index) {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_ASSIGN(const bool counts, check.add(index));
    if (counts) entries.push_back(index);
  }
  DirectoryIndex directories(builder);
  for (const std::uint32_t index : entries) {
    if (stop.stop_requested()) return cancelled();
    ATTACHE_TRY(check.check(index));
    const ManifestEntry entry = manifest[index];
    if (!builder.is_wanted(entry.path)) continue;
    ATTACHE_ASSIGN(const std::uint32_t directory, directories.id_of(parent_of(entry.path)));
    ATTACHE_TRY(builder.add_file(directory, name_of(entry.path), entry.path, index,
                                 FileData::hashed(entry.hash, entry.size, entry.mtime_us)));
  }
  return std::move(builder.plan());
}

Result<DownloadPlan> plan_download(const TreeManifest& manifest, const DownloadOptions& options,
                                   const std::stop_token& stop) {
  if (manifest.style() != PathStyle::kRelative) {
    return fail(ErrorCode::kInvalidArgument,
                "the manifest has absolute paths, which cannot be restored below a directory",
                "make it relative first: 'attache manifest partition' or 'attache manifest subtree'");
  }
  PlanBuilder builder(options);
  ATTACHE_TRY(builder.check_options());
  TreePlanner planner(manifest, options, builder, stop);
  ATTACHE_TRY(planner.run());
  return std::move(builder.plan());
}

}  // namespace attache
