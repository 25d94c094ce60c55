#pragma once

#include <attache/base/glob.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/scan/snapshot.hpp>

#include "file_hasher.hpp"
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

/// What all workers of one scan share.
struct ScanContext {
  const Directory& root;
  const GlobSet& globs;
  /// Hashes of the texts by which the root may have been named when an earlier snapshot was written into it.
  std::vector<Digest> own_root_hashes;
  /// (device, inode) of the directories that the root lies in: a link to one of them contains itself.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> above_root;
  ProgressReporter& progress;
  WorkQueue queue{};
  Unreadable unreadable{};
};

/// One worker of a scan: lists directories, hashes files, keeps what it found. Used by one thread.
class Scanner {
 public:
  explicit Scanner(ScanContext& context);

  /// Works until the queue is empty.
  Status run(const std::stop_token& stop);

  ManifestBuilder& files() { return files_; }
  std::vector<Omission>& omissions() { return omissions_; }
  std::uint64_t bytes_hashed() const { return bytes_hashed_; }

 private:
  /// The directory that is being listed.
  struct Listing {
    const DirectoryTask& task;
    std::shared_ptr<const DirectoryNode> node;
    std::string path;  ///< native bytes, relative to the root
    std::string text;  ///< the same as WTF-8
    FileBatch batch;
  };

  Status list(const DirectoryTask& task, const std::stop_token& stop);
  Status visit(Listing& listing, const ListedEntry& entry);
  Status visit_link(Listing& listing, const ListedEntry& entry, const std::string& name, GlobMatch match,
                    GlobReach reach, std::optional<FileKind>& kind);
  /// Opens a directory of the walk: relative to the last one if that is its parent, else by its path below the root.
  Result<Directory> open(const std::shared_ptr<const DirectoryNode>& node, const std::string& path) const;
  Status hash(FileBatch& batch, const std::stop_token& stop);
  /// Reads batch.names[index]; gives the rest of the batch to others first if that will take long.
  Result<std::optional<HashedFile>> hash_file(FileBatch& batch, std::size_t index, const std::stop_token& stop);
  bool contains_itself(const DirectoryNode& node) const;
  bool is_own_manifest(std::string_view name_text) const;
  void omit(OmissionReason reason, std::string path_text) { omissions_.push_back({reason, std::move(path_text)}); }
  /// Records what may be listed with others, or gives back what ends the scan.
  Status unreadable(const std::string& path, Error error);

  ScanContext& context_;
  FileHasher hasher_;
  ManifestBuilder files_;
  std::vector<Omission> omissions_;
  std::uint64_t bytes_hashed_ = 0;
  /// The directory that was listed or read last: the next task mostly is in it.
  std::shared_ptr<const DirectoryNode> last_node_;
  std::optional<Directory> last_;
  bool total_reported_ = false;
};

}  // namespace attache
