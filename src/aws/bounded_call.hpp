#pragma once

#include <attache/base/result.hpp>
#include <attache/http/transport.hpp>

#include <chrono>
#include <functional>
#include <stop_token>

namespace attache {

/// How long a source of credentials may take. Unlike transfers of objects, its answers are small: there is a limit on
/// the whole time.
struct CallLimits {
  std::chrono::milliseconds timeout{10'000};  ///< for one attempt
  int attempts = 3;
  /// Before the second attempt, doubled for each further one; the actual pause is between half of that and all of it,
  /// so that the machines of a farm, which start together, do not return together.
  std::chrono::milliseconds pause{400};
};

/// Sends a request until an answer comes for which `is_passing` is false, or the attempts are used up: then the last
/// answer, or kNetwork. Other errors of the transport end it at once. kCancelled within 250 ms of `stop`. Not from
/// within a completion or sink of this transport.
Result<HttpResponse> bounded_call(HttpTransport& transport, const HttpRequest& request, const CallLimits& limits,
                                  const std::function<bool(const HttpResponse&)>& is_passing, std::stop_token stop);

/// For is_passing: too many requests, and what gateways and broken servers say.
bool is_passing_status(const HttpResponse& response);

}  // namespace attache
