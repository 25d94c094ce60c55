#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/verify.hpp>

#include "needed_contents.hpp"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

namespace attache {

/// What a store says of a content's object without giving it.
struct FoundObject {
  enum class Kind : std::uint8_t { kAbsent, kPresent, kUnreadable };
  Kind kind = Kind::kAbsent;
  bool legacy = false;     ///< kPresent: under the old key
  std::uint64_t size = 0;  ///< kPresent
};

struct FoundObjects {
  std::vector<FoundObject> presence;  ///< one for each content
  std::uint64_t requests = 0;
  bool listed = false;
};

/// Looks for every content, in as few requests as is sensible (lookup_cost.hpp). `contents` are in order. `progress`
/// hears of each.
Result<FoundObjects> find_presence(std::span<const NeededContent> contents, ObjectStore& store, ContentLookup lookup,
                                   ProgressReporter& progress, const std::stop_token& stop);

}  // namespace attache
