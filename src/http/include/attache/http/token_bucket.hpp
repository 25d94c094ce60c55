#pragma once

#include <chrono>

namespace attache {

/// A rate, kept over time: tokens come in steadily, up to a burst, and are taken as things happen. More may be taken
/// than there are; the debt is waited for afterwards, so that one large thing is never too large, and the average
/// holds. The time is an argument, never earlier than that of a call before. Not thread-safe.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Full at the beginning. Both numbers are above zero; a burst below one token is one.
  TokenBucket(double per_second, double burst, Time now);

  /// When something may be taken: `now` if one token is there.
  Time ready_at(Time now);
  void take(double tokens, Time now);
  /// Gives back what was taken and not used.
  void give_back(double tokens, Time now);

  /// What is there; negative: a debt.
  double level(Time now);

 private:
  void fill(Time now);

  double per_second_;
  double burst_;
  double level_;
  Time filled_at_;
};

}  // namespace attache
