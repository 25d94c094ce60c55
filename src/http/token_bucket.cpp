#include <attache/http/token_bucket.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace attache {

namespace {
/// Sums of fractions come out a little below the whole they stand for; who was told to come back now is not sent away.
constexpr double kAlmostOne = 1.0 - 1e-6;
}  // namespace

TokenBucket::TokenBucket(double per_second, double burst, Time now)
    : per_second_(per_second), burst_(std::max(burst, 1.0)), level_(burst_), filled_at_(now) {}

void TokenBucket::fill(Time now) {
  if (now <= filled_at_) return;
  level_ = std::min(burst_, level_ + per_second_ * std::chrono::duration<double>(now - filled_at_).count());
  filled_at_ = now;
}

double TokenBucket::level(Time now) {
  fill(now);
  return level_;
}

TokenBucket::Time TokenBucket::ready_at(Time now) {
  fill(now);
  if (level_ >= kAlmostOne) return now;
  // A week is for ever, and what a clock can add.
  const double seconds = std::min((1.0 - level_) / per_second_, 7.0 * 24 * 3600);
  return now + std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(seconds * 1e9)));
}

void TokenBucket::take(double tokens, Time now) {
  fill(now);
  level_ -= tokens;
}

void TokenBucket::give_back(double tokens, Time now) {
  fill(now);
  level_ = std::min(burst_, level_ + tokens);
}

}  // namespace attache
