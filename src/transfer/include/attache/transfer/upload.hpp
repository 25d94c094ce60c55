#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

// The upload of one manifest's content, stage by stage; widths and byte budgets are the fields of UploadOptions:
//
//   unique hashes ── exists? ──(absent, or of another size)── open below the root ── read + hash ── verify ── publish
//    (manifest)      head(), `workers` objects at a time       same bytes: the hash is computed again while they are
//    sent
//                                                                                          │
//   manifest object ◄──────────── make_durable() ◄──────────── every object acknowledged ──┘
//
// Nothing is published under a hash that the bytes sent did not have, and no manifest before all of its data.

struct UploadOptions {
  std::string root;  ///< host path of the directory that the manifest's paths are relative to
  /// Where the manifest object goes, e.g. manifest_key(path, name); none: only the data is stored.
  std::optional<std::string> manifest_key;
  std::map<std::string, std::string> manifest_metadata;  ///< e.g. asset-root (section 4.2)
  unsigned workers = 16;  ///< objects at a time: enough to hide a round trip, few enough for a spinning disk
  ProgressCallback progress;
};

enum class UploadOutcome {
  kSent,     ///< acknowledged in this run
  kPresent,  ///< found in the store with the right size in this run
  kResent,   ///< found with another size, replaced
};
std::string_view to_string(UploadOutcome outcome);

struct UploadReport {
  std::uint64_t files = 0;  ///< entries of the manifest
  std::uint64_t bytes = 0;
  std::uint64_t objects_sent = 0;  ///< unique contents sent, including resent ones
  std::uint64_t bytes_sent = 0;
  std::uint64_t objects_present = 0;
  std::uint64_t bytes_present = 0;
  std::uint64_t objects_resent = 0;  ///< of objects_sent, those that replaced an object of another size
  std::uint64_t duplicates = 0;      ///< entries whose content another entry has
};

/// Stores every content that `manifest` names under `store`, then the manifest. Fails with the first error after
/// stopping the workers; everything that was acknowledged stays (content objects are harmless without a manifest) and
/// the next run finds it. kNotFound, kPermissionDenied: a file is missing or unreadable. kSourceChanged: a file has not
/// the hash, or not the size, that the manifest says. Paths are checked first: one that leaves the root is kOutsideRoot
/// before anything is sent.
Result<UploadReport> upload_manifest(const Manifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop);

}  // namespace attache
