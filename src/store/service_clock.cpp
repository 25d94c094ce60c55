#include "service_clock.hpp"

#include "s3_documents.hpp"

#include <optional>

namespace attache {

namespace {

std::int64_t microseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::chrono::system_clock::time_point ServiceClock::now() const {
  return clock_() + std::chrono::microseconds(offset_us_.load(std::memory_order_relaxed));
}

bool ServiceClock::differs(std::string_view date) const {
  const std::optional<std::int64_t> theirs = parse_http_date(date);
  if (!theirs) return false;
  const std::int64_t difference = *theirs - microseconds(now());
  constexpr std::int64_t kMost = std::chrono::microseconds(kMostClockSkew).count();
  return difference > kMost || difference < -kMost;
}

ServiceClock::Correction ServiceClock::correct(std::string_view date) {
  const std::optional<std::int64_t> theirs = parse_http_date(date);
  const std::int64_t before = offset_us_.load(std::memory_order_relaxed);
  if (!theirs) return {before, before};
  const std::int64_t after = *theirs - microseconds(clock_());
  return {offset_us_.exchange(after, std::memory_order_relaxed), after};
}

void ServiceClock::undo(const Correction& correction) {
  std::int64_t current = correction.after_us;
  offset_us_.compare_exchange_strong(current, correction.before_us, std::memory_order_relaxed);
}

}  // namespace attache
