#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/manifest.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Why something below the root is not in the manifest.
enum class OmissionReason {
  kHidden,  ///< a file or empty directory with, or below, a name that starts with a dot, that no pattern asked for
  kDanglingLink,    ///< a symbolic link that leads nowhere
  kLinkLoop,        ///< a directory link to a directory that contains it
  kEmptyDirectory,  ///< v2023-03-03 has no directories
  kSpecialFile,     ///< socket, FIFO, device: never opened
  kManifestFile,    ///< a manifest that an earlier snapshot of this root wrote here
};
std::string_view to_string(OmissionReason reason);

struct Omission {
  OmissionReason reason;
  std::string path;  ///< WTF-8, relative to the root
};

struct SnapshotOptions {
  std::string root{};  ///< host path, native bytes
  std::vector<std::string> include{
      "**/*"};  ///< Python glob patterns relative to the root (section 13); empty selects nothing
  std::vector<std::string> exclude{};
  bool include_hidden = false;  ///< names that start with a dot match wildcards too
  unsigned threads = 0;         ///< 0: one per core; at most 256
  /// Manifests that belong to this root by their file name (section 2.3) and lie in it are left out.
  bool skip_own_manifests = true;
  /// files_total is known after the walk, before most files are hashed; bytes_total only at the end.
  ProgressCallback progress{};
};

struct TreeSnapshot {
  Manifest manifest;                ///< in canonical order
  std::vector<Omission> omissions;  ///< ordered by path; what exclude patterns took out is not listed
  std::uint64_t bytes_hashed = 0;
};

/// Scans a tree and hashes every selected file on all cores: the v2023-03-03 view of it. Links to files and directories
/// are followed under their own names, also out of the root, never into a directory that contains the link (by device
/// and inode). Special files are never opened. A file that changes while it is read is read again, twice at most; then,
/// and for one that disappears during the scan, kSourceChanged. Files and directories that cannot be read are one error
/// that lists them (the first hundred by path, the rest by number): kPermissionDenied if that is the reason for all of
/// these, else kIo; what no pattern selects may be unreadable. An empty selection is kNotFound with a remedy. The tree
/// is not changed. Memory depends on the number of files and the length of their paths, not on their sizes. Cancels
/// within 250 ms.
Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const std::stop_token& stop);

}  // namespace attache
