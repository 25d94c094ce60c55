#include <attache/http/request_gate.hpp>
#include <attache/http/testing/fake_transport.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;
using Time = RequestGate::Time;

constexpr Time at(std::chrono::milliseconds time) {
  return Time(time);
}

HttpRequest get(const std::string& range = {}) {
  HttpRequest request;
  if (!range.empty()) request.headers.add("range", range);
  return request;
}

HttpResponse with_bytes(std::uint64_t bytes, int status = 200) {
  HttpResponse response = respond(status);
  response.body_bytes = bytes;
  return response;
}

TEST(ConcurrencyGate, LetsTheNextInAfterAnEnd) {
  ConcurrencyGate gate({.most = 1, .initial = 1});
  const HttpRequest request = get();
  EXPECT_EQ(gate.wait_until(request, at(0ms)), std::nullopt);
  const auto number = gate.started(request, at(0ms));
  EXPECT_EQ(gate.wait_until(request, at(0ms)), RequestGate::kAfterAnEnd);
  gate.ended(number, request, respond(200), at(1ms));
  EXPECT_EQ(gate.wait_until(request, at(1ms)), std::nullopt);
}

TEST(ConcurrencyGate, AsksItsSignalWhatAnEndMeans) {
  int asked = 0;
  ConcurrencyGate gate({.most = 4, .initial = 4}, [&](const Result<HttpResponse>&) {
    ++asked;
    return LoadSignal::kOverloaded;
  });
  const HttpRequest request = get();
  const auto number = gate.started(request, at(0ms));
  static_cast<void>(gate.started(request, at(0ms)));
  gate.ended(number, request, respond(200), at(1ms));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(gate.wait_until(request, at(1ms)), RequestGate::kAfterAnEnd) << "one is left of two, and it is in flight";
}

TEST(RateGate, IsOpenWithoutLimits) {
  RateGate gate({}, at(0ms));
  const HttpRequest request = get();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(gate.wait_until(request, at(0ms)), std::nullopt);
    gate.ended(gate.started(request, at(0ms)), request, with_bytes(1'000'000), at(0ms));
  }
}

TEST(RateGate, SpacesRequests) {
  RateGate gate({.requests_per_second = 10, .bytes_per_second = 0}, at(0ms));
  const HttpRequest request = get();
  EXPECT_EQ(gate.wait_until(request, at(0ms)), std::nullopt);
  static_cast<void>(gate.started(request, at(0ms)));
  EXPECT_EQ(gate.wait_until(request, at(0ms)), at(100ms));
  EXPECT_EQ(gate.wait_until(request, at(100ms)), std::nullopt);
}

TEST(RateGate, ChargesUploadsWhenTheyStart) {
  RateGate gate({.requests_per_second = 0, .bytes_per_second = 1000}, at(0ms));
  const std::string body(2250, 'x');
  HttpRequest request;
  request.method = HttpMethod::kPut;
  request.body = std::as_bytes(std::span(body));
  EXPECT_EQ(gate.wait_until(request, at(0ms)), std::nullopt) << "the first passes, however large";
  const auto number = gate.started(request, at(0ms));
  EXPECT_EQ(gate.wait_until(request, at(0ms)), at(2001ms)) << "2,250 less the burst of 250, and one byte";
  gate.ended(number, request, with_bytes(0), at(10ms));
  EXPECT_EQ(gate.wait_until(request, at(10ms)), at(2001ms));
}

TEST(RateGate, ChargesUploadsThatComeFromASource) {
  class Source final : public HttpBodySource {
   public:
    std::uint64_t size() const override { return 2250; }
    Result<std::size_t> read(std::uint64_t, std::span<std::byte> buffer) override { return buffer.size(); }
  };
  RateGate gate({.requests_per_second = 0, .bytes_per_second = 1000}, at(0ms));
  Source source;
  HttpRequest request;
  request.method = HttpMethod::kPut;
  request.body_source = &source;
  const auto number = gate.started(request, at(0ms));
  gate.ended(number, request, with_bytes(0), at(10ms));
  EXPECT_EQ(gate.wait_until(request, at(10ms)), at(2001ms)) << "all of it was sent: nothing is given back";
}

TEST(RateGate, EstimatesDownloadsAndPutsThemRight) {
  RateGate gate({.requests_per_second = 0, .bytes_per_second = 1'000'000}, at(0ms));
  const HttpRequest part = get("bytes=0-8388607");
  const auto number = gate.started(part, at(0ms));
  EXPECT_EQ(number, 1'048'576U) << "nothing is known yet";
  EXPECT_GT(gate.wait_until(part, at(0ms)), at(700ms));
  gate.ended(number, part, with_bytes(4096, 206), at(1ms));
  EXPECT_EQ(gate.wait_until(part, at(1ms)), std::nullopt) << "it was a small object after all";
  for (int i = 0; i < 100; ++i) gate.ended(gate.started(part, at(1ms)), part, with_bytes(4096, 206), at(1ms));
  EXPECT_NEAR(static_cast<double>(gate.started(part, at(1ms))), 4096, 100) << "as the next ones will be";
  EXPECT_EQ(gate.started(get("bytes=100-199"), at(1ms)), 100U);
  for (const char* odd : {"bytes=5-2", "bytes=-5", "bytes=x-y", "lines=1-2", "bytes=3"}) {
    EXPECT_NEAR(static_cast<double>(gate.started(get(odd), at(1ms))), 4096, 100) << odd;
  }
}

TEST(RateGate, KeepsTheAverageOfBytes) {
  // 1 MB/s, parts of 100 kB: 50 take about five seconds of anybody's clock.
  RateGate gate({.requests_per_second = 0, .bytes_per_second = 1'000'000}, at(0ms));
  const HttpRequest part = get("bytes=0-99999");
  Time now = at(0ms);
  for (int i = 0; i < 50; ++i) {
    while (const auto wait = gate.wait_until(part, now)) now = *wait;
    gate.ended(gate.started(part, now), part, with_bytes(100'000, 206), now);
  }
  EXPECT_NEAR(std::chrono::duration<double>(now - at(0ms)).count(), 5.0, 0.5);
}

TEST(RateGate, KeepsTheEstimateOfWhatFailed) {
  RateGate gate({.requests_per_second = 0, .bytes_per_second = 1000}, at(0ms));
  const HttpRequest part = get("bytes=0-1999");
  gate.ended(gate.started(part, at(0ms)), part, fail(ErrorCode::kNetwork, "reset", "again"), at(0ms));
  EXPECT_EQ(gate.wait_until(part, at(0ms)), at(1751ms));
}

}  // namespace
}  // namespace attache::testing
