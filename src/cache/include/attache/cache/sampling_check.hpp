#pragma once

#include <attache/cache/check_cache.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The check of a sample before the cache is trusted (incumbent formats, section 7): of the keys that are about to be
// relied on, up to 30 that the cache knows are asked for, chosen at random.
//
// The incumbent deletes the whole cache for the first that is missing, and also if it could not ask (BUG-43: a 403 or a
// failed connection). Here a missing object costs its own row, and the trust of this run; an error costs the trust
// only.

/// What the store says of one object.
enum class SampledPresence {
  kThere,
  kMissing,  ///< it said so; also if the size is wrong
  kUnknown,  ///< it could not be asked: no connection, no permission
};

enum class SampleVerdict {
  kHolds,      ///< all that were asked for are there (also if the cache knew none): what it knows may be assumed
  kBroken,     ///< one is missing: nothing may be assumed, everything has to be asked for
  kUndecided,  ///< one could not be asked for: nothing may be assumed
};

struct SampleResult {
  SampleVerdict verdict = SampleVerdict::kHolds;
  std::size_t asked = 0;
  /// What turned out to be missing, and is to be dropped from the cache.
  std::vector<std::string> missing{};
};

/// The policy alone: asks for the keys in their order, and ends at the first that is not there.
SampleResult judge_sample(std::span<const std::string> keys,
                          const std::function<SampledPresence(const std::string& key)>& ask);

struct SampleOptions {
  /// The incumbent's number. If one object in ten were missing, 30 would miss that in 4 of 100 runs.
  std::size_t most = 30;
  /// Of the random choice; a different one for every run.
  std::uint64_t seed = 0;
};

/// Some of `keys` that the cache has fresh rows for, at random. Keys that occur twice are likelier, as in the
/// incumbent.
std::vector<std::string> choose_sample(CheckCache& cache, std::string_view bucket, std::span<const std::string> keys,
                                       const SampleOptions& options);

/// choose_sample, judge_sample, and missing rows dropped.
SampleResult check_sample(CheckCache& cache, std::string_view bucket, std::span<const std::string> keys,
                          const SampleOptions& options,
                          const std::function<SampledPresence(const std::string& key)>& ask);

}  // namespace attache
