#include <attache/http/adaptive_concurrency.hpp>

#include <algorithm>

namespace attache {

LoadSignal http_load_signal(const Result<HttpResponse>& response) {
  if (!response) {
    return response.error().code() == ErrorCode::kNetwork ? LoadSignal::kOverloaded : LoadSignal::kNothing;
  }
  if (response->status == 429 || response->status == 503) return LoadSignal::kOverloaded;
  return response->status < 500 ? LoadSignal::kFine : LoadSignal::kNothing;
}

AdaptiveConcurrency::AdaptiveConcurrency(const AdaptiveConcurrencyOptions& options) : options_(options) {
  options_.most = std::max<std::size_t>(options_.most, 1);
  options_.fewest = std::clamp<std::size_t>(options_.fewest, 1, options_.most);
  options_.decrease = std::clamp(options_.decrease, 0.0, 1.0);
  limit_ = std::clamp(options_.initial, options_.fewest, options_.most);
}

std::uint64_t AdaptiveConcurrency::start() {
  ++in_flight_;
  return generation_;
}

void AdaptiveConcurrency::end(std::uint64_t started, LoadSignal signal) {
  const std::size_t were_in_flight = in_flight_;
  if (in_flight_ > 0) --in_flight_;
  switch (signal) {
    case LoadSignal::kNothing:
      return;
    case LoadSignal::kFine:
      // Successes below the limit say nothing about more than the limit.
      if (were_in_flight < limit_ || limit_ >= options_.most) return;
      if (++successes_ < limit_) return;
      successes_ = 0;
      ++limit_;
      return;
    case LoadSignal::kOverloaded:
      if (started != generation_) return;
      ++generation_;
      successes_ = 0;
      // Of those in flight, not of the limit: half of a limit that nobody reached would change nothing.
      const auto kept = static_cast<double>(std::min(limit_, were_in_flight)) * options_.decrease;
      limit_ = std::max(options_.fewest, static_cast<std::size_t>(kept));
      return;
  }
}

}  // namespace attache
