#include <attache/store/retry_budget.hpp>

#include <algorithm>

namespace attache {

bool RetryBudget::take() {
  std::int64_t left = left_.load(std::memory_order_relaxed);
  while (left >= options_.cost) {
    if (left_.compare_exchange_weak(left, left - options_.cost, std::memory_order_relaxed)) return true;
  }
  return false;
}

void RetryBudget::refund() {
  // Full nearly always: then a request costs one load and writes nothing that other cores read.
  std::int64_t left = left_.load(std::memory_order_relaxed);
  while (left < options_.capacity) {
    const std::int64_t more = std::min(options_.capacity, left + options_.refund);
    if (left_.compare_exchange_weak(left, more, std::memory_order_relaxed)) return;
  }
}

}  // namespace attache
