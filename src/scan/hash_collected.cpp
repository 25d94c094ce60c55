#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/scan/collect.hpp>

#include "tree_scan.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace attache {

namespace {

/// One manifest, whose paths are relative to the root of a scan, and the scan's view of its unhashed files.
class Hasher {
 public:
  Hasher(const TreeManifest& manifest, const HashOptions& options, TreeScan& scan)
      : manifest_(manifest), options_(options), scan_(scan), nodes_(manifest.directory_count()) {}

  /// Asks for the unhashed files of every directory. False if there are none.
  Result<bool> give() {
    bool any = false;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const auto id = static_cast<DirectoryId>(i);
      const DirEntry directory = manifest_.directory(id);
      const bool top = id == DirectoryId::kRoot || directory.is_anchor;
      if (directory.is_anchor && directory.name != "/") {
        return fail(ErrorCode::kUnsupported,
                    quoted_path(manifest_.path_of(id)) + " is a place of another system: nothing there can be hashed",
                    "hash on the system that the files were collected on");
      }
      if (top) {
        nodes_[i] = &scan_.tree().root();
      } else {
        ATTACHE_ASSIGN(const std::string name, native(directory.name, id));
        nodes_[i] =
            &scan_.tree().add(scan_.tree().own_store(), *nodes_[static_cast<std::size_t>(directory.parent)], name);
        nodes_[i]->followed = true;  // it may be that of a link that was followed
        nodes_[i]->given = true;
      }
      std::vector<std::string> names;
      const auto range = manifest_.files_in(id);
      for (std::size_t file = range.first; file < range.last; ++file) {
        if (manifest_.content(file) != FileContent::kUnhashed) continue;
        ATTACHE_ASSIGN(std::string name, native(manifest_.file_name(file), id));
        names.push_back(std::move(name));
      }
      if (names.empty()) continue;
      any = true;
      scan_.give(*nodes_[i], std::move(names));
    }
    return any;
  }

  /// Marks what is to be hashed; kSourceChanged for what is not as the manifest says, if that matters.
  Status choose() {
    return for_each_unhashed([&](const FileEntry& entry, ScanFile& file) -> Status {
      if (file.state != ScanFile::State::kFound) return {};
      file.flags |= ScanFile::kWanted;
      return check(entry, file);
    });
  }

  Status check_all() {
    return for_each_unhashed([&](const FileEntry& entry, ScanFile& file) { return check(entry, file); });
  }

  Status write(TreeBuilderBase& builder) {
    ATTACHE_TRY(builder.reserve(manifest_.file_count(), 0));
    std::vector<DirectoryId> ids(nodes_.size());
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const auto id = static_cast<DirectoryId>(i);
      const DirEntry directory = manifest_.directory(id);
      if (manifest_.style() == PathStyle::kAbsolute && id == DirectoryId::kRoot) continue;
      ATTACHE_ASSIGN(ids[i], !manifest_.is_listed(id)
                                 ? builder.enter(manifest_.path_of(id))
                                 : builder.enter(ids[static_cast<std::size_t>(directory.parent)], directory.name));
      const auto range = manifest_.files_in(id);
      for (std::size_t index = range.first; index < range.last; ++index) {
        const FileEntry entry = manifest_.file(index);
        FileData data = entry.data;
        if (data.content == FileContent::kUnhashed) {
          const ScanFile* file = find(entry);
          if (file == nullptr || file->state == ScanFile::State::kGone) continue;
          data = file->state == ScanFile::State::kChunks
                     ? FileData::chunked(scan_.tree().chunks(*file), file->size, file->mtime_us(),
                                         file->has(ScanFile::kRunnable))
                     : FileData::hashed(file->hash, file->size, file->mtime_us(), file->has(ScanFile::kRunnable));
        }
        ATTACHE_TRY(builder.add_file(ids[i], entry.name, data));
      }
    }
    return {};
  }

 private:
  Result<std::string> native(std::string_view name, DirectoryId in) const {
    auto bytes = to_posix_bytes(name);
    if (bytes) return *std::move(bytes);
    return fail(ErrorCode::kInvalidManifest,
                quoted_path(join_path(manifest_.path_of(in), name)) + " cannot be the name of a file on this system",
                "hash on the system that the files were collected on");
  }

  ScanFile* find(const FileEntry& entry) {
    const ScanDirectory& directory = *nodes_[static_cast<std::size_t>(entry.directory)];
    const std::string name = to_posix_bytes(entry.name).value_or("");
    const std::span<ScanFile> files = directory.files();
    const auto found = std::partition_point(files.begin(), files.end(),
                                            [&](const ScanFile& file) { return directory.name_of(file) < name; });
    return found != files.end() && directory.name_of(*found) == name ? &*found : nullptr;
  }

  template <typename Visit>
  Status for_each_unhashed(Visit visit) {
    for (std::size_t index = 0; index < manifest_.file_count(); ++index) {
      if (manifest_.content(index) != FileContent::kUnhashed) continue;
      const FileEntry entry = manifest_.file(index);
      if (ScanFile* file = find(entry)) ATTACHE_TRY(visit(entry, *file));
    }
    return {};
  }

  Status check(const FileEntry& entry, const ScanFile& file) const {
    if (options_.if_changed != HashOptions::IfChanged::kFail || file.state == ScanFile::State::kGone) return {};
    if (file.size == entry.data.size && file.mtime_us() == entry.data.mtime_us) return {};
    return fail(ErrorCode::kSourceChanged,
                quoted_path(manifest_.path_of(entry)) + " has changed since it was collected",
                "collect the files again");
  }

  const TreeManifest& manifest_;
  const HashOptions& options_;
  TreeScan& scan_;
  std::vector<ScanDirectory*> nodes_;
};

template <typename M>
Result<ScanResult<M>> hash(const M& manifest, const std::string& root, const HashOptions& options,
                           const std::stop_token& stop) {
  TreeScan::Options scan_options;
  scan_options.root = root;
  scan_options.directories = true;
  scan_options.absolute = M::kStyle == PathStyle::kAbsolute;
  scan_options.hash = false;
  scan_options.chunks = ScanContext::Chunks::kAboveSize;
  scan_options.chunk_size = options.chunk_size;
  scan_options.skip_unreadable = options.skip_unreadable;
  scan_options.if_missing = ScanContext::IfMissing::kChanged;
  scan_options.cache = options.cache;
  scan_options.threads = options.threads;
  scan_options.skip_own_manifests = false;
  scan_options.progress = options.progress;
  ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, TreeScan::open(std::move(scan_options)));
  Hasher hasher(manifest, options, *scan);
  ATTACHE_ASSIGN(const bool any, hasher.give());
  if (any) {
    // All are looked at before the first is read: what has changed shows before hours of hashing.
    ATTACHE_TRY(scan->run(stop));
    ATTACHE_TRY(hasher.choose());
    ATTACHE_TRY(scan->hash_wanted(stop));
    ATTACHE_TRY(hasher.check_all());
  }
  TreeBuilder<M> builder;
  ATTACHE_TRY(hasher.write(builder));
  ATTACHE_ASSIGN(M hashed, std::move(builder).build());
  ScanFindings& found = scan->findings();
  if (M::kStyle == PathStyle::kAbsolute) {
    for (Omission& omission : found.omissions) omission.path.insert(0, 1, '/');
  }
  scan->finish_progress(found.files_hashed + found.files_from_cache);
  return ScanResult<M>{std::move(hashed), std::move(found.omissions), found.bytes_hashed, found.files_from_cache};
}

}  // namespace

Result<ScanResult<AbsSnapshot>> hash_collected(const AbsSnapshot& manifest, const HashOptions& options,
                                               const std::stop_token& stop) {
  return hash(manifest, "/", options, stop);
}

Result<ScanResult<Snapshot>> hash_collected(const Snapshot& manifest, const std::string& root,
                                            const HashOptions& options, const std::stop_token& stop) {
  return hash(manifest, root, options, stop);
}

}  // namespace attache
