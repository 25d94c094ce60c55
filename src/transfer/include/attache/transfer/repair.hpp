#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/base/result.hpp>
#include <attache/exec/progress.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/verify.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

// Sends again what a store lacks, or has wrong:
//
//   verify_manifests() ── for each fault: the files that have it, one after the other ── another store ── reported
//                                          read + hash + send, published only if          the same
//                                          the hash is right

/// Memory that a worker has for what comes from another store.
inline constexpr std::uint64_t kRepairBlock = 8 * kMiB;

struct RepairOptions {
  VerifyOptions verify{};  ///< how faults are found
  /// Host path of a tree that the manifests' paths are relative to, `/` for those of absolute paths; empty: none.
  std::string root{};
  /// Another store that may have what is missing; null: none. Must not be the store that is repaired.
  ObjectStore* from = nullptr;
  unsigned workers = 16;        ///< contents at a time; each has a block of those that come from another store
  ProgressCallback progress{};  ///< of what is sent
};

struct RepairedContent {
  FaultyContent was{};
  std::string source{};  ///< the file's host path, native bytes, or the other store's object
};

struct UnrepairedContent {
  FaultyContent content{};
  std::vector<std::string> reasons{};  ///< what was tried, and why it was of no use
};

struct RepairReport {
  VerifyReport found{};
  std::vector<RepairedContent> repaired{};      ///< acknowledged by the store in this run
  std::vector<UnrepairedContent> unrepaired{};  ///< both in the order of the hashes
  std::uint64_t bytes_sent = 0;                 ///< of what was repaired
};

/// What cannot be repaired ends nothing and is reported. Errors are those of verify_manifests(), of the store that is
/// repaired, kInvalidArgument without a tree and another store, and what the tree's root is refused for. What was
/// repaired before an error stays.
Result<RepairReport> repair_manifests(std::span<const AnyManifest> manifests, ObjectStore& store,
                                      const RepairOptions& options, const std::stop_token& stop);

}  // namespace attache
