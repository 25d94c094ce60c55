#include <attache/http/testing/scripted_server.hpp>

#include "transport_fixture.hpp"

#include <gtest/gtest.h>

namespace attache::testing {
namespace {

TEST_F(CurlTransportTest, IsSeenByTheScriptedServerAsItWasSent) {
  ScriptedServer server([](const ServerRequest& request) {
    return ServerResponse{.status = 201, .headers = {{"X-Saw", request.target}}, .body = request.body + "!"};
  });
  const std::string body("\0\r\n\r\n\xFF", 6);
  auto request = request_to(HttpMethod::kPost, server.url() + "/a?b");
  request.body = bytes_of(body);
  request.headers.add("x-one", "1");
  const auto response = transport_->perform(request, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.find("x-saw"), "/a?b");
  EXPECT_EQ(response->body, body + "!");
  const auto seen = server.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, body);
  EXPECT_EQ(seen.headers.find("X-One"), "1");
  EXPECT_EQ(seen.connection, 0U);
}

TEST(ScriptedServer, EndsStalledAndDelayedAnswersInItsDestructor) {
  const auto start = std::chrono::steady_clock::now();
  const auto transport = make_curl_transport(loopback_options());
  std::atomic<int> failed = 0;
  const auto count = [&](const Result<HttpResponse>& result) { failed += result ? 0 : 1; };
  HttpRequest stalled;
  HttpRequest delayed;
  {
    ScriptedServer server([](const ServerRequest& request) {
      return request.target == "/stall" ? ServerResponse{.fault = Fault::kStall}
                                        : ServerResponse{.delay = std::chrono::hours(1)};
    });
    stalled = request_to(HttpMethod::kGet, server.url() + "/stall");
    delayed = request_to(HttpMethod::kGet, server.url() + "/delay");
    transport->start(stalled, {}, count);
    transport->start(delayed, {}, count);
    while (server.requests().size() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (failed < 2 && std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) std::this_thread::yield();
  EXPECT_EQ(failed, 2);
}

}  // namespace
}  // namespace attache::testing
