#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The download of one manifest's files, of either format:
//
//   plan ──────► survey ──────► begin ─────────────► fetch ──────────────────────────────────────► finish
//   every path   what is there  journal, leftovers,  small: a batch of objects per worker, verified  links,
//   and size,    already, what  deletions, new       in memory, then create-write-times-rename;      modes of
//   by content   is in the way, directories          large: ranges in parallel into a temporary      directories,
//                free space                          file, hashed as they come, then rename          journal gone
//   `select`,    `conflict`,                         `workers`, of which `large_at_once` begin with
//   `directory`  `verify`                            the large ones; each takes the others' work at the end
//
// Up to the end of the survey nothing is written, so whatever can be refused is refused with nothing changed. A file
// appears under its final name only complete and verified. Content that several files have is fetched once. Memory:
// the store's own budget, `small_bytes` for each worker, and some 300 bytes a file.

/// What happens to a file that is already at an entry's path (incumbent formats, 9.3).
enum class ConflictResolution { kSkip, kOverwrite, kCreateCopy };

/// What new files and the directories on the way to them get (incumbent formats, 9.5). Only what is downloaded and the
/// directories above it, up to and including the root, are changed.
struct DownloadPermissions {
  std::optional<std::uint32_t> group;  ///< gid
  std::uint32_t file_mode = 0;         ///< added to the mode that a new file has
  std::uint32_t directory_mode = 0;    ///< added to the mode that a directory has
};

struct DownloadOptions {
  std::string destination;  ///< host path, absolute; created if missing
  ConflictResolution conflict = ConflictResolution::kCreateCopy;

  // plan

  /// About a path of the manifest: whether it is wanted. None: all are.
  std::function<bool(std::string_view path)> select = {};
  /// Only what is at or below this path of the manifest; empty: everything.
  std::string directory = {};
  /// Diffs: removes what the manifest says is deleted, files first, then directories that are empty.
  bool apply_deletions = false;
  /// What chunked files of the manifest are cut by.
  std::uint64_t chunk_size = kDefaultChunkSize;

  // survey

  /// A file that is there counts as the entry's only if its content has the hash, too: it is read.
  bool verify = false;

  // begin

  /// A journal, by which a run goes on where a dead one ended (docs/downloads.md).
  bool journal = true;
  /// Where journals are, host path, absolute; made if missing. Empty: in the destination itself. A directory of the
  /// user's keeps the destination free of files that nobody asked for; the destination is where another user or
  /// machine finds them.
  std::string journal_directory = {};

  // fetch

  /// Threads; 0: one per core, at most 8, for small files, and large_at_once for large ones; fewer where there is less
  /// to do.
  unsigned workers = 0;
  /// Large contents at a time. Each is fetched in several ranges, so four fill a line.
  unsigned large_at_once = 4;
  /// Up to this size an object comes whole into memory. It is the size of a range of a large one.
  std::uint64_t small_bytes = 8 * kMiB;
  /// Directories that are kept open, so that a file needs no path to be walked: a quarter of the descriptors that a
  /// process may have by default.
  std::size_t open_directories = 256;
  DownloadPermissions permissions = {};
  /// Directory of a cache of objects that other downloads share; empty: none. Made if missing.
  std::string object_cache = {};
  /// What it may hold; the objects used longest ago go first.
  std::uint64_t object_cache_bytes = 50 * kGiB;

  ProgressCallback progress = {};
};

enum class DownloadOutcome {
  kDownloaded,
  kCopied,   ///< written under a new name because of kCreateCopy
  kPresent,  ///< the entry's file was there: by size and mtime, and by hash where `verify` or a resumed run asked
  kDiffers,  ///< kSkip: another file was there and was kept
};
std::string_view to_string(DownloadOutcome outcome);

/// Where the bytes of a written file came from.
enum class ContentOrigin {
  kNone,   ///< nothing was written
  kStore,  ///< the store
  kCache,  ///< the object cache
  kLocal,  ///< a file of the destination that has the same content
};
std::string_view to_string(ContentOrigin origin);

struct DownloadedFile {
  std::string path;  ///< relative to the destination, as written
  DownloadOutcome outcome;
  std::uint64_t size = 0;  ///< 0 for a link
  std::size_t entry = 0;   ///< index in the manifest
  ContentOrigin origin = ContentOrigin::kNone;
  bool is_link = false;  ///< a symbolic link
};

struct DownloadReport {
  std::vector<DownloadedFile> files;  ///< files and links, in manifest order
  std::uint64_t bytes_fetched = 0;    ///< from the store
  std::uint64_t objects_fetched = 0;
  std::uint64_t bytes_from_cache = 0;
  std::uint64_t bytes_copied = 0;   ///< from one file to another; shared where the file system can
  std::uint64_t bytes_resumed = 0;  ///< of what a dead run had fetched
  std::uint64_t directories_created = 0;
  std::vector<std::string> deleted;           ///< what `apply_deletions` removed
  std::vector<std::string> kept_directories;  ///< what it would have removed, but they are not empty
  std::vector<std::string> warnings;          ///< what did not work, and was done without
};

/// Restores every file of `manifest` below the destination: bytes, mtime, in a tree also links, empty directories, and
/// x for what is runnable. Refused before anything is written: paths that are absolute or contain `..`, one path with
/// two contents, a file where another entry needs a directory, unhashed entries, links that lead out of the root,
/// something other than a file in the way, a link in the destination that leads out of it, or (kOverwrite) that makes
/// two paths with two contents one file, a disk that is too small.
/// Exact duplicates count once. On a later error, files that were complete stay; a journal then tells the next run of
/// what is half done. kNotFound: an object is missing; kIntegrity: its bytes or its size are wrong.
Result<DownloadReport> download_manifest(const Manifest& manifest, ObjectStore& store, const DownloadOptions& options,
                                         std::stop_token stop);
/// The same of a tree with relative paths; kInvalidArgument for one with absolute paths.
Result<DownloadReport> download_manifest(const TreeManifest& manifest, ObjectStore& store,
                                         const DownloadOptions& options, std::stop_token stop);

/// What would be done with one file.
enum class DownloadAction {
  kFetch,    ///< its content comes from the store
  kCopy,     ///< its content comes with another file's
  kReplace,  ///< as kFetch; what is there is replaced
  kRename,   ///< as kFetch, under a new name, since the name is taken
  kPresent,  ///< nothing: it is there
  kDiffers,  ///< nothing: what is there is kept
  kLink,     ///< a link is made
  kDelete,   ///< what is there is removed
};
std::string_view to_string(DownloadAction action);

struct PlannedDownload {
  std::string path;
  DownloadAction action;
  std::uint64_t size = 0;
};

struct DownloadPreview {
  std::vector<PlannedDownload> files;
  std::uint64_t files_to_write = 0;
  std::uint64_t bytes_to_write = 0;
  std::uint64_t bytes_to_fetch = 0;
  std::uint64_t requests = 0;  ///< GETs: one for each range of an object; what is in the object cache is not known
};

/// Plan and survey without anything that is written; refuses what the download would refuse.
Result<DownloadPreview> preview_download(const Manifest& manifest, const DownloadOptions& options,
                                         std::stop_token stop);
Result<DownloadPreview> preview_download(const TreeManifest& manifest, const DownloadOptions& options,
                                         std::stop_token stop);

}  // namespace attache
