#pragma once

#include <attache/base/result.hpp>
#include <attache/http/transport.hpp>

#include <cstddef>
#include <cstdint>

namespace attache {

struct AdaptiveConcurrencyOptions {
  /// Never more requests at a time; 0: no limit is kept at all. Callers have widths of their own, mostly below it.
  std::size_t most = 384;
  /// At the beginning; cut to `most`. As many as there may be: a service that cannot take them says so, and that costs
  /// one round of retries, while growing one by one from a few would cost every short job its speed.
  std::size_t initial = 384;
  /// Never fewer.
  std::size_t fewest = 1;
  /// What remains of those in flight when the service is overloaded.
  double decrease = 0.5;
};

/// What the end of a request says about the service's load.
enum class LoadSignal { kFine, kOverloaded, kNothing };

/// 429, 503 and failures of the connection: overloaded. Other answers of a working service: fine. Errors of the
/// caller's own (cancelled, a sink that fails) and other 5xx: nothing.
LoadSignal http_load_signal(const Result<HttpResponse>& response);

/// How many requests may be in flight: one more after each round of successes that used the limit, half of those in
/// flight after an overload. Many refusals at once are one overload: only requests that were started after the last
/// decrease can cause the next. A state machine without clock or thread; not thread-safe.
class AdaptiveConcurrency {
 public:
  explicit AdaptiveConcurrency(const AdaptiveConcurrencyOptions& options);

  bool may_start() const { return in_flight_ < limit_; }
  /// A request starts, whatever may_start() says. The number is for its end().
  std::uint64_t start();
  void end(std::uint64_t started, LoadSignal signal);

  std::size_t limit() const { return limit_; }
  std::size_t in_flight() const { return in_flight_; }
  /// Decreases so far.
  std::uint64_t decreases() const { return generation_; }

 private:
  AdaptiveConcurrencyOptions options_;
  std::size_t limit_;
  std::size_t in_flight_ = 0;
  std::size_t successes_ = 0;     // since the limit last changed, with the limit in use
  std::uint64_t generation_ = 0;  // one more with each decrease
};

}  // namespace attache
