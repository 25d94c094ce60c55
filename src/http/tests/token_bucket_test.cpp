#include <attache/http/token_bucket.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

using namespace std::chrono_literals;

constexpr TokenBucket::Time at(std::chrono::milliseconds time) {
  return TokenBucket::Time(time);
}

TEST(TokenBucket, IsFullAtTheBeginningAndFillsUpToItsBurst) {
  TokenBucket bucket(10, 5, at(0ms));
  EXPECT_DOUBLE_EQ(bucket.level(at(0ms)), 5);
  bucket.take(5, at(0ms));
  EXPECT_DOUBLE_EQ(bucket.level(at(0ms)), 0);
  EXPECT_DOUBLE_EQ(bucket.level(at(200ms)), 2);
  EXPECT_DOUBLE_EQ(bucket.level(at(10s)), 5);
}

TEST(TokenBucket, SaysWhenOneTokenIsThere) {
  TokenBucket bucket(10, 1, at(0ms));
  EXPECT_EQ(bucket.ready_at(at(0ms)), at(0ms));
  bucket.take(1, at(0ms));
  EXPECT_EQ(bucket.ready_at(at(0ms)), at(100ms));
  EXPECT_EQ(bucket.ready_at(at(60ms)), at(100ms));
  EXPECT_EQ(bucket.ready_at(at(100ms)), at(100ms));
}

TEST(TokenBucket, LetsADebtBeWaitedFor) {
  TokenBucket bucket(100, 10, at(0ms));
  bucket.take(510, at(0ms));
  EXPECT_DOUBLE_EQ(bucket.level(at(0ms)), -500);
  EXPECT_EQ(bucket.ready_at(at(0ms)), at(5010ms));
  bucket.give_back(400, at(0ms));
  EXPECT_EQ(bucket.ready_at(at(0ms)), at(1010ms));
  bucket.give_back(400, at(0ms));
  EXPECT_DOUBLE_EQ(bucket.level(at(0ms)), 10) << "what is given back fills it, and no more";
}

TEST(TokenBucket, NeverSendsAwayWhoComesWhenTold) {
  TokenBucket bucket(3, 1, at(0ms));
  TokenBucket::Time now = at(0ms);
  for (int i = 0; i < 10'000; ++i) {
    bucket.take(1, now);
    const TokenBucket::Time ready = bucket.ready_at(now);
    ASSERT_GT(ready, now);
    now = ready;
    ASSERT_EQ(bucket.ready_at(now), now) << i;
  }
  EXPECT_NEAR(std::chrono::duration<double>(now - at(0ms)).count(), 10'000 / 3.0, 0.01) << "and the rate is kept";
}

TEST(TokenBucket, IgnoresAClockThatGoesBack) {
  TokenBucket bucket(10, 10, at(1s));
  bucket.take(10, at(1s));
  EXPECT_DOUBLE_EQ(bucket.level(at(0s)), 0);
  EXPECT_DOUBLE_EQ(bucket.level(at(1100ms)), 1);
}

}  // namespace
}  // namespace attache
