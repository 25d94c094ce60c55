#pragma once

#include <attache/base/glob.hpp>
#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/scan/omission.hpp>
#include <attache/scan/symlink_policy.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

class ContentTap;
class HashCache;

struct SnapshotOptions {
  std::string root{};  ///< host path, native bytes
  /// Patterns relative to the root; empty selects nothing in GlobDialect::kPython, everything in kDesign.
  std::vector<std::string> include{"**/*"};
  std::vector<std::string> exclude{};
  /// Nothing: what the format's own tools have, kPython (section 13) for v2023-03-03 and kDesign for v2025-12.
  std::optional<GlobDialect> dialect{};
  /// Names that start with a dot match wildcards too. In kDesign they always do.
  bool include_hidden = false;
  /// Host paths of single files, native bytes, absolute or relative to the root: if there are any, these are scanned
  /// instead of the tree, whatever the patterns; empty directories are none then. What is not there is an omission
  /// (kMissing); a path outside of the root (lexically) is kOutsideRoot, a directory kInvalidArgument.
  std::vector<std::string> files{};
  /// Nothing: kCollapseAll for v2023-03-03, which cannot hold links and takes kExcludeAll besides, and
  /// kCollapseEscaping for v2025-12.
  std::optional<SymlinkPolicy> symlinks{};
  /// v2025-12: files above this size get a hash for each chunk of it; kWholeFile: none.
  std::uint64_t chunk_size = kDefaultChunkSize;
  /// v2025-12: list directories that hold no selected file if the patterns select the directories themselves.
  bool empty_directories = true;
  /// Leave out what cannot be read, with an omission for each, instead of failing.
  bool skip_unreadable = false;
  /// Hashes of files that have not changed are taken from here, those of others remembered. Null: none.
  HashCache* cache = nullptr;
  /// Gets what is read (content_tap.hpp). Null: nobody does.
  ContentTap* tap = nullptr;
  unsigned threads = 0;  ///< 0: one per core; at most 256
  /// Manifests that belong to this root by their file name (section 2.3) and lie in it are left out.
  bool skip_own_manifests = true;
  /// files_total is known after the walk, before most files are hashed unless there are more than 262,144; bytes_total
  /// only at the end.
  ProgressCallback progress{};
};

using TreeSnapshot = ScanResult<Manifest>;
using RelativeTreeSnapshot = ScanResult<Snapshot>;

/// Scans a tree and hashes every selected file on all cores: the v2023-03-03 view of it. Links to files and directories
/// are followed under their own names, also out of the root, never into a directory that contains the link (by device
/// and inode). Special files are never opened, and what was no link when it was listed is never read through one. A
/// file that changes while it is read is read again, twice at most; then, and for one that disappears during the scan,
/// kSourceChanged. Files and directories that cannot be read are one error that lists them (the first hundred by path,
/// the rest by number): kPermissionDenied if that is the reason for all of these, else kIo; what no pattern selects may
/// be unreadable. An empty selection is kNotFound with a remedy. The tree is not changed. Memory depends on the number
/// of files and the length of their paths, not on their sizes. Cancels within 250 ms.
///
/// Names that are not UTF-8 are kept: a byte that does not fit is a lone surrogate in the manifest (base/text.hpp), an
/// escape in its document.
Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const std::stop_token& stop);

/// The same as a v2025-12 snapshot: with directories, links by policy, execute bits (any of the three makes a file
/// runnable) and chunk hashes, whose chunks are read on several cores at once. An empty selection is an empty snapshot.
Result<RelativeTreeSnapshot> snapshot_tree_v2025(const SnapshotOptions& options, const std::stop_token& stop);

}  // namespace attache
