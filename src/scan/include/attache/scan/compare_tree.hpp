#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/scan/omission.hpp>
#include <attache/scan/snapshot.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

enum class CompareMode : std::uint8_t {
  /// By size and time, reading nothing: modified if the size differs, or |trunc(mtime_ns / 1000) - mtime| > 1 us, as
  /// the incumbent has it (a time set through a float may lose one).
  kFast,
  /// By content: another size is modified without reading; equal sizes are read, and times do not matter. A file with
  /// chunk hashes is read in chunks, one with a single hash whole, whatever its size.
  kDefinitive,
};

struct CompareOptions {
  /// How the tree is seen: as snapshot_tree() or snapshot_tree_v2025() would, by the format of the manifest. Patterns
  /// count on both sides: what they do not select is neither new nor deleted. Chunk size: that of the hashes in the
  /// manifest. What cannot be read and is skipped is neither deleted nor unchanged. `files` and `empty_directories`
  /// mean nothing here; the cache is asked in kDefinitive.
  SnapshotOptions tree{};
  CompareMode mode = CompareMode::kFast;
  /// v2025-12: another execute bit alone is no change: for systems that have none.
  bool ignore_runnable = false;
  bool list_unchanged = false;  ///< else they are only counted
};

/// A file (or, in v2025-12, a link) that is new or modified, as it is now.
struct ChangedFile {
  std::string path;  ///< WTF-8, relative to the root
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;
  bool runnable = false;
};

/// Every list is in canonical order: files by the UTF-16 units of their paths, directories by their bytes.
struct TreeComparison {
  std::vector<ChangedFile> added;
  std::vector<ChangedFile> modified;
  std::vector<std::string> deleted;
  std::vector<std::string> unchanged;  ///< if they are listed
  std::uint64_t unchanged_count = 0;
  std::vector<std::string> added_directories;  ///< v2025-12, implied ones included
  std::vector<std::string> deleted_directories;
  std::vector<Omission> omissions;  ///< of the scan of the tree
  std::uint64_t files_hashed = 0;   ///< read, or answered by the cache
  std::uint64_t bytes_hashed = 0;   ///< read

  bool same() const {
    return added.empty() && modified.empty() && deleted.empty() && added_directories.empty() &&
           deleted_directories.empty();
  }
};

/// What has changed in a tree since a manifest of it was made. The tree is scanned as snapshot_tree() does for the
/// format of the manifest, with the same errors, but an empty selection is none. Paths are compared exactly, as they
/// stand in the manifest; of a path that occurs twice in a v2023-03-03 manifest the last entry counts. Memory: that of
/// the scan and 4 bytes an entry. Cancels within 250 ms.
Result<TreeComparison> compare_tree(const Manifest& manifest, const CompareOptions& options,
                                    const std::stop_token& stop);
/// The same with links (another target is a modification, as is another kind), execute bits and directories.
Result<TreeComparison> compare_tree(const Snapshot& manifest, const CompareOptions& options,
                                    const std::stop_token& stop);

}  // namespace attache
