#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The download of one manifest's files:
//
//   check all paths ── plan (conflicts) ── group by hash ── get ── temporary file + hash ── size and hash right? ──
//   times ── rename nothing written     stat below root     `workers` contents at a time, streamed (per path)
//
// A file appears under its final name only complete and verified.

/// What happens to a regular file that is already at an entry's path (incumbent formats, 9.3).
enum class ConflictResolution { kSkip, kOverwrite, kCreateCopy };

struct DownloadOptions {
  std::string destination;  ///< host path; created if missing
  ConflictResolution conflict = ConflictResolution::kCreateCopy;
  unsigned workers = 16;
  ProgressCallback progress;
};

enum class DownloadOutcome {
  kDownloaded,
  kCopied,   ///< written under a new name because of kCreateCopy
  kPresent,  ///< kSkip: a file of the right size and mtime was there
  kDiffers,  ///< kSkip: another file was there and was kept
};
std::string_view to_string(DownloadOutcome outcome);

struct DownloadedFile {
  std::string path;  ///< relative to the destination, as written
  DownloadOutcome outcome;
  std::uint64_t size = 0;
  std::size_t entry = 0;  ///< index in the manifest
};

struct DownloadReport {
  std::vector<DownloadedFile> files;  ///< in manifest order
  std::uint64_t bytes_fetched = 0;    ///< from the store
  std::uint64_t objects_fetched = 0;
};

/// Restores every file of `manifest` below the destination, bytes and mtime. Everything that can be refused is refused
/// before anything is written: paths that are absolute or contain `..`, one path with two contents, a file where
/// another entry needs a directory, something other than a file in the way, a link that leads out of the destination, a
/// disk that is too small. Exact duplicates count once. On a later error, files that were already complete stay and no
/// temporary file is left. kNotFound: an object is missing; kIntegrity: its bytes or its size are wrong.
Result<DownloadReport> download_manifest(const Manifest& manifest, ObjectStore& store, const DownloadOptions& options,
                                         std::stop_token stop);

}  // namespace attache
