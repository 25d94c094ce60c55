#include <attache/base/number.hpp>
#include <attache/http/request_gate.hpp>

#include <algorithm>
#include <string_view>

namespace attache {

namespace {

/// What may come at once after a pause, in seconds of the rate: long enough that waking up late costs nothing.
constexpr double kRequestBurst = 0.1;
constexpr double kByteBurst = 0.25;

/// Of a first download, when nothing is known.
constexpr double kFirstGuess = 1024.0 * 1024.0;

/// How far one download moves the average.
constexpr double kWeight = 1.0 / 8;

/// The length of `bytes=first-last`.
std::optional<std::uint64_t> range_length(std::string_view range) {
  constexpr std::string_view kUnit = "bytes=";
  if (!range.starts_with(kUnit)) return std::nullopt;
  range.remove_prefix(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number<std::uint64_t>(range.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(range.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return *last - *first + 1;
}

}  // namespace

// --- ConcurrencyGate ---

std::optional<RequestGate::Time> ConcurrencyGate::wait_until(const HttpRequest& request, Time now) {
  static_cast<void>(request);
  static_cast<void>(now);
  if (concurrency_.may_start()) return std::nullopt;
  return kAfterAnEnd;
}

std::uint64_t ConcurrencyGate::started(const HttpRequest& request, Time now) {
  static_cast<void>(request);
  static_cast<void>(now);
  return concurrency_.start();
}

void ConcurrencyGate::ended(std::uint64_t number, const HttpRequest& request, const Result<HttpResponse>& response,
                            Time now) {
  static_cast<void>(request);
  static_cast<void>(now);
  concurrency_.end(number, signal_(response));
}

// --- RateGate ---

RateGate::RateGate(const RateLimitOptions& options, Time now) : average_download_(kFirstGuess) {
  if (options.requests_per_second > 0) {
    requests_.emplace(options.requests_per_second, options.requests_per_second * kRequestBurst, now);
  }
  if (options.bytes_per_second > 0) {
    bytes_.emplace(options.bytes_per_second, options.bytes_per_second * kByteBurst, now);
  }
}

std::optional<RequestGate::Time> RateGate::wait_until(const HttpRequest& request, Time now) {
  static_cast<void>(request);
  Time ready = now;
  if (requests_) ready = std::max(ready, requests_->ready_at(now));
  if (bytes_) ready = std::max(ready, bytes_->ready_at(now));
  if (ready == now) return std::nullopt;
  return ready;
}

std::uint64_t RateGate::expected_bytes(const HttpRequest& request) const {
  if (request.method != HttpMethod::kGet) return body_bytes(request);
  const auto average = static_cast<std::uint64_t>(average_download_);
  const auto range = range_length(request.headers.find("range").value_or(std::string_view()));
  return std::min(range.value_or(average), average);
}

std::uint64_t RateGate::started(const HttpRequest& request, Time now) {
  if (requests_) requests_->take(1, now);
  const std::uint64_t expected = expected_bytes(request);
  if (bytes_) bytes_->take(static_cast<double>(expected), now);
  return expected;
}

void RateGate::ended(std::uint64_t number, const HttpRequest& request, const Result<HttpResponse>& response, Time now) {
  if (!bytes_ || !response) return;  // what a failed request moved is not known: what was expected, then
  const std::uint64_t actual = body_bytes(request) + response->body_bytes;
  if (request.method == HttpMethod::kGet && response->status < 300) {
    average_download_ += (static_cast<double>(response->body_bytes) - average_download_) * kWeight;
  }
  if (actual > number) {
    bytes_->take(static_cast<double>(actual - number), now);
  } else {
    bytes_->give_back(static_cast<double>(number - actual), now);
  }
}

}  // namespace attache
