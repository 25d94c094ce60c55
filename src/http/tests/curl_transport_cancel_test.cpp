#include "transport_fixture.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Cancels a request once `ready` says so, and expects kCancelled long before the request would end by itself. That it
/// takes at most 250 ms is for the campaign `cancel-latency` to measure: a machine under load adds more than that to
/// one call.
template <typename Ready>
void expect_cancelled(HttpTransport& transport, const HttpRequest& request, Ready ready) {
  std::stop_source source;
  Clock::time_point cancelled_at;
  std::jthread canceller([&] {
    const auto deadline = Clock::now() + 10s;
    while (!ready() && Clock::now() < deadline) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    cancelled_at = Clock::now();
    source.request_stop();
  });
  const auto response = transport.perform(request, source.get_token());
  const auto returned_at = Clock::now();
  canceller.join();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCancelled) << response.error().to_string();
  EXPECT_LT(returned_at - cancelled_at, 5s);
}

/// A port of 127.0.0.1 whose queue of connections is full: connecting to it takes for ever.
class FullQueue {
 public:
  FullQueue() {
    auto* generic = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_, generic, size), 0);
    EXPECT_EQ(listen(listener_, 0), 0);
    EXPECT_EQ(getsockname(listener_, generic, &size), 0);
    for (int& filler : fillers_) {
      filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(connect(filler, generic, size));
    }
  }
  ~FullQueue() {
    for (const int filler : fillers_) close(filler);
    close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address_{};
  int fillers_[4] = {};
};

TEST_F(CurlTransportTest, IsCancelledWhileItConnects) {
  const FullQueue queue;
  expect_cancelled(*transport_, request_to(HttpMethod::kGet, queue.url()), [] { return true; });
}

TEST_F(CurlTransportTest, GivesUpConnectingAfterTheConnectTimeout) {
  const FullQueue queue;
  auto options = loopback_options();
  options.connect_timeout = 200ms;
  const auto transport = make_curl_transport(options);
  const auto response = transport->perform(request_to(HttpMethod::kGet, queue.url()), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNetwork);
  EXPECT_NE(response.error().message().find("within 200 ms"), std::string::npos) << response.error().message();
}

TEST_F(CurlTransportTest, IsCancelledWhileItWaitsForAnAnswer) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.fault = Fault::kStall}; });
  expect_cancelled(*transport_, request_to(HttpMethod::kGet, server.url()), [&] { return !server.requests().empty(); });
}

TEST_F(CurlTransportTest, IsCancelledInTheMiddleOfABody) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.body = std::string(1000, 'x'), .fault = Fault::kStall, .fault_after = 500};
  });
  RecordingSink sink;
  auto request = request_to(HttpMethod::kGet, server.url());
  request.sink = &sink;
  expect_cancelled(*transport_, request, [&] { return sink.bytes == 500; });
  EXPECT_EQ(sink.received.size(), 500U);
}

TEST_F(CurlTransportTest, IsCancelledWhileItSendsABody) {
  // Nobody reads: the connection is accepted by the system and its buffers fill up.
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 10), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string body(50'000'000, 'x');
  auto request = request_to(HttpMethod::kPut, "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/k");
  request.body = bytes_of(body);
  const auto start = Clock::now();
  expect_cancelled(*transport_, request, [&] { return Clock::now() - start > 100ms; });
  close(listener);
}

TEST_F(CurlTransportTest, SendsNothingIfItWasCancelledBefore) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  std::stop_source source;
  source.request_stop();
  const auto response = transport_->perform(request_to(HttpMethod::kGet, server.url()), source.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlTransportTest, CancelsOnlyTheRequestWhoseTokenFired) {
  ScriptedServer server([](const ServerRequest& request) {
    return request.target == "/slow" ? ServerResponse{.body = "x", .delay = 300ms}
                                     : ServerResponse{.fault = Fault::kStall};
  });
  std::atomic<bool> slow_ok = false;
  std::jthread slow([&] { slow_ok = get(server.url() + "/slow").has_value(); });
  expect_cancelled(*transport_, request_to(HttpMethod::kGet, server.url() + "/stall"),
                   [&] { return server.requests().size() == 2; });
  slow.join();
  EXPECT_TRUE(slow_ok);
}

TEST_F(CurlTransportTest, EndsEverythingWhenItIsDestroyed) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.fault = Fault::kStall}; });
  const auto request = request_to(HttpMethod::kGet, server.url());
  std::atomic<int> ended = 0;
  HttpTransport* transport = transport_.get();
  for (int i = 0; i < 10; ++i) {
    transport->start(request, {}, [&](Result<HttpResponse> result) {
      if (!result && result.error().code() == ErrorCode::kCancelled) ++ended;
      if (ended > 10) return;
      // Even a request that a completion starts during the destruction is ended.
      transport->start(request, {}, [&](const Result<HttpResponse>& second) { ended += second ? 0 : 1; });
    });
  }
  while (server.requests().size() < 10) std::this_thread::sleep_for(1ms);
  transport_.reset();
  EXPECT_EQ(ended, 20);
}

}  // namespace
}  // namespace attache::testing
