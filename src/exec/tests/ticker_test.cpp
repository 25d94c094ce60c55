#include <attache/exec/ticker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <optional>

namespace attache {
namespace {

using namespace std::chrono_literals;

TEST(Ticker, TicksUntilItIsDestroyed) {
  std::atomic<int> ticks{0};
  std::latch thrice(3);
  {
    const Ticker ticker(1ms, [&] {
      if (++ticks <= 3) thrice.count_down();
    });
    thrice.wait();
  }
  const int after = ticks;
  std::this_thread::sleep_for(10ms);
  EXPECT_EQ(ticks, after);
}

TEST(Ticker, IsDestroyedWithoutWaitingForItsInterval) {
  const auto begin = std::chrono::steady_clock::now();
  {
    const Ticker ticker(1h, [] { FAIL(); });
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

}  // namespace
}  // namespace attache
