#pragma once

#include <attache/base/glob.hpp>
#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/scan/content_tap.hpp>
#include <attache/scan/omission.hpp>
#include <attache/scan/symlink_policy.hpp>

#include "file_hasher.hpp"
#include "link_target.hpp"
#include "scan_tree.hpp"
#include "scan_worker.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// One run of workers over one tree: what every call of this module is made of.
///
///   with a cache     ListTask ──► names, sorted ──► status ──► cache ──────► ReadTask ──► hash
///                    newest first  one piece of     by name,   once per      about 1 ms   open, read, status, close
///                                  memory each      unfollowed directory
///   without a cache  ListTask ──► names, sorted ──► LookTask ──► open, status, read, status, close
///   (or one that knows nothing of the directory)
///   large in v2025                                             ► ChunkTask ──► a hash per chunk, by several workers
///
/// A directory of up to 512 files is looked at right after it was listed, while it is open; a larger one is divided.
/// What must be read waits until all directories are listed, or is read at once if none wait (or if very many files
/// wait, see WorkQueue). Every result is written into its place in the ScanTree, which tree_output.hpp turns into a
/// manifest.
///
/// Widths: `threads` workers, each with a buffer of 1 MiB and four open directories.
class TreeScan {
 public:
  struct Options {
    std::string root{};  ///< host path, native bytes
    std::vector<std::string> include{};
    std::vector<std::string> exclude{};
    GlobDialect dialect = GlobDialect::kPython;
    bool include_hidden = false;
    SymlinkPolicy symlinks = SymlinkPolicy::kCollapseAll;
    bool directories = false;           ///< as in ScanContext
    bool absolute = false;              ///< as in LinkScope
    bool root_is_inside = true;         ///< the same
    std::vector<std::string> inside{};  ///< the same
    bool hash = true;
    bool hash_later = false;  ///< hash_wanted() follows, and it is that which fails for what run() could not read
    ScanContext::Chunks chunks = ScanContext::Chunks::kNever;
    std::uint64_t chunk_size = 0;
    bool skip_unreadable = false;
    ScanContext::IfMissing if_missing = ScanContext::IfMissing::kList;
    HashCache* cache = nullptr;
    ContentTap* tap = nullptr;
    unsigned threads = 0;
    bool skip_own_manifests = true;
    ProgressCallback progress{};
    FileHasher::Options hooks{};
  };

  /// What opening the root and compiling the patterns says.
  static Result<std::unique_ptr<TreeScan>> open(Options options);

  /// A file to be scanned by name; `path` is relative to the root, native bytes, normalised.
  struct Given {
    std::string path;
    bool required = false;  ///< else it is an omission if it is not there
  };
  /// Instead of a walk. Paths that occur twice are one, required if any is.
  void give(const std::vector<Given>& files);
  /// A directory of files to be scanned by name, for who makes the tree itself: these files, by the bytes of their
  /// names.
  void give(ScanDirectory& directory, std::vector<std::string> names);

  /// Walks the tree from its root, or scans what was given. Once.
  Status run(const std::stop_token& stop);
  /// Hashes the files that say ScanFile::kWanted, as they are now; after run(), with Options::hash false in it.
  Status hash_wanted(const std::stop_token& stop);

  ScanTree& tree() { return tree_; }
  const LinkScope& scope() const { return scope_; }
  /// Of all runs so far; omissions in order.
  ScanFindings& findings() { return findings_; }
  void finish_progress(std::uint64_t files);

 private:
  TreeScan(Options options, Directory root, GlobSet globs, LinkScope scope);
  ScanContext context();
  Status work(ScanContext& context, const std::stop_token& stop);
  Status all_readable() const;

  const Options options_;
  const Directory root_;
  const GlobSet globs_;
  const LinkScope scope_;
  const unsigned threads_;
  ProgressReporter progress_;
  ScanTree tree_;
  ScanFindings findings_;
  Unreadable unreadable_;
  std::vector<ScanDirectory*> given_;
};

/// Ordered by path as manifests are.
void order_omissions(std::vector<Omission>& omissions);

}  // namespace attache
