#pragma once

#include <atomic>
#include <cstdint>

namespace attache {

/// What all requests together may spend on being tried again. A single failure is cheap; when everything fails, four
/// tries of everything would make an outage four times as heavy, and keep every command of a farm hanging in it.
struct RetryBudgetOptions {
  /// Full at the beginning. 1,000 repetitions at once: more than all that can be in flight (256), three times each.
  std::int64_t capacity = 5'000;
  std::int64_t cost = 5;
  /// What an answer that needs no repetition gives back: one repetition per five answers is sustained for ever.
  std::int64_t refund = 1;
};

/// Thread-safe; shared by the requests of a store, or of all stores of a process (S3StoreOptions::retry_budget).
class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetOptions& options = {}) : options_(options), left_(options.capacity) {}

  /// Takes the cost of one repetition; false if it is not there.
  bool take();
  /// An answer came that needs no repetition.
  void refund();
  std::int64_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  const RetryBudgetOptions options_;
  std::atomic<std::int64_t> left_;
};

}  // namespace attache
