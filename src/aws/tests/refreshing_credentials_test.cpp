#include <attache/aws/refreshing_credentials.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <thread>
#include <vector>

namespace attache {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// A source and a clock of the test's.
class Refreshing : public ::testing::Test {
 protected:
  using Answer = std::function<Result<Credentials>(int call, const std::stop_token& stop)>;

  class Source final : public CredentialsProvider {
   public:
    explicit Source(Refreshing& test) : test_(test) {}
    Result<Credentials> get(std::stop_token stop) override { return test_.answer_(++test_.calls_, stop); }
    std::string describe() const override { return "the test"; }

   private:
    Refreshing& test_;
  };

  std::chrono::sys_seconds now() const { return std::chrono::sys_seconds(seconds(now_.load())); }

  /// The n-th credentials, valid for this long.
  Credentials valid(int number, seconds time) const {
    return {"KEY" + std::to_string(number), "secret", "token", "", now() + time};
  }

  Result<std::string> key(const std::stop_token& stop = {}) {
    auto got = credentials_.get(stop);
    if (!got) return fail(got.error());
    return got->access_key_id;
  }

  std::atomic<std::int64_t> now_{1'800'000'000};
  std::atomic<int> calls_{0};
  Answer answer_ = [this](int call, const std::stop_token&) { return valid(call, minutes(60)); };
  RefreshingCredentials credentials_{std::make_unique<Source>(*this), [this] { return now(); }};
};

TEST_F(Refreshing, AskTheSourceOnceWhileItsCredentialsAreGood) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(key(), "KEY1");
  now_ += 44 * 60;  // 16 minutes are left
  EXPECT_EQ(key(), "KEY1");
  EXPECT_EQ(calls_, 1);
}

TEST_F(Refreshing, NeverAskAgainForCredentialsThatDoNotExpire) {
  answer_ = [](int, const std::stop_token&) { return Credentials{"FOREVER", "s", "", "", {}}; };
  EXPECT_EQ(key(), "FOREVER");
  now_ += 1'000'000'000;
  EXPECT_EQ(key(), "FOREVER");
  EXPECT_EQ(calls_, 1);
}

TEST_F(Refreshing, FetchAnewInTheLastQuarterOfAnHour) {
  EXPECT_EQ(key(), "KEY1");
  now_ += 46 * 60;
  EXPECT_EQ(key(), "KEY2");
  EXPECT_EQ(key(), "KEY2");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, KeepWhatTheyHaveIfAnAdvisoryFetchFailsAndTryAgainAMinuteLater) {
  EXPECT_EQ(key(), "KEY1");
  now_ += 46 * 60;
  answer_ = [](int, const std::stop_token&) { return fail(ErrorCode::kNetwork, "no", "x"); };
  EXPECT_EQ(key(), "KEY1");
  EXPECT_EQ(key(), "KEY1");
  EXPECT_EQ(calls_, 2);
  now_ += 60;
  answer_ = [this](int call, const std::stop_token&) { return valid(call, minutes(60)); };
  EXPECT_EQ(key(), "KEY3");
}

TEST_F(Refreshing, FailIfAMandatoryFetchFails) {
  EXPECT_EQ(key(), "KEY1");
  now_ += 51 * 60;
  answer_ = [](int, const std::stop_token&) { return fail(ErrorCode::kNetwork, "no", "x"); };
  EXPECT_EQ(key().error().code(), ErrorCode::kNetwork);
  EXPECT_EQ(key().error().code(), ErrorCode::kNetwork);
  EXPECT_EQ(calls_, 3);
  answer_ = [this](int call, const std::stop_token&) { return valid(call, minutes(60)); };
  EXPECT_EQ(key(), "KEY4");
}

TEST_F(Refreshing, AskASourceOfShortLivedCredentialsOnceAMinute) {
  answer_ = [this](int call, const std::stop_token&) { return valid(call, minutes(5)); };
  for (int second = 0; second < 180; ++second) {
    ASSERT_TRUE(key());
    ++now_;
  }
  EXPECT_EQ(calls_, 3);
}

TEST_F(Refreshing, FetchExpiredCredentialsAnewHoweverSoon) {
  answer_ = [this](int call, const std::stop_token&) { return valid(call, seconds(10)); };
  EXPECT_EQ(key(), "KEY1");
  now_ += 10;
  EXPECT_EQ(key(), "KEY2");
}

TEST_F(Refreshing, RefuseASourceWhoseCredentialsHaveExpiredAlready) {
  answer_ = [this](int call, const std::stop_token&) { return valid(call, seconds(0)); };
  const auto result = key();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(result.error().message(), "the credentials from the test expired at 2027-01-15T08:00:00Z");
}

TEST_F(Refreshing, FetchAnewAfterADiscardOfWhatTheyHold) {
  const Credentials first = credentials_.get({}).value();
  credentials_.discard(first);
  EXPECT_EQ(key(), "KEY2");
  credentials_.discard(first);  // another request that was signed with them
  EXPECT_EQ(key(), "KEY2");
  EXPECT_EQ(calls_, 2);
}

TEST_F(Refreshing, FetchOnceForAllThreads) {
  std::atomic<bool> open{false};
  answer_ = [&](int call, const std::stop_token&) {
    while (!open) std::this_thread::yield();
    return valid(call, minutes(60));
  };
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] { right += key() == "KEY1" ? 1 : 0; });
  }
  while (calls_ == 0) std::this_thread::yield();
  open = true;
  threads.clear();
  EXPECT_EQ(right, 16);
  EXPECT_EQ(calls_, 1);
}

TEST_F(Refreshing, LetOthersGoOnDuringAnAdvisoryFetch) {
  EXPECT_EQ(key(), "KEY1");
  now_ += 46 * 60;
  std::atomic<bool> open{false};
  answer_ = [&](int call, const std::stop_token&) {
    while (!open) std::this_thread::yield();
    return valid(call, minutes(60));
  };
  std::jthread fetching([&] { EXPECT_EQ(key(), "KEY2"); });
  while (calls_ == 1) std::this_thread::yield();
  EXPECT_EQ(key(), "KEY1");
  open = true;
  fetching.join();
  EXPECT_EQ(key(), "KEY2");
}

TEST_F(Refreshing, ShareTheErrorOfAFetchAmongThoseWhoWaitedForIt) {
  std::atomic<bool> open{false};
  answer_ = [&](int, const std::stop_token&) {
    while (!open) std::this_thread::yield();
    return fail(ErrorCode::kNetwork, "no", "x");
  };
  std::vector<std::jthread> threads;
  std::atomic<int> failed{0};
  std::atomic<int> waiting{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      ++waiting;
      const auto result = key();
      failed += !result && result.error().code() == ErrorCode::kNetwork ? 1 : 0;
    });
  }
  while (waiting < 8 || calls_ == 0) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // most of them are in their wait now
  open = true;
  threads.clear();
  EXPECT_EQ(failed, 8);
  EXPECT_LT(calls_, 8);
}

TEST_F(Refreshing, StopWaitingWhenTold) {
  std::atomic<bool> open{false};
  answer_ = [&](int call, const std::stop_token&) {
    while (!open) std::this_thread::yield();
    return valid(call, minutes(60));
  };
  std::jthread fetching([&] { EXPECT_EQ(key(), "KEY1"); });
  while (calls_ == 0) std::this_thread::yield();
  std::stop_source stop;
  std::jthread waiting([&] { EXPECT_EQ(key(stop.get_token()).error().code(), ErrorCode::kCancelled); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stop.request_stop();
  waiting.join();  // though the one that fetches has not come back
  open = true;
}

TEST_F(Refreshing, PassTheFetchOnWhenTheCallerThatFetchesIsCancelled) {
  answer_ = [&](int call, const std::stop_token& stop) -> Result<Credentials> {
    if (call > 1) return valid(call, minutes(60));
    while (!stop.stop_requested()) std::this_thread::yield();
    return cancelled();
  };
  std::stop_source stop;
  std::jthread fetching([&] { EXPECT_EQ(key(stop.get_token()).error().code(), ErrorCode::kCancelled); });
  while (calls_ == 0) std::this_thread::yield();
  std::jthread waiting([&] { EXPECT_EQ(key(), "KEY2"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  stop.request_stop();
  waiting.join();
}

TEST_F(Refreshing, StartNothingForWhoIsCancelledAlready) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(key(stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(key(), "KEY1");
  EXPECT_EQ(key(stop.get_token()), "KEY1");  // what is there costs nothing
}

}  // namespace
}  // namespace attache
