#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/scan/omission.hpp>
#include <attache/scan/symlink_policy.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

class HashCache;

struct CollectOptions {
  // Host paths, native bytes; relative ones start at the working directory. Paths are normalised lexically, links in
  // them are not resolved: the manifest names things as they are named here.
  std::vector<std::string> directories{};     ///< with everything below them that the patterns select
  std::vector<std::string> files{};           ///< all must be there
  std::vector<std::string> optional_files{};  ///< what is not there is an omission (kMissing)
  /// Patterns of GlobDialect::kDesign, relative to each directory; they do not concern files given by name.
  std::vector<std::string> include{};
  std::vector<std::string> exclude{};
  /// A link escapes if it leads out of all the directories given. Absolute manifests can say where, so kPreserve and
  /// kTransitiveIncludeTargets leave none out.
  SymlinkPolicy symlinks = SymlinkPolicy::kCollapseEscaping;
  bool empty_directories = true;  ///< as in SnapshotOptions
  bool skip_unreadable = false;   ///< the same
  unsigned threads = 0;           ///< 0: one per core; at most 256
  ProgressCallback progress{};    ///< counts files as they are found
};

/// What is there, without reading any file: sizes, times, execute bits, links by policy, directories. Files that are
/// missing are one kNotFound that lists them; directories given as files and the reverse are kInvalidArgument; what
/// cannot be listed or looked at is reported as by snapshot_tree(). Cancels within 250 ms.
Result<ScanResult<AbsSnapshot>> collect(const CollectOptions& options, const std::stop_token& stop);

struct HashOptions {
  /// Files above this size get a hash for each chunk of it; kWholeFile: none.
  std::uint64_t chunk_size = kDefaultChunkSize;
  enum class IfChanged : std::uint8_t {
    kTakeNew,  ///< the manifest has what the file is now: its new size, time and execute bit
    kFail,     ///< kSourceChanged, naming the file
  };
  /// For a file whose size or time is not what the manifest says.
  IfChanged if_changed = IfChanged::kTakeNew;
  bool skip_unreadable = false;  ///< leave out, with an omission, what is gone or cannot be read
  HashCache* cache = nullptr;    ///< null: none
  unsigned threads = 0;          ///< 0: one per core; at most 256
  ProgressCallback progress{};
};

/// The manifest with a hash, or chunk hashes, for each file that has none yet; links, directories and hashes that are
/// there stay. Files that are gone or no files any more are kSourceChanged; the rest is as in snapshot_tree().
Result<ScanResult<AbsSnapshot>> hash_collected(const AbsSnapshot& manifest, const HashOptions& options,
                                               const std::stop_token& stop);
/// The same of a relative manifest; `root` is a host path, native bytes.
Result<ScanResult<Snapshot>> hash_collected(const Snapshot& manifest, const std::string& root,
                                            const HashOptions& options, const std::stop_token& stop);

}  // namespace attache
