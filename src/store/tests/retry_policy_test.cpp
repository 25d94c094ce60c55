#include <attache/store/retry_policy.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

AttemptOutcome status(int value, std::string_view code = {}) {
  return {.status = value, .code = code, .error = std::nullopt, .retry_after = std::nullopt};
}

AttemptOutcome error(ErrorCode code) {
  return {.status = 0, .code = {}, .error = code, .retry_after = std::nullopt};
}

TEST(RetryPolicy, RepeatsOnlyWhatMayPass) {
  struct Case {
    AttemptOutcome outcome;
    bool is_transient;
  };
  const Case cases[] = {
      {status(500), true},
      {status(502), true},
      {status(503), true},
      {status(504), true},
      {status(429), true},
      {status(408), true},
      {status(503, "SlowDown"), true},
      {status(400, "RequestTimeout"), true},
      {status(200, "InternalError"), true},
      {status(409, "OperationAborted"), true},
      {status(409, "ConditionalRequestConflict"), true},
      {error(ErrorCode::kNetwork), true},
      {status(200), false},
      {status(204), false},
      {status(301, "PermanentRedirect"), false},
      {status(307), false},
      {status(400, "ExpiredToken"), false},
      {status(400), false},
      {status(401), false},
      {status(403), false},
      {status(403, "SignatureDoesNotMatch"), false},
      {status(403, "InvalidAccessKeyId"), false},
      {status(403, "RequestTimeTooSkewed"), false},
      {status(404, "NoSuchKey"), false},
      {status(409, "BucketNotEmpty"), false},
      {status(412), false},
      {status(416), false},
      {status(501, "NotImplemented"), false},
      {error(ErrorCode::kCancelled), false},
      {error(ErrorCode::kService), false},
      {error(ErrorCode::kUnauthenticated), false},
      {error(ErrorCode::kNoSpace), false},
      {error(ErrorCode::kIo), false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_transient(c.outcome), c.is_transient) << c.outcome.status << " " << c.outcome.code;
    EXPECT_EQ(retry_delay({}, 1, c.outcome, 0.5).has_value(), c.is_transient);
  }
}

TEST(RetryPolicy, DoublesTheUpperEndAndDrawsBelowIt) {
  const RetryPolicy policy{.max_attempts = 100, .base_delay = 200ms, .max_delay = 10s, .max_retry_after = 30s};
  struct Case {
    int attempt;
    double random;
    Milliseconds delay;
  };
  const Case cases[] = {
      {1, 0.0, 0ms},    {1, 0.5, 100ms},  {1, 0.999, 199ms}, {2, 0.5, 200ms},   {3, 0.5, 400ms},     {4, 0.25, 400ms},
      {6, 0.5, 3200ms}, {7, 0.5, 5000ms}, {8, 0.5, 5000ms},  {99, 0.5, 5000ms}, {99, 1.0, 10'000ms},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(retry_delay(policy, c.attempt, status(503), c.random), c.delay) << c.attempt << " " << c.random;
  }
}

TEST(RetryPolicy, StopsAfterTheLastAttempt) {
  EXPECT_TRUE(retry_delay({}, 3, status(503), 0.5));
  EXPECT_FALSE(retry_delay({}, 4, status(503), 0.5));
  EXPECT_FALSE(retry_delay({.max_attempts = 1}, 1, status(503), 0.5));
}

TEST(RetryPolicy, WaitsAsLongAsTheServiceAsksWithinReason) {
  AttemptOutcome outcome = status(503, "SlowDown");
  outcome.retry_after = 5s;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 5s);
  outcome.retry_after = 1h;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 30s);
  outcome.retry_after = 0s;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 100ms);
}

TEST(RetryPolicy, ReadsRetryAfterInSeconds) {
  EXPECT_EQ(parse_retry_after("3"), 3s);
  EXPECT_EQ(parse_retry_after("0"), 0s);
  EXPECT_EQ(parse_retry_after("4294967295"), std::chrono::seconds(4294967295));
  for (const char* bad : {"", "-1", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999", "3 "}) {
    EXPECT_FALSE(parse_retry_after(bad)) << bad;
  }
}

}  // namespace
}  // namespace attache
