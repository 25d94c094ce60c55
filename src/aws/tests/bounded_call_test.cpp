#include "bounded_call.hpp"

#include <attache/http/testing/fake_transport.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace attache::testing {
namespace {

using std::chrono::milliseconds;

class BoundedCall : public ::testing::Test {
 protected:
  FakeTransport::Answer answer_;
  FakeTransport transport_{
      [this](const SeenRequest& request, const std::stop_token& stop) { return answer_(request, stop); }};
  HttpRequest request_;
  CallLimits limits_{milliseconds(5000), 3, milliseconds(0)};

  BoundedCall() { request_.url = "http://service.example:81/secret?secret"; }

  static Result<HttpResponse> hang(const std::stop_token& stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
    return cancelled();
  }
};

TEST_F(BoundedCall, GivesTheFirstAnswerThatDoesNotPass) {
  std::atomic<int> calls{0};
  answer_ = [&](const SeenRequest&, const std::stop_token&) { return respond(++calls < 3 ? 503 : 200); };
  EXPECT_EQ(bounded_call(transport_, request_, limits_, is_passing_status, {})->status, 200);
  EXPECT_EQ(calls, 3);
}

TEST_F(BoundedCall, GivesTheLastAnswerWhenItsAttemptsAreUsedUp) {
  answer_ = [&](const SeenRequest&, const std::stop_token&) { return respond(503); };
  EXPECT_EQ(bounded_call(transport_, request_, limits_, is_passing_status, {})->status, 503);
  EXPECT_EQ(transport_.requests().size(), 3U);
}

TEST_F(BoundedCall, TakesNoLongerThanItMay) {
  answer_ = [&](const SeenRequest&, const std::stop_token& stop) { return hang(stop); };
  limits_ = {milliseconds(30), 2, milliseconds(0)};
  const auto start = std::chrono::steady_clock::now();
  const auto result = bounded_call(transport_, request_, limits_, is_passing_status, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNetwork);
  EXPECT_EQ(result.error().message(), "service.example:81 gave no complete answer within 30 ms");
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_EQ(transport_.requests().size(), 2U);
}

TEST_F(BoundedCall, EndsWhenToldToWhateverItWaitsFor) {
  for (const bool in_pause : {false, true}) {
    std::stop_source stop;
    answer_ = [&](const SeenRequest&, const std::stop_token& token) { return in_pause ? respond(503) : hang(token); };
    limits_.pause = std::chrono::hours(1);
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(20));
      stop.request_stop();
    });
    EXPECT_EQ(bounded_call(transport_, request_, limits_, is_passing_status, stop.get_token()).error().code(),
              ErrorCode::kCancelled);
    EXPECT_EQ(bounded_call(transport_, request_, limits_, is_passing_status, stop.get_token()).error().code(),
              ErrorCode::kCancelled);
  }
}

TEST_F(BoundedCall, TriesWhatCannotSucceedOnlyOnce) {
  answer_ = [&](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
    return fail(ErrorCode::kService, "certificate", "x");
  };
  EXPECT_EQ(bounded_call(transport_, request_, limits_, is_passing_status, {}).error().code(), ErrorCode::kService);
  EXPECT_EQ(transport_.requests().size(), 1U);
}

}  // namespace
}  // namespace attache::testing
