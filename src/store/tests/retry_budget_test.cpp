#include <attache/store/retry_budget.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace attache {
namespace {

TEST(RetryBudget, IsSpentByRepetitionsAndFilledByAnswers) {
  RetryBudget budget({.capacity = 12, .cost = 5, .refund = 1});
  EXPECT_TRUE(budget.take());
  EXPECT_TRUE(budget.take());
  EXPECT_FALSE(budget.take()) << "2 are left of 12";
  EXPECT_EQ(budget.left(), 2);
  budget.refund();
  budget.refund();
  EXPECT_FALSE(budget.take());
  budget.refund();
  EXPECT_TRUE(budget.take());
}

TEST(RetryBudget, IsNeverMoreThanFull) {
  RetryBudget budget({.capacity = 10, .cost = 5, .refund = 3});
  budget.refund();
  EXPECT_EQ(budget.left(), 10);
  EXPECT_TRUE(budget.take());
  budget.refund();
  budget.refund();
  EXPECT_EQ(budget.left(), 10);
}

TEST(RetryBudget, SustainsOneFailureInTenForEver) {
  RetryBudget budget;
  for (int i = 0; i < 1'000'000; ++i) {
    if (i % 10 == 0) {
      ASSERT_TRUE(budget.take()) << i;
    }
    budget.refund();
  }
}

TEST(RetryBudget, EndsAnOutageEarly) {
  RetryBudget budget;
  int repetitions = 0;
  while (budget.take()) ++repetitions;
  EXPECT_EQ(repetitions, 1000);
}

TEST(RetryBudget, LosesNothingBetweenThreads) {
  RetryBudget budget({.capacity = 1'000'000, .cost = 5, .refund = 1});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) {
          static_cast<void>(budget.take());
          budget.refund();
        }
      });
    }
  }
  // Whatever the order: never full again after the first repetition but by what others have not taken yet.
  EXPECT_EQ(budget.left(), 1'000'000 - 4000 * 4);
}

}  // namespace
}  // namespace attache
