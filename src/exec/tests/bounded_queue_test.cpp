#include <attache/exec/bounded_queue.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace attache {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, GivesItemsInTheOrderTheyCame) {
  BoundedQueue<int> queue({.items = 10});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(queue.push(i, 0, {}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.pop({}), i);
}

TEST(BoundedQueue, HoldsBackTheProducerWhenItHasTooManyItems) {
  BoundedQueue<int> queue({.items = 2});
  std::atomic<int> pushed{0};
  std::jthread producer([&](const std::stop_token& stop) {
    for (int i = 0; i < 5; ++i) {
      if (queue.push(i, 0, stop)) ++pushed;
    }
  });
  while (pushed < 2) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(pushed, 2);
  EXPECT_EQ(queue.size(), 2U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.pop({}), i);
  producer.join();
  EXPECT_EQ(pushed, 5);
}

TEST(BoundedQueue, HoldsBackTheProducerWhenItHasTooManyBytes) {
  BoundedQueue<int> queue({.items = 100, .bytes = 10});
  EXPECT_TRUE(queue.push(1, 6, {}));
  EXPECT_TRUE(queue.push(2, 4, {}));
  std::atomic<bool> pushed{false};
  std::jthread producer([&](const std::stop_token& stop) { pushed = queue.push(3, 5, stop); });
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(pushed);
  EXPECT_EQ(queue.pop({}), 1);
  producer.join();
  EXPECT_TRUE(pushed);
}

TEST(BoundedQueue, LetsAnItemLargerThanTheBudgetPassAlone) {
  BoundedQueue<int> queue({.items = 100, .bytes = 10});
  EXPECT_TRUE(queue.push(1, 1000, {}));
  std::stop_source stop;
  std::atomic<bool> pushed{true};
  std::jthread producer([&] { pushed = queue.push(2, 1, stop.get_token()); });
  std::this_thread::sleep_for(20ms);
  stop.request_stop();
  producer.join();
  EXPECT_FALSE(pushed);
  EXPECT_EQ(queue.pop({}), 1);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueue, DoesNotOverflowItsByteCount) {
  BoundedQueue<int> queue({.items = 100, .bytes = UINT64_MAX});
  EXPECT_TRUE(queue.push(1, UINT64_MAX - 1, {}));
  EXPECT_TRUE(queue.push(2, 1, {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(queue.push(3, 1, stop.get_token()));
}

TEST(BoundedQueue, GivesWhatIsInsideAfterClosingAndThenNothing) {
  BoundedQueue<std::unique_ptr<int>> queue({.items = 10});
  EXPECT_TRUE(queue.push(std::make_unique<int>(7), 0, {}));
  queue.close();
  EXPECT_FALSE(queue.push(std::make_unique<int>(8), 0, {}));
  const auto item = queue.pop({});
  ASSERT_TRUE(item && *item);
  EXPECT_EQ(**item, 7);
  EXPECT_FALSE(queue.pop({}));
}

TEST(BoundedQueue, WakesWaitersWhenItIsClosedOrStopped) {
  BoundedQueue<int> empty({.items = 1});
  std::jthread consumer([&] { EXPECT_FALSE(empty.pop({})); });
  BoundedQueue<int> full({.items = 1});
  EXPECT_TRUE(full.push(1, 0, {}));
  std::stop_source stop;
  std::jthread producer([&] { EXPECT_FALSE(full.push(2, 0, stop.get_token())); });
  BoundedQueue<int> idle({.items = 1});
  std::jthread other([&] { EXPECT_FALSE(idle.pop(stop.get_token())); });
  std::this_thread::sleep_for(10ms);
  empty.close();
  stop.request_stop();
}

TEST(BoundedQueue, LosesNothingBetweenManyThreads) {
  BoundedQueue<int> queue({.items = 7, .bytes = 50});
  std::atomic<long> sum{0};
  std::atomic<int> count{0};
  {
    std::vector<std::jthread> consumers;
    consumers.reserve(4);
    for (int t = 0; t < 3; ++t) {
      consumers.emplace_back([&] {
        while (const auto item = queue.pop({})) {
          sum += *item;
          ++count;
        }
      });
    }
    {
      std::vector<std::jthread> producers;
      producers.reserve(4);
      for (int t = 0; t < 3; ++t) {
        producers.emplace_back([&] {
          for (int i = 1; i <= 1000; ++i) EXPECT_TRUE(queue.push(i, static_cast<std::uint64_t>(i % 60), {}));
        });
      }
    }
    queue.close();
  }
  EXPECT_EQ(count, 3000);
  EXPECT_EQ(sum, 3L * 500500L);
}

}  // namespace
}  // namespace attache
