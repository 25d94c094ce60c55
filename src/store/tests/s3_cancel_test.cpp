#include <attache/store/testing/cancel_bench.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;

/// Long before anything would end by itself. The campaign `cancel-latency` measures the 250 ms that a call may take: a
/// machine under load adds more than that to some.
constexpr auto kMost = 5s;

TEST(S3Cancel, EndsACallFromAnyStateAtOnceAndLeavesNothingOpen) {
  static_cast<void>(cancel_trial(CancelState::kBeforeAnswer, 0));  // what is opened once and for all
  const std::size_t before = open_descriptors();
  for (std::size_t state = 0; state < kCancelStates; ++state) {
    for (std::uint64_t i = 0; i < 2; ++i) {
      const CancelTrial trial = cancel_trial(static_cast<CancelState>(state), state * 7919 + i * 1237);
      EXPECT_EQ(trial.problem, "") << to_string(static_cast<CancelState>(state));
      EXPECT_LT(trial.latency, kMost) << to_string(static_cast<CancelState>(state));
    }
  }
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace attache::testing
