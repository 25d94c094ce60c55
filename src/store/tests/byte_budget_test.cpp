#include "byte_budget.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <thread>
#include <utility>

namespace attache {
namespace {

using namespace std::chrono_literals;

TEST(ByteBudget, GivesOutNoMoreThanItHas) {
  ByteBudget budget(100);
  std::optional<ByteBudget::Lease> first = budget.try_acquire(60);
  ASSERT_TRUE(first);
  EXPECT_FALSE(budget.try_acquire(41));
  const std::optional<ByteBudget::Lease> second = budget.try_acquire(40);
  EXPECT_TRUE(second);
  EXPECT_FALSE(budget.try_acquire(1));
  first.reset();
  EXPECT_TRUE(budget.try_acquire(60));
}

TEST(ByteBudget, GrantsWhatIsLargerThanItselfToOneAlone) {
  ByteBudget budget(100);
  std::optional<ByteBudget::Lease> large = budget.try_acquire(1000);
  ASSERT_TRUE(large);
  EXPECT_FALSE(budget.try_acquire(1));
  large.reset();
  const std::optional<ByteBudget::Lease> small = budget.try_acquire(1);
  EXPECT_TRUE(small);
  EXPECT_FALSE(budget.try_acquire(1000));
}

TEST(ByteBudget, HandsMemoryOnAndKeepsNoMoreThanItHas) {
  constexpr std::size_t kPart = 1 << 20;
  ByteBudget budget(4 * kPart);
  std::optional<ByteBudget::Lease> first = budget.try_acquire(kPart);
  const std::span<std::byte> memory = first->memory();
  EXPECT_EQ(memory.size(), kPart);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % 4096, 0U);
  EXPECT_EQ(first->memory().data(), memory.data());
  ByteBudget::Lease moved = *std::move(first);
  EXPECT_EQ(moved.memory().data(), memory.data()) << "moving leaves it where it is";
  const std::byte* const address = memory.data();
  { const ByteBudget::Lease gone = std::move(moved); }
  std::optional<ByteBudget::Lease> second = budget.try_acquire(kPart);
  EXPECT_EQ(second->memory().data(), address);
  second.reset();
  // For a lease that is not much smaller, too; then it counts for all of it.
  std::optional<ByteBudget::Lease> small = budget.try_acquire(kPart / 4);
  EXPECT_EQ(small->memory().data(), address);
  EXPECT_EQ(small->memory().size(), kPart / 4);
  EXPECT_FALSE(budget.try_acquire(3 * kPart + 1));
  EXPECT_TRUE(budget.try_acquire(3 * kPart));
  small.reset();
  std::optional<ByteBudget::Lease> tiny = budget.try_acquire(kPart / 8);
  EXPECT_NE(tiny->memory().data(), address);
  tiny.reset();
  // Dropped when all of the budget is wanted for something else.
  std::optional<ByteBudget::Lease> all = budget.try_acquire(4 * kPart);
  EXPECT_EQ(all->memory().size(), 4 * kPart);
  std::memset(all->memory().data(), 1, all->memory().size());
}

TEST(ByteBudget, HasNoMemoryForNoBytes) {
  ByteBudget budget(100);
  EXPECT_TRUE(budget.try_acquire(0)->memory().empty());
}

TEST(ByteBudget, WaitsUntilTheBytesComeBack) {
  ByteBudget budget(100);
  std::optional<ByteBudget::Lease> first = budget.try_acquire(100);
  std::atomic<bool> granted = false;
  std::jthread waiter([&] {
    const auto lease = budget.acquire(50, {});
    granted = lease.has_value();
  });
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(granted);
  first.reset();
  waiter.join();
  EXPECT_TRUE(granted);
}

TEST(ByteBudget, StopsWaitingWhenCancelled) {
  ByteBudget budget(100);
  const std::optional<ByteBudget::Lease> first = budget.try_acquire(100);
  std::stop_source stop;
  std::jthread waiter([&] {
    const auto lease = budget.acquire(50, stop.get_token());
    ASSERT_FALSE(lease);
    EXPECT_EQ(lease.error().code(), ErrorCode::kCancelled);
  });
  stop.request_stop();
}

TEST(ByteBudget, LetsNobodyOvertakeWhoWaits) {
  ByteBudget budget(100);
  std::optional<ByteBudget::Lease> first = budget.try_acquire(60);
  std::stop_source stop;
  std::jthread waiter([&] { EXPECT_FALSE(budget.acquire(50, stop.get_token())); });
  bool refused = false;
  for (int i = 0; i < 1000 && !refused; ++i) {
    refused = !budget.try_acquire(10);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(refused) << "there is room for 10, but somebody waits for 50";
  stop.request_stop();
  waiter.join();
  EXPECT_TRUE(budget.try_acquire(10)) << "nobody waits any more";
}

TEST(ByteBudget, MovesALeaseWithoutLosingBytes) {
  ByteBudget budget(100);
  {
    std::optional<ByteBudget::Lease> first = budget.try_acquire(60);
    std::optional<ByteBudget::Lease> second = budget.try_acquire(40);
    first = std::move(second);
    const std::optional<ByteBudget::Lease> again = budget.try_acquire(60);
    EXPECT_TRUE(again);
  }
  EXPECT_TRUE(budget.try_acquire(100));
}

}  // namespace
}  // namespace attache
