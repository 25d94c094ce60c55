#pragma once

#include <attache/base/glob.hpp>
#include <attache/cache/hash_cache.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/scan/content_tap.hpp>
#include <attache/scan/omission.hpp>
#include <attache/scan/symlink_policy.hpp>

#include "file_hasher.hpp"
#include "link_target.hpp"
#include "name_sorter.hpp"
#include "scan_tree.hpp"
#include "unreadable.hpp"
#include "work_queue.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace attache {

/// What one scan does, and what all its workers share.
struct ScanContext {
  enum class Chunks : std::uint8_t {
    kNever,
    kAboveSize,  ///< files larger than chunk_size
    kFlagged,    ///< those that say so
  };
  enum class IfMissing : std::uint8_t {
    kList,    ///< all in one error
    kChanged  ///< kSourceChanged: they were there
  };

  const Directory& root;
  ScanTree& tree;
  const GlobSet& globs;
  const LinkScope& scope;
  ProgressReporter& progress;
  Unreadable& unreadable;
  /// Directories are entries: empty ones are nothing to speak of.
  bool directories = false;
  SymlinkPolicy symlinks = SymlinkPolicy::kCollapseAll;
  bool hash = true;
  Chunks chunks = Chunks::kNever;
  std::uint64_t chunk_size = 0;
  bool skip_unreadable = false;
  IfMissing if_missing = IfMissing::kList;
  HashCache* cache = nullptr;
  unsigned workers = 1;
  // Of a walk:
  /// Hashes of the texts by which the root may have been named when an earlier snapshot was written into it.
  std::vector<Digest> own_root_hashes{};
  /// (device, inode) of the directories that the root lies in: a link to one of them contains itself.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> above_root{};
  FileHasher::Options hooks{};
  ContentTap* tap = nullptr;

  WorkQueue queue{};
  Unreadable missing{};

  /// Real places are needed to find rows in the cache, and to say where links lead.
  bool needs_places() const { return cache != nullptr || directories; }
};

/// What a worker adds to the result beside the tree.
struct ScanFindings {
  std::vector<Omission> omissions;
  std::vector<std::string> link_targets;  ///< SymlinkPolicy::kTransitiveIncludeTargets; absolute, native bytes
  std::uint64_t bytes_hashed = 0;
  std::uint64_t files_hashed = 0;
  std::uint64_t files_from_cache = 0;
};

/// One worker of a scan: lists directories, looks at files, reads them. Used by one thread.
class ScanWorker {
 public:
  ScanWorker(ScanContext& context, unsigned number);

  /// Works until the queue is empty.
  Status run(const std::stop_token& stop);

  ScanFindings& findings() { return findings_; }

 private:
  /// A name that is a file of the result.
  struct Found {
    std::uint32_t name;  // in names_
    ScanFile::State state;
    std::uint8_t flags;
    std::uint32_t target;  // of a link: in the directory's targets
  };
  struct Name {
    std::string_view native;
    std::string_view text;
  };
  struct OpenDirectory {
    const ScanDirectory* of = nullptr;
    std::optional<Directory> directory{};
    std::uint64_t used = 0;
  };

  Status work(WorkQueue::Task& task, const std::stop_token& stop);

  // Listing: scan_worker.cpp
  Status list(const ListTask& task, const std::stop_token& stop);
  Status visit(const ListTask& task, std::uint32_t index);
  Status visit_link(const ListTask& task, const Name& name, GlobMatch match, GlobReach reach, Found& found,
                    std::optional<FileKind>& kind);
  Status keep_link(const ListTask& task, const Name& name, Found& found, std::optional<FileKind>& kind, bool& follow);
  void keep_found(ScanDirectory& directory);
  Status list_given(ScanDirectory& directory);
  Name name_of(std::uint32_t index);
  bool contains_itself(const ScanDirectory& directory) const;
  bool is_own_manifest(std::string_view text) const;

  /// Opens a directory of the walk: by its name from its parent, and that by its path below the root if it is not at
  /// hand any more. It is the one that was listed, or the error is kSourceChanged.
  Result<const Directory*> open(ScanDirectory& directory);
  Result<Directory> open_anew(ScanDirectory& directory);

  // Files: file_tasks.cpp
  bool cache_may_know(const ScanDirectory& directory);
  Status look(ScanDirectory& directory, std::uint32_t first, std::uint32_t last, const std::stop_token& stop);
  Status look_at(ScanDirectory& directory, const Directory& opened, ScanFile& file, std::uint32_t index);
  bool is_to_do(const ScanFile& file) const;
  bool is_chunked(const ScanFile& file) const;
  void ask_cache(ScanDirectory& directory, const Directory& opened);
  bool ask_cache_alone(ScanDirectory& directory, const Directory& opened, const PendingFile& pending);
  Status dispatch(ScanDirectory& directory, const std::stop_token& stop);
  Status read_unseen(ScanDirectory& directory, std::uint32_t first, std::uint32_t last, const std::stop_token& stop);
  /// Fills in what the status says.
  static void found(ScanFile& file, const FileStatus& status);
  static Links links_of(const ScanFile& file) {
    return file.has(ScanFile::kFollowed) ? Links::kFollow : Links::kNoFollow;
  }
  Status read(ScanDirectory& directory, std::span<PendingFile> files, const std::stop_token& stop);
  Status read_file(ScanDirectory& directory, const Directory& opened, PendingFile& pending,
                   const std::stop_token& stop);
  /// The same for a file that is open.
  Status hash_file(ScanDirectory& directory, const Directory& opened, const OpenFile& source, PendingFile& pending,
                   const std::stop_token& stop);
  /// Counts files that were read, and reports them now and then.
  void count(const ScanFile& file);
  void report();
  void start_chunks(ScanDirectory& directory, const PendingFile& pending, int attempt);
  Status read_chunks(ChunkedFile& shared, const std::stop_token& stop);
  Status read_some_chunks(ChunkedFile& shared, const std::stop_token& stop);
  Status finish_chunks(ChunkedFile& shared);
  /// Stores what was read.
  void remember(const ScanDirectory& directory, const Directory& opened, const ScanFile& file,
                const FileStatus& status);

  // Faults
  Status file_fault(ScanDirectory& directory, ScanFile& file, std::string_view action, int error_number);
  Status unreadable(const std::string& path, Error error);
  Status changed(const ScanDirectory& directory, std::string_view name, std::string_view how) const;
  void omit(OmissionReason reason, const ScanDirectory& directory, std::string_view name = {});

  ScanContext& context_;
  const unsigned number_;
  const std::unique_ptr<ContentCollector> collector_;  // null: nobody wants what is read
  FileHasher hasher_;
  ScanFindings findings_;
  std::vector<OpenDirectory> open_;  ///< few, the one used longest ago gives way
  std::uint64_t uses_ = 0;
  bool total_reported_ = false;
  std::uint64_t done_ = 0;  ///< files read and not reported yet
  std::uint64_t bytes_ = 0;

  // Kept from one directory to the next, so that no file costs an allocation.
  NameList names_;
  std::vector<Found> found_;
  std::string text_;
  NameSorter sorter_;
  std::vector<PendingFile> pending_;
  std::vector<CacheSubject> subjects_;
  std::vector<std::optional<Digest>> answers_;
  std::string place_;  ///< of the directory that place_of_ says
  const ScanDirectory* place_of_ = nullptr;
  const std::string& place(const ScanDirectory& directory);
};

}  // namespace attache
