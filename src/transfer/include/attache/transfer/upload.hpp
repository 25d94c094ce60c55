#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/base/result.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The upload of one tree's content, stage by stage; widths and byte budgets are the fields of UploadOptions, in the
// order of the stages.
//
//   hash_upload()                                             (hash_upload.hpp)
//   tree ──► status ──► hash cache ──► read + hash ──┬─ in memory, `memory_budget` ──► asked ──► sent ──┐
//            scan threads                            └─ not read, or larger: later ─┐                   │ outcomes
//                                                                                   ▼                   ▼
//   upload_manifest()                       manifest ──► every file's status ──► unique contents ──► what is left
//                                                        all offenders at once                          │
//       ┌───────────────────────────────────────────────────────────────────────────────────────────────┘
//       └► check cache ──► LIST ──► ┌ small: run(), hundreds in flight on `small_workers` threads  ┐
//          (which are    (if it is  │        ask ──► open, read + hash ──► send ──► acknowledged   ├► make_durable()
//           expected)     cheaper)  └ large: put(), `large_workers` at a time, parts in parallel   ┘        │
//                                                                                     manifest object ◄─────┘
//
// Small and large contents are two lists; a thread that has come to the end of its own helps with the other. Nothing is
// published under a hash that the bytes sent did not have, and no manifest before all of its data.
//
// How existence is decided (src/transfer/lookup_cost.hpp says what each way costs). The first page of the store is
// listed, which says how large the store is; all of it if a page tells of 16 contents or more, which is the case up to
// about 60 times as many objects as contents. What is still unknown and not expected by the check cache is sent with
// if-none-match if it is small and few of those that were asked for so far are there; else it is asked for by HEAD. An
// object that is there already is asked for its size. So n new small objects take n + 1 requests, or n + N / 1,000 for
// a store of N objects, which is at most 1.07 n. A directory is asked for each content by itself: its answers cost a
// system call.

struct UploadOptions {
  /// Host path of the directory that the manifest's paths are relative to; for an absolute manifest it is not used.
  std::string root{};

  /// Of the chunks of a v2025-12 manifest, which does not say it. (hash_upload: that of the scan.)
  std::uint64_t chunk_size = kDefaultChunkSize;

  // --- which objects are there already

  CheckCacheUse check = CheckCacheUse::kExact;
  /// Null: none. Gets what was acknowledged or found, nothing else; loses what turned out to be missing.
  CheckCache* check_cache = nullptr;
  /// How the rows of the cache name the store's objects: `<bucket>/<key_prefix>/<key>`.
  std::string bucket{};
  std::string key_prefix{};
  /// Of the random choice of the sample that the cache's word is compared with, kTrust only.
  std::uint64_t sample_seed = 0;
  /// A page of the store is listed from this many contents on: below, it costs more than it saves.
  std::size_t list_from = 50;

  // --- sending

  /// Contents that are kept in memory from being hashed until they are sent, all together (hash_upload only).
  std::uint64_t memory_budget = 64 * kMiB;
  /// Contents below this size are sent hundreds at a time by run(), others by put(), in parts. As the multipart
  /// threshold of the incumbent and of S3StoreOptions.
  std::uint64_t large_from = 8 * kMiB;
  /// Threads that run() small contents; 0: one for a service (its 384 requests in flight are one thread's work; two
  /// where there are more than four cores), one per core for a directory.
  unsigned small_workers = 0;
  /// Large contents at a time. Each has S3StoreOptions::parts_in_flight parts in flight, and hashes what it sends on
  /// one core; four fill 10 Gbit/s.
  unsigned large_workers = 4;
  /// Remembers large contents that are sent in parts, so that an interrupted upload goes on where it ended
  /// (upload_journal.hpp). Null: nobody does.
  PutResumption* resumption = nullptr;
  /// Objects of a directory store get the time of a file that has the content, as in the incumbent's snapshot
  /// directories.
  bool keep_times = false;

  // --- the manifest

  /// Where the manifest object goes, e.g. manifest_key(path, name); none: only the data is stored.
  std::optional<std::string> manifest_key{};
  std::map<std::string, std::string> manifest_metadata{};  ///< e.g. asset-root (section 4.2)
  std::string manifest_content_type{};                     ///< content_type(); empty: the store's default

  /// Only asks: nothing is sent, and outcomes say what would be done.
  bool dry_run = false;
  /// Files and bytes of the manifest; what was found, assumed, or has another file's content is skipped, not done.
  ProgressCallback progress{};
};

/// What became of the content of one entry. Of a file in chunks, the first of these that one of its chunks had.
enum class UploadOutcome : std::uint8_t {
  kSent,       ///< acknowledged in this run
  kResent,     ///< found with another size, and replaced
  kPresent,    ///< found in the store with the right size in this run
  kAssumed,    ///< the check cache says that it is there; nobody asked the store
  kDuplicate,  ///< an entry before it has the same content
  kNothing,    ///< a link or a deletion: there is no content
};
/// "sent", ...
std::string_view to_string(UploadOutcome outcome);
/// Why, for a person: "not in the store", ...
std::string_view reason(UploadOutcome outcome);

/// Requests that an upload made beside those that retries and the store's own needs add; of a dry run those that it
/// would make.
struct UploadRequests {
  std::uint64_t lists = 0;
  std::uint64_t heads = 0;
  std::uint64_t puts = 0;   ///< of whole objects
  std::uint64_t parts = 0;  ///< of large ones, which take two requests more each
  std::uint64_t large = 0;
  /// US dollars, see RequestPrices.
  double estimated_cost() const;
};

struct UploadReport {
  /// One for each entry of the manifest, in its order.
  std::vector<UploadOutcome> outcomes{};
  std::uint64_t files = 0;  ///< entries that have content
  std::uint64_t bytes = 0;
  std::uint64_t objects_sent = 0;  ///< unique contents sent, including resent ones
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_resumed = 0;  ///< of the objects sent, what a dead run had sent
  std::uint64_t objects_present = 0;
  std::uint64_t bytes_present = 0;
  std::uint64_t objects_assumed = 0;
  std::uint64_t bytes_assumed = 0;
  std::uint64_t objects_resent = 0;  ///< of objects_sent, those that replaced an object of another size
  std::uint64_t duplicates = 0;      ///< entries whose content another entry has
  /// kTrust: the sample did not hold, so that nothing was assumed.
  bool trust_refused = false;
  UploadRequests requests{};

  void add(const UploadReport& other);  ///< all but the outcomes
};

/// Stores every content that `manifest` names under `store`, then the manifest.
///
/// Everything that can be known before a byte is sent is: paths that leave the root (kOutsideRoot), entries that were
/// not hashed (kInvalidManifest), files that are missing, unreadable to a status, no files, or of another size
/// (kNotFound, kSourceChanged, all of them in one error). A file whose bytes have another hash by now is found when it
/// is read; its content is not stored, the others are, and then all such files are one error. An error of the store
/// ends everything at once. Whatever was acknowledged stays (content objects are harmless without a manifest) and the
/// next run finds it.
Result<UploadReport> upload_manifest(const Manifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop);
/// The same of a v2025-12 manifest. Chunks are objects of their own; links need none. A diff is uploaded as what it
/// adds.
Result<UploadReport> upload_manifest(const TreeManifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop);

}  // namespace attache
