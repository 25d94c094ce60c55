#include <attache/http/adaptive_concurrency.hpp>
#include <attache/http/testing/fake_transport.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace attache::testing {
namespace {

/// Runs a script: `s` starts a request, `.` ends the oldest well, `!` overloaded, `-` without meaning. After each
/// letter the limit.
std::vector<std::size_t> limits(const AdaptiveConcurrencyOptions& options, std::string_view script) {
  AdaptiveConcurrency concurrency(options);
  std::vector<std::uint64_t> started;
  std::vector<std::size_t> result;
  for (const char letter : script) {
    if (letter == 's') {
      started.push_back(concurrency.start());
    } else {
      const LoadSignal signal = letter == '.'   ? LoadSignal::kFine
                                : letter == '!' ? LoadSignal::kOverloaded
                                                : LoadSignal::kNothing;
      concurrency.end(started.front(), signal);
      started.erase(started.begin());
    }
    result.push_back(concurrency.limit());
  }
  return result;
}

TEST(AdaptiveConcurrency, GrowsByOneAfterEachRoundThatUsedTheLimitAndHalvesOncePerOverload) {
  struct Case {
    const char* what;
    AdaptiveConcurrencyOptions options;
    const char* script;
    std::vector<std::size_t> limits;
  };
  const Case cases[] = {
      {"starts as told", {.most = 8, .initial = 3}, "s", {3}},
      {"cut to the most", {.most = 8, .initial = 20}, "s", {8}},
      {"one more after as many successes as the limit", {.most = 8, .initial = 2}, "ss.s.", {2, 2, 2, 2, 3}},
      {"never beyond the most", {.most = 2, .initial = 2}, "ss.s.s.s.", {2, 2, 2, 2, 2, 2, 2, 2, 2}},
      {"successes below the limit are no reason to grow", {.most = 8, .initial = 2}, "s.s.s.", {2, 2, 2, 2, 2, 2}},
      {"half of those in flight, not of the limit", {.most = 256, .initial = 256}, "ssss!", {256, 256, 256, 256, 2}},
      {"one overload is one decrease", {.most = 256, .initial = 256}, "ssss!!!!", {256, 256, 256, 256, 2, 2, 2, 2}},
      {"a request started after it can cause the next",
       {.most = 256, .initial = 256},
       "ssss!---ss!",
       {256, 256, 256, 256, 2, 2, 2, 2, 2, 2, 1}},
      {"never below the fewest", {.most = 8, .initial = 1}, "s!s!", {1, 1, 1, 1}},
      {"an end without meaning changes nothing", {.most = 8, .initial = 1}, "s-s-", {1, 1, 1, 1}},
      {"grows again from one", {.most = 8, .initial = 1}, "s!s.ss.s.", {1, 1, 1, 2, 2, 2, 2, 2, 3}},
      {"a decrease starts the round anew", {.most = 8, .initial = 4}, "ssss.s!---", {4, 4, 4, 4, 4, 4, 2, 2, 2, 2}},
  };
  for (const Case& c : cases) EXPECT_EQ(limits(c.options, c.script), c.limits) << c.what;
}

TEST(AdaptiveConcurrency, LetsNoMoreStartThanTheLimit) {
  AdaptiveConcurrency concurrency({.most = 2, .initial = 2});
  EXPECT_TRUE(concurrency.may_start());
  const auto first = concurrency.start();
  EXPECT_TRUE(concurrency.may_start());
  static_cast<void>(concurrency.start());
  EXPECT_FALSE(concurrency.may_start());
  concurrency.end(first, LoadSignal::kNothing);
  EXPECT_TRUE(concurrency.may_start());
  EXPECT_EQ(concurrency.in_flight(), 1U);
}

TEST(AdaptiveConcurrency, SurvivesOptionsWithoutSense) {
  AdaptiveConcurrency concurrency({.most = 0, .initial = 0, .fewest = 0, .decrease = -1});
  EXPECT_EQ(concurrency.limit(), 1U);
  concurrency.end(concurrency.start(), LoadSignal::kOverloaded);
  EXPECT_EQ(concurrency.limit(), 1U);
}

TEST(AdaptiveConcurrency, TakesOverloadFromStatusesAndConnections) {
  const auto error = [](ErrorCode code) { return Result<HttpResponse>(fail(code, "failed", "remedy")); };
  EXPECT_EQ(http_load_signal(respond(200)), LoadSignal::kFine);
  EXPECT_EQ(http_load_signal(respond(206)), LoadSignal::kFine);
  EXPECT_EQ(http_load_signal(respond(404)), LoadSignal::kFine);
  EXPECT_EQ(http_load_signal(respond(412)), LoadSignal::kFine);
  EXPECT_EQ(http_load_signal(respond(429)), LoadSignal::kOverloaded);
  EXPECT_EQ(http_load_signal(respond(503)), LoadSignal::kOverloaded);
  EXPECT_EQ(http_load_signal(respond(500)), LoadSignal::kNothing);
  EXPECT_EQ(http_load_signal(respond(504)), LoadSignal::kNothing);
  EXPECT_EQ(http_load_signal(error(ErrorCode::kNetwork)), LoadSignal::kOverloaded);
  EXPECT_EQ(http_load_signal(error(ErrorCode::kCancelled)), LoadSignal::kNothing);
  EXPECT_EQ(http_load_signal(error(ErrorCode::kIo)), LoadSignal::kNothing);
}

}  // namespace
}  // namespace attache::testing
