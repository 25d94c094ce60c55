#pragma once

#include <attache/base/error.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace attache {

/// How often, and how long apart, a request to a service is tried.
struct RetryPolicy {
  /// Tries in all. Four ride out a restarting load balancer; more only hide an outage behind a hanging command.
  int max_attempts = 4;
  /// Upper end of the first wait; it doubles with every further one.
  std::chrono::milliseconds base_delay{200};
  /// No wait drawn by chance is longer.
  std::chrono::milliseconds max_delay{10'000};
  /// A Retry-After beyond this is cut to it: a person is waiting.
  std::chrono::milliseconds max_retry_after{30'000};
};

/// How one try of a request ended: with a status (then `code` is the service's error code, empty if it gave none) or
/// with an error (then `status` is 0).
struct AttemptOutcome {
  int status = 0;
  std::string_view code = {};
  std::optional<ErrorCode> error = std::nullopt;
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;  ///< what the service asked for
  /// The region that the service says the bucket is in, or a signature must name; empty: it did not say.
  std::string_view region = {};
  /// The service's clock (its Date) differs from the one that signatures use by more than kMostClockSkew.
  bool clock_differs = false;
};

/// S3 refuses a difference of more than 15 minutes. Requests that wait for their turn need some of it.
inline constexpr std::chrono::minutes kMostClockSkew{4};

/// What would help after one try of a request.
enum class RetryStep {
  kNone,              ///< nothing: it ended as it should, or would end the same way again
  kRepeat,            ///< time: the same request may succeed later
  kCorrectClock,      ///< signing with the service's time
  kRenewCredentials,  ///< other credentials
  kFindRegion,        ///< the bucket's own region
};

/// Pure and total. kRepeat for network errors, 408, 429, 500, 502, 503, 504, and the codes by which S3 says so with
/// other statuses (RequestTimeout, SlowDown, OperationAborted, a damaged body, ...). Never for a refusal or absence.
RetryStep next_step(const AttemptOutcome& outcome);

/// next_step() is kRepeat.
bool is_transient(const AttemptOutcome& outcome);

/// The service asks for fewer requests: 429, 503, SlowDown and its like.
bool is_throttling(int status, std::string_view code);

/// A request was refused for what it asks or for who asks.
bool is_refusal(int status);

/// The code of a refusal for the time that a request was signed for.
bool names_clock(std::string_view code);

/// The wait before the next try, or nothing if there is none. `attempt` counts from 1; `random` is in [0, 1). Pure.
/// Full jitter: any wait between zero and the current upper end, because many workers that failed at once must not come
/// back at once. A Retry-After is a lower end.
std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempt,
                                                     const AttemptOutcome& outcome, double random);

/// The value of a Retry-After field in seconds. Dates are not understood (nothing): S3 does not send them.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view field);

}  // namespace attache
