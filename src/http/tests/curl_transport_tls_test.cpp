#include "transport_fixture.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

namespace attache::testing {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { std::filesystem::create_directory(directory_); }
  ~TlsTest() override { std::filesystem::remove_all(directory_); }

  std::string bundle(const std::string& pem) const {
    const std::string path = directory_ / "bundle.pem";
    std::ofstream(path) << pem;
    return path;
  }

  static Result<HttpResponse> get(const HttpTransportOptions& options, const std::string& url) {
    return make_curl_transport(options)->perform(request_to(HttpMethod::kGet, url), {});
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("attache-tls-" + std::to_string(getpid()));
  HttpTransportOptions options_ = loopback_options();
};

TEST_F(TlsTest, TrustsTheGivenCaBundleAndKeepsTheConnection) {
  const TestCertificate certificate("localhost");
  const std::string data = binary_data(3'000'000);
  ScriptedServer server([&](const ServerRequest&) { return ServerResponse{.body = data}; }, &certificate);
  options_.ca_bundle = bundle(certificate.pem());
  const auto transport = make_curl_transport(options_);
  for (int i = 0; i < 3; ++i) {
    const auto response = transport->perform(request_to(HttpMethod::kGet, server.url() + "/key"), {});
    ASSERT_TRUE(response) << response.error().to_string();
    EXPECT_TRUE(response->body == data);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(TlsTest, SpreadsRequestsOverItsThreads) {
  const TestCertificate certificate("localhost");
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.body = "x"}; }, &certificate);
  options_.ca_bundle = bundle(certificate.pem());
  options_.event_threads = 2;
  const auto transport = make_curl_transport(options_);
  const HttpRequest request = request_to(HttpMethod::kGet, server.url() + "/key");
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::latch ended(16);
  for (int i = 0; i < 16; ++i) {
    transport->start(request, {}, [&](Result<HttpResponse> response) {
      EXPECT_TRUE(response) << response.error().to_string();
      {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      ended.count_down();
    });
  }
  ended.wait();
  EXPECT_EQ(threads.size(), 2U);
}

TEST_F(TlsTest, CancelsWhatCompletionsStartWhileItIsDestroyed) {
  const TestCertificate certificate("localhost");
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.delay = std::chrono::seconds(1)}; },
                        &certificate);
  options_.ca_bundle = bundle(certificate.pem());
  options_.event_threads = 3;
  auto transport = make_curl_transport(options_);
  const HttpRequest request = request_to(HttpMethod::kGet, server.url() + "/key");
  std::atomic<int> ended = 0;
  for (int i = 0; i < 30; ++i) {
    transport->start(request, {}, [&, raw = transport.get()](const Result<HttpResponse>&) {
      raw->start(request, {}, [&](const Result<HttpResponse>& again) {
        EXPECT_FALSE(again);
        ++ended;
      });
    });
  }
  transport.reset();
  EXPECT_EQ(ended, 30);
}

TEST_F(TlsTest, RefusesACertificateThatNobodyVouchesFor) {
  const TestCertificate certificate("localhost");
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; }, &certificate);
  options_.ca_bundle = bundle(TestCertificate("other").pem());
  const auto response = get(options_, server.url() + "/key?secret=hunter2");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kService) << response.error().to_string();
  EXPECT_NE(response.error().message().find(server.host_and_port()), std::string::npos);
  EXPECT_NE(response.error().remedy().find("AWS_CA_BUNDLE"), std::string::npos);
  EXPECT_EQ(response.error().to_string().find("hunter2"), std::string::npos);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(TlsTest, RefusesACertificateOfAnotherHost) {
  const TestCertificate certificate("other.example");
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; }, &certificate);
  options_.ca_bundle = bundle(certificate.pem());
  const auto response = get(options_, server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kService) << response.error().to_string();
}

TEST_F(TlsTest, NamesACaBundleThatCannotBeRead) {
  options_.ca_bundle = directory_ / "missing.pem";
  const TestCertificate certificate("localhost");
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; }, &certificate);
  const auto response = get(options_, server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(response.error().message().find("missing.pem"), std::string::npos);
}

TEST_F(TlsTest, SaysWhenAPlainPortIsAskedForTls) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.close = true, .raw_head = "HTTP/1.1 400 Bad\r\n\r\n"}; });
  // The server waits for an empty line that a TLS hello does not have to contain: give up soon.
  options_.connect_timeout = std::chrono::milliseconds(500);
  const auto response = get(options_, "https://" + server.host_and_port());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNetwork) << response.error().to_string();
}

}  // namespace
}  // namespace attache::testing
