#pragma once

#include <attache/http/adaptive_concurrency.hpp>
#include <attache/http/token_bucket.hpp>
#include <attache/http/transport.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace attache {

/// Decides when requests may start. A GatedTransport calls it under its lock, one call at a time.
class RequestGate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// "When another request has ended."
  static constexpr Time kAfterAnEnd = Time::max();

  virtual ~RequestGate() = default;
  /// Nothing if the request may start now, else when to ask again.
  virtual std::optional<Time> wait_until(const HttpRequest& request, Time now) = 0;
  /// The request starts. The number comes back with its end.
  virtual std::uint64_t started(const HttpRequest& request, Time now) = 0;
  virtual void ended(std::uint64_t number, const HttpRequest& request, const Result<HttpResponse>& response,
                     Time now) = 0;
};

/// As many requests at a time as the service bears.
class ConcurrencyGate final : public RequestGate {
 public:
  using Signal = std::function<LoadSignal(const Result<HttpResponse>&)>;

  explicit ConcurrencyGate(const AdaptiveConcurrencyOptions& options, Signal signal = http_load_signal)
      : concurrency_(options), signal_(std::move(signal)) {}

  std::optional<Time> wait_until(const HttpRequest& request, Time now) override;
  std::uint64_t started(const HttpRequest& request, Time now) override;
  void ended(std::uint64_t number, const HttpRequest& request, const Result<HttpResponse>& response, Time now) override;

 private:
  AdaptiveConcurrency concurrency_;
  Signal signal_;
};

/// Zero: no limit.
struct RateLimitOptions {
  double requests_per_second = 0;
  double bytes_per_second = 0;  ///< of bodies, both directions together
};

/// A number of requests and of bytes of bodies per second, as an average over a few seconds. What is under way is never
/// held up: the bytes that it moves delay the requests after it. An upload's bytes are known when it starts. A
/// download's are estimated, by its Range and by what downloads brought lately, and put right when it ends.
class RateGate final : public RequestGate {
 public:
  RateGate(const RateLimitOptions& options, Time now);

  std::optional<Time> wait_until(const HttpRequest& request, Time now) override;
  std::uint64_t started(const HttpRequest& request, Time now) override;
  void ended(std::uint64_t number, const HttpRequest& request, const Result<HttpResponse>& response, Time now) override;

 private:
  std::uint64_t expected_bytes(const HttpRequest& request) const;

  std::optional<TokenBucket> requests_;
  std::optional<TokenBucket> bytes_;
  double average_download_;
};

}  // namespace attache
