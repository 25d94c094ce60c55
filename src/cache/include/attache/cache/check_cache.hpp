#pragma once

#include <attache/base/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// How far the check cache may stand in for the store.
///
/// Exact by default: before a run reports success, every object that it relies on was acknowledged to this run or found
/// in the store by it (LIST or HEAD, size compared). The cache is written for others, and to know what to ask first; no
/// answer of it becomes a part of the result.
enum class CheckCacheUse {
  kExact,  ///< as above
  kTrust,  ///< --trust-check-cache: what the cache says is relied on if a sample holds (sampling_check.hpp), and
           ///< reported as assumed, never as verified
  kForce,  ///< --force-s3-check, as in the incumbent: the cache is not looked at, every object is asked for by itself
};

/// All that a row says: somebody saw the object some time ago. A type of its own so that it cannot be taken for a
/// confirmation: it has no size, and nothing turns it into one but asking the store.
struct AssumedPresent {
  /// Negative if it was seen in the future, by a clock ahead of ours.
  std::chrono::seconds age{};
};

struct CheckCacheOptions {
  /// Holds `s3_check_cache.db`; host path, native bytes. Made (0700) if missing.
  std::string directory{};
  /// Told at most once of what makes the cache unusable or worse than none; on the thread that meets it.
  std::function<void(const Error&)> warn{};
  /// How long one call may wait for other processes before the cache is done without.
  std::chrono::milliseconds patience{15'000};
  /// When it fires, nothing waits for other processes any more.
  std::stop_token stop{};
  /// Seconds since 1970; empty: the system's clock. For tests.
  std::function<double()> now{};
};

/// Which objects were last seen in a bucket when: the incumbent's `s3_check_cache.db`, table `s3checkV1` (incumbent
/// formats, section 7), which both programs read and write. Keys are `<bucket>/<key>`; a row that is 30 whole days old
/// is ignored, one of the future is fresh, one whose time is no number is ignored with a warning. Ages are counted in
/// seconds (the incumbent counts in local time, so its 30 days are an hour longer or shorter over a change of the
/// clocks).
///
/// A cache never fails: what goes wrong is warned of once, and then nothing is known. Thread-safe; calls wait for each
/// other, some ms at most.
class CheckCache {
 public:
  static constexpr std::chrono::hours kExpiry{30 * 24};

  /// Always gives a cache; one that could not be opened has warned, and knows nothing.
  static std::unique_ptr<CheckCache> open(CheckCacheOptions options);
  virtual ~CheckCache();

  /// What is known of the objects of one bucket: found[i] is that of keys[i]. Some us for each key, in any order.
  virtual void look_up(std::string_view bucket, std::span<const std::string> keys,
                       std::span<std::optional<AssumedPresent>> found) = 0;
  /// Remembers that the object was seen now: acknowledged to this run, or found by it with the right size. Buffered.
  virtual void record(std::string_view bucket, std::string_view key) = 0;
  /// Forgets objects that turned out to be missing or to have another size: these rows and no others, at once.
  virtual void drop(std::string_view bucket, std::span<const std::string> keys) = 0;
  /// Writes what is buffered; the destructor does, too.
  virtual void flush() = 0;
};

}  // namespace attache
