#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/verify.hpp>

#include "needed_contents.hpp"

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// What became of a content that was fetched.
struct Fetched {
  bool good = false;
  bool legacy = false;  ///< from the old key
  ContentFault fault = ContentFault::kMissing;
  std::uint64_t found_size = 0;
  std::string detail{};
};

struct FetchReport {
  std::vector<Fetched> fetched;  ///< one for each content
  std::uint64_t requests = 0;
};

/// Fetches every content and hashes it, keeping nothing. Small ones through ObjectStore::run() on `threads` threads,
/// those of a part and more one by one on two further threads, which their store fetches in ranges. What is not under
/// its key is looked for under the old one. `progress` hears of bytes as they come, and of each content.
Result<FetchReport> fetch_and_hash(std::span<const NeededContent> contents, ObjectStore& store, unsigned threads,
                                   ProgressReporter& progress, const std::stop_token& stop);

}  // namespace attache
