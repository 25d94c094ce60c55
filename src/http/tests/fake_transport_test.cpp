#include <attache/http/testing/fake_transport.hpp>

#include "transport_fixture.hpp"

#include <gtest/gtest.h>

namespace attache::testing {
namespace {

TEST(FakeTransport, RecordsRequestsAndGivesTheAnswersOfItsFunction) {
  FakeTransport transport([](const SeenRequest& request, const std::stop_token&) {
    return respond(200, request.body + "?", {{"ETag", "e"}});
  });
  auto request = request_to(HttpMethod::kPut, "http://h/k");
  const std::string body = "body";
  request.body = bytes_of(body);
  request.headers.add("a", "b");
  const auto response = transport.perform(request, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "body?");
  EXPECT_EQ(response->body_bytes, 5U);
  EXPECT_EQ(response->headers.find("etag"), "e");
  ASSERT_EQ(transport.requests().size(), 1U);
  EXPECT_EQ(transport.requests()[0].url, "http://h/k");
  EXPECT_EQ(transport.requests()[0].body, "body");
  EXPECT_EQ(transport.requests()[0].headers.find("A"), "b");
}

TEST(FakeTransport, FeedsSinksInPiecesAndDropsBodiesOfHead) {
  const std::string data = binary_data(2500);
  FakeTransport transport([&](const SeenRequest& request, const std::stop_token&) {
    return respond(request.url.ends_with("missing") ? 404 : 200, data);
  });
  auto request = request_to(HttpMethod::kGet, "http://h/k");
  RecordingSink sink;
  request.sink = &sink;
  ASSERT_TRUE(transport.perform(request, {}));
  EXPECT_EQ(sink.received, data);
  sink.fail_after = 1000;
  sink.received.clear();
  EXPECT_EQ(transport.perform(request, {}).error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(sink.received.size(), FakeTransport::kPieceBytes);
  request.url = "http://h/missing";
  EXPECT_EQ(transport.perform(request, {})->body, data);
  request = request_to(HttpMethod::kHead, "http://h/k");
  EXPECT_EQ(transport.perform(request, {})->body, "");
}

TEST(FakeTransport, NoticesALyingContentLengthAsTheRealOneDoes) {
  FakeTransport transport([](const SeenRequest&, const std::stop_token&) {
    return respond(200, "abc", {{"Content-Length", "4"}});
  });
  const auto response = transport.perform(request_to(HttpMethod::kGet, "http://h/k"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNetwork);
}

TEST(FakeTransport, IsCancelledByItsTokenAndItsDestructor) {
  std::optional<FakeTransport> transport;
  transport.emplace([](const SeenRequest&, const std::stop_token& stop) -> Result<HttpResponse> {
    while (!stop.stop_requested()) std::this_thread::yield();
    return fail(ErrorCode::kNetwork, "gave up", "x");
  });
  std::stop_source source;
  source.request_stop();
  const auto request = request_to(HttpMethod::kGet, "http://h/k");
  EXPECT_EQ(transport->perform(request, source.get_token()).error().code(), ErrorCode::kCancelled);
  std::atomic<int> ended = 0;
  for (int i = 0; i < 3; ++i) {
    transport->start(request, {}, [&](const Result<HttpResponse>& result) { ended += result ? 0 : 1; });
  }
  transport.reset();
  EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace attache::testing
