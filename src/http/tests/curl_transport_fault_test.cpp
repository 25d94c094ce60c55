#include "transport_fixture.hpp"

namespace attache::testing {
namespace {

using namespace std::chrono_literals;

/// The error of a GET with a secret in its query, which no message may show.
Error error_of(HttpTransport& transport, const std::string& base) {
  const auto response = transport.perform(request_to(HttpMethod::kGet, base + "/key?X-Amz-Signature=hunter2"), {});
  if (response) return {ErrorCode::kUnsupported, "there was no error"};
  EXPECT_EQ(response.error().to_string().find("hunter2"), std::string::npos) << response.error().to_string();
  EXPECT_FALSE(response.error().remedy().empty());
  return response.error();
}

void expect_network(const Error& error, const std::string& part, const std::string& peer) {
  EXPECT_EQ(error.code(), ErrorCode::kNetwork) << error.to_string();
  EXPECT_NE(error.message().find(part), std::string::npos) << error.message();
  EXPECT_NE(error.message().find(peer), std::string::npos) << error.message();
}

TEST_F(CurlTransportTest, NamesAHostThatHasNoAddress) {
  // A label of more than 63 characters: the resolver refuses it without asking anyone.
  const std::string host = std::string(70, 'a') + ".invalid";
  // Twice: what the first has left in its handle must not make the second say something else.
  for (int i = 0; i < 2; ++i) {
    expect_network(error_of(*transport_, "http://" + host), "cannot resolve the host name", host + ":80");
  }
}

TEST_F(CurlTransportTest, NamesAPortThatRefuses) {
  const std::string peer = "127.0.0.1:" + std::to_string(unused_port());
  expect_network(error_of(*transport_, "http://" + peer), "refused the connection", peer);
}

TEST_F(CurlTransportTest, NamesAServerThatClosesWithoutAnAnswer) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.fault = Fault::kClose}; });
  expect_network(error_of(*transport_, server.url()), "without an answer", server.host_and_port());
}

TEST_F(CurlTransportTest, SendsAgainWhatAKeptConnectionLostUnlessToldNotTo) {
  for (const bool never_resend : {false, true}) {
    std::atomic<int> lost = 0;
    ScriptedServer server([&](const ServerRequest& request) {
      if (request.target != "/act" || lost++ > 0) return ServerResponse{};
      return ServerResponse{.fault = Fault::kReset};
    });
    ASSERT_TRUE(get(server.url() + "/first"));
    auto request = request_to(HttpMethod::kPost, server.url() + "/act");
    request.never_resend = never_resend;
    const auto response = transport_->perform(request, {});
    EXPECT_EQ(response.has_value(), !never_resend);
    EXPECT_EQ(lost, never_resend ? 1 : 2);
  }
}

TEST_F(CurlTransportTest, NoticesAServerThatSendsAByteNowAndThen) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.body = std::string(100, 'x'), .byte_interval = 200ms}; });
  auto options = loopback_options();
  options.stall_timeout = 1s;
  const auto transport = make_curl_transport(options);
  const auto begin = std::chrono::steady_clock::now();
  expect_network(error_of(*transport, server.url()), "stalled", server.host_and_port());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
}

TEST_F(CurlTransportTest, GivesARequestTheTimeThatItAsksFor) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.body = "x", .delay = 2500ms}; });
  auto options = loopback_options();
  options.stall_timeout = 1s;
  const auto transport = make_curl_transport(options);
  auto request = request_to(HttpMethod::kGet, server.url());
  EXPECT_FALSE(transport->perform(request, {}));
  request.stall_timeout = 20s;
  EXPECT_TRUE(transport->perform(request, {}));
}

TEST_F(CurlTransportTest, SaysHowMuchCameBeforeTheServerClosed) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.body = std::string(1000, 'x'), .fault = Fault::kClose, .fault_after = 400};
  });
  expect_network(error_of(*transport_, server.url()), "400 of 1000 bytes received", server.host_and_port());
}

TEST_F(CurlTransportTest, NoticesAChunkedBodyThatEndsEarly) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.body = std::string(5000, 'x'), .chunked = true, .fault = Fault::kClose, .fault_after = 2000};
  });
  expect_network(error_of(*transport_, server.url()), "2000 bytes received", server.host_and_port());
}

TEST_F(CurlTransportTest, NoticesAContentLengthThatIsTooLong) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.body = "short", .content_length = 10, .close = true}; });
  expect_network(error_of(*transport_, server.url()), "5 of 10 bytes received", server.host_and_port());
}

TEST_F(CurlTransportTest, NoticesAChunkedBodyLongerThanItsContentLength) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.body = "longer", .chunked = true, .content_length = 3}; });
  expect_network(error_of(*transport_, server.url()), "announced a body of 3 bytes and sent 6", server.host_and_port());
}

TEST_F(CurlTransportTest, ReadsNoFurtherThanTheContentLength) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.body = "body and more", .content_length = 4, .close = true}; });
  const auto response = get(server.url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "body");
}

TEST_F(CurlTransportTest, NamesAConnectionThatWasReset) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.body = std::string(1000, 'x'), .fault = Fault::kReset, .fault_after = 300};
  });
  expect_network(error_of(*transport_, server.url()), "was reset, 300 of 1000 bytes received", server.host_and_port());
  ScriptedServer silent([](const ServerRequest&) { return ServerResponse{.fault = Fault::kReset}; });
  expect_network(error_of(*transport_, silent.url()), "was reset", silent.host_and_port());
}

TEST_F(CurlTransportTest, GivesUpOnAServerThatSaysNothing) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.fault = Fault::kStall}; });
  auto options = loopback_options();
  options.stall_timeout = 1s;
  const auto transport = make_curl_transport(options);
  expect_network(error_of(*transport, server.url()), "stalled: nothing moved for 1 s", server.host_and_port());
}

TEST_F(CurlTransportTest, RefusesAnAnswerThatIsNotHttp) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.close = true, .raw_head = "SSH-2.0-OpenSSH_9.2\r\n\r\n"}; });
  const Error error = error_of(*transport_, server.url());
  EXPECT_EQ(error.code(), ErrorCode::kService) << error.to_string();
}

TEST_F(CurlTransportTest, RefusesEndlessHeaders) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1000; ++i) head += "X-Filler: " + std::string(1000, 'x') + "\r\n";
  ScriptedServer server([&](const ServerRequest&) { return ServerResponse{.close = true, .raw_head = head + "\r\n"}; });
  const Error error = error_of(*transport_, server.url());
  EXPECT_EQ(error.code(), ErrorCode::kService) << error.to_string();
}

TEST_F(CurlTransportTest, SurvivesAPutThatIsAnsweredBeforeItWasRead) {
  const std::string body(8'000'000, 'x');
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.status = 403, .body = "no", .close = true}; });
  auto request = request_to(HttpMethod::kPut, server.url() + "/k");
  request.body = bytes_of(body);
  const auto response = transport_->perform(request, {});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->status, 403);
}

TEST_F(CurlTransportTest, AsksAProxyAndSaysWhenItRefuses) {
  ScriptedServer proxy([](const ServerRequest&) { return ServerResponse{.status = 200, .body = "from the proxy"}; });
  auto options = loopback_options();
  options.proxy = proxy.url();
  auto transport = make_curl_transport(options);
  const auto response = transport->perform(request_to(HttpMethod::kGet, "http://bucket.invalid/key"), {});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->body, "from the proxy");
  EXPECT_EQ(proxy.requests().at(0).target, "http://bucket.invalid/key");

  ScriptedServer refusing([](const ServerRequest&) { return ServerResponse{.status = 403, .close = true}; });
  options.proxy = refusing.url();
  transport = make_curl_transport(options);
  expect_network(error_of(*transport, "https://bucket.invalid"), "the proxy refuses", "bucket.invalid:443");

  options.proxy = "http://" + std::string(70, 'a') + ".invalid:3128";
  transport = make_curl_transport(options);
  expect_network(error_of(*transport, "http://bucket.invalid"), "host name of the proxy", "bucket.invalid:80");
}

TEST_F(CurlTransportTest, RefusesAProxyThatItCannotUseWithoutShowingItsPassword) {
  for (const char* proxy : {"ftp://user:hunter2@127.0.0.1:1", "http://user:hunter2@127.0.0.1:x"}) {
    auto options = loopback_options();
    options.proxy = proxy;
    const auto transport = make_curl_transport(options);
    const Error error = error_of(*transport, "http://bucket.invalid");
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.to_string();
    EXPECT_NE(error.message().find("proxy for bucket.invalid:80"), std::string::npos) << error.message();
    EXPECT_NE(error.remedy().find("HTTPS_PROXY"), std::string::npos) << error.remedy();
  }
}

}  // namespace
}  // namespace attache::testing
