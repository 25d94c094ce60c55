#include <attache/store/testing/fault_transport.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace attache::testing {
namespace {

HttpRequest get(int number) {
  HttpRequest request;
  request.url = "http://s3.test/farm-bucket/root/" + std::to_string(number);
  return request;
}

/// How requests ended, by what happened, and in one text.
std::map<std::string, int> outcomes(const FaultTransportOptions& options, int count, std::string& all) {
  FakeTransport inner([](const SeenRequest&, const std::stop_token&) { return respond(200, "content"); });
  FaultTransport transport(inner, options);
  std::map<std::string, int> result;
  for (int i = 0; i < count; ++i) {
    const auto response = transport.perform(get(i), {});
    const std::string outcome =
        response ? std::to_string(response->status) : std::string(to_string(response.error().code()));
    ++result[outcome];
    all += outcome + " ";
  }
  return result;
}

TEST(FaultTransport, FailsAsOftenAsToldInManyWays) {
  FaultTransportOptions options;
  options.rate = 0.2;
  options.stall = std::chrono::milliseconds(1);
  int faults = 0;
  options.on_fault = [&](S3Fault, const HttpRequest&) { ++faults; };
  std::string all;
  std::map<std::string, int> ends = outcomes(options, 3000, all);
  EXPECT_NEAR(faults, 600, 90);
  for (const char* outcome : {"200", "500", "502", "503", "429", "400", "301", "307", "403", "416", "network"}) {
    EXPECT_GT(ends[outcome], 0) << outcome;
  }
}

TEST(FaultTransport, FailsAlikeForTheSameSeed) {
  FaultTransportOptions options;
  options.rate = 0.3;
  options.stall = std::chrono::milliseconds(1);
  std::string first;
  std::string second;
  std::string other;
  static_cast<void>(outcomes(options, 200, first));
  static_cast<void>(outcomes(options, 200, second));
  options.seed = 2;
  static_cast<void>(outcomes(options, 200, other));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, other);
}

TEST(FaultTransport, ChangesNothingAtRateZero) {
  FaultTransportOptions options;
  options.rate = 0;
  std::string all;
  EXPECT_EQ(outcomes(options, 100, all), (std::map<std::string, int>{{"200", 100}}));
}

TEST(FaultTransport, EndsAStallThatIsCancelled) {
  FakeTransport inner([](const SeenRequest&, const std::stop_token&) { return respond(200); });
  FaultTransportOptions options;
  options.rate = 1;
  options.weights = {};
  options.weights[static_cast<std::size_t>(S3Fault::kStall)] = 1;
  options.stall = std::chrono::seconds(60);
  FaultTransport transport(inner, options);
  std::stop_source stop;
  std::jthread user([&] { stop.request_stop(); });
  const auto response = transport.perform(get(1), stop.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
