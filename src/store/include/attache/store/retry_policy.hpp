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
  std::string_view code;
  std::optional<ErrorCode> error;
  std::optional<std::chrono::milliseconds> retry_after;  ///< what the service asked for
};

/// True if the same request may succeed when it is repeated: a network error, 429, 500, 502, 503, 504, and the codes by
/// which S3 says so with other statuses (RequestTimeout, SlowDown, OperationAborted, ...). Never for wrong credentials,
/// a refusal or absence.
bool is_transient(const AttemptOutcome& outcome);

/// The wait before the next try, or nothing if there is none. `attempt` counts from 1; `random` is in [0, 1). Pure.
/// Full jitter: any wait between zero and the current upper end, because many workers that failed at once must not come
/// back at once. A Retry-After is a lower end.
std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempt,
                                                     const AttemptOutcome& outcome, double random);

/// The value of a Retry-After field in seconds. Dates are not understood (nothing): S3 does not send them.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view field);

}  // namespace attache
