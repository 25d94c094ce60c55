#include "transport_fixture.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>

namespace attache::testing {
namespace {

TEST_F(CurlTransportTest, GetsABodyWithStatusAndHeaders) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.headers = {{"ETag", "\"e\""}, {"X-Empty", ""}}, .body = "hello"};
  });
  const auto response = get(server.url() + "/bucket/key");
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->body_bytes, 5U);
  EXPECT_EQ(response->headers.find("etag"), "\"e\"");
  EXPECT_EQ(response->headers.find("x-empty"), "");
}

TEST_F(CurlTransportTest, ChangesNoByteOfTheTarget) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  for (const char* target : {"/a/../b/./c//d", "/..", "/%2e%2E/%7e", "/a%20b%2Bc=:@!$&'()*,;~", "/x?a=b%2Fc&d=&e",
                             "/x?q=a+b?c/d", "/{a}[b]", "/%C3%A9"}) {
    ASSERT_TRUE(get(server.url() + target));
    EXPECT_EQ(server.requests().back().target, target);
  }
}

TEST_F(CurlTransportTest, SendsTheHeadersOfTheRequestAndFewOthers) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  auto request = request_to(HttpMethod::kPut, server.url() + "/k");
  const std::string body(2'000'000, 'x');  // libcurl would expect 100-continue beyond 1 MiB
  request.body = bytes_of(body);
  request.headers.add("X-Amz-Date", "20250101T000000Z");
  request.headers.add("x-empty", "");
  ASSERT_TRUE(transport_->perform(request, {}));
  const auto seen = server.requests().at(0);
  std::set<std::string> names;
  for (const auto& [name, value] : seen.headers.fields()) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"Accept", "Content-Length", "Host", "User-Agent", "X-Amz-Date", "x-empty"}));
  EXPECT_EQ(seen.headers.find("host"), server.host_and_port());
  EXPECT_EQ(seen.headers.find("user-agent"), "attache");
  EXPECT_EQ(seen.headers.find("x-empty"), "");
}

TEST_F(CurlTransportTest, SendsAContentLengthForAnEmptyPutAndPost) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  for (const HttpMethod method : {HttpMethod::kPut, HttpMethod::kPost}) {
    ASSERT_TRUE(transport_->perform(request_to(method, server.url() + "/k"), {}));
    const auto seen = server.requests().back();
    EXPECT_EQ(seen.method, to_string(method));
    EXPECT_EQ(seen.headers.find("content-length"), "0");
    EXPECT_FALSE(seen.headers.find("content-type"));
    EXPECT_FALSE(seen.headers.find("transfer-encoding"));
  }
}

TEST_F(CurlTransportTest, SendsAGivenContentType) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  auto request = request_to(HttpMethod::kPost, server.url() + "/k");
  request.headers.add("Content-Type", "application/xml");
  ASSERT_TRUE(transport_->perform(request, {}));
  EXPECT_EQ(server.requests().at(0).headers.find("content-type"), "application/xml");
}

TEST_F(CurlTransportTest, MovesLargeBinaryBodiesBothWays) {
  const std::string data = binary_data(20'000'000);
  ScriptedServer server([&](const ServerRequest& request) {
    return request.method == "GET" ? ServerResponse{.body = data} : ServerResponse{};
  });
  auto put = request_to(HttpMethod::kPut, server.url() + "/k");
  put.body = bytes_of(data);
  ASSERT_TRUE(transport_->perform(put, {}));
  EXPECT_TRUE(server.requests().at(0).body == data);

  RecordingSink sink;
  auto request = request_to(HttpMethod::kGet, server.url() + "/k");
  request.sink = &sink;
  const auto response = transport_->perform(request, {});
  ASSERT_TRUE(response);
  EXPECT_TRUE(sink.received == data);
  EXPECT_EQ(sink.begun, 1);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->body_bytes, data.size());
}

TEST_F(CurlTransportTest, ReadsChunkedAnswers) {
  const std::string data = binary_data(50'000);
  ScriptedServer server([&](const ServerRequest&) { return ServerResponse{.body = data, .chunked = true}; });
  const auto response = get(server.url());
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == data);
}

TEST_F(CurlTransportTest, KeepsTheLengthOfAHeadAnswerThatHasNoBody) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.content_length = 123456789012}; });
  const auto response = transport_->perform(request_to(HttpMethod::kHead, server.url() + "/k"), {});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->headers.find("content-length"), "123456789012");
  EXPECT_EQ(response->body_bytes, 0U);
  EXPECT_EQ(server.requests().at(0).method, "HEAD");
}

TEST_F(CurlTransportTest, DeletesWithoutABody) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.status = 204}; });
  const auto response = transport_->perform(request_to(HttpMethod::kDelete, server.url() + "/k"), {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 204);
  EXPECT_EQ(server.requests().at(0).method, "DELETE");
  EXPECT_FALSE(server.requests().at(0).headers.find("content-length"));
}

TEST_F(CurlTransportTest, ReusesOneConnectionForRequestsThatFollowEachOther) {
  ScriptedServer server([](const ServerRequest& request) {
    return ServerResponse{.status = request.method == "PUT" ? 200 : 404, .body = "x"};
  });
  for (const HttpMethod method : {HttpMethod::kGet, HttpMethod::kHead, HttpMethod::kPut, HttpMethod::kPost,
                                  HttpMethod::kDelete, HttpMethod::kGet, HttpMethod::kPut, HttpMethod::kHead}) {
    ASSERT_TRUE(transport_->perform(request_to(method, server.url() + "/k"), {}));
    // Nothing of an earlier request's method or body may stick to the handle.
    EXPECT_EQ(server.requests().back().method, to_string(method));
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlTransportTest, OpensANewConnectionWhenTheServerClosedTheOldOne) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.body = "x", .close = true}; });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get(server.url()));
  EXPECT_EQ(server.connections(), 3U);
}

TEST_F(CurlTransportTest, FollowsNoRedirect) {
  ScriptedServer server([](const ServerRequest&) {
    return ServerResponse{.status = 301, .headers = {{"Location", "/elsewhere"}}, .body = "moved"};
  });
  const auto response = get(server.url());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 301);
  EXPECT_EQ(response->body, "moved");
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlTransportTest, BeginsASinkForAnEmptyBody) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  RecordingSink sink;
  auto request = request_to(HttpMethod::kGet, server.url());
  request.sink = &sink;
  ASSERT_TRUE(transport_->perform(request, {}));
  EXPECT_EQ(sink.begun, 1);
}

TEST_F(CurlTransportTest, CollectsTheErrorDocumentThatASinkDoesNotWant) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.status = 403, .body = "<Error/>"}; });
  RecordingSink sink;
  auto request = request_to(HttpMethod::kGet, server.url());
  request.sink = &sink;
  const auto response = transport_->perform(request, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "<Error/>");
  EXPECT_EQ(sink.received, "");
}

TEST_F(CurlTransportTest, EndsWithTheErrorOfASink) {
  const std::string data(1'000'000, 'x');
  ScriptedServer server([&](const ServerRequest&) { return ServerResponse{.body = data}; });
  auto request = request_to(HttpMethod::kGet, server.url());
  RecordingSink full;
  full.fail_after = 10;
  request.sink = &full;
  auto response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(response.error().message(), "the sink is full");
  RecordingSink unwilling;
  unwilling.fail_begin = true;
  request.sink = &unwilling;
  response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message(), "the sink does not begin");
  EXPECT_EQ(unwilling.received, "");
}

TEST_F(CurlTransportTest, LimitsABodyThatIsCollected) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.body = std::string(1001, 'x')}; });
  auto request = request_to(HttpMethod::kGet, server.url());
  request.max_collected_bytes = 1000;
  const auto response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kService);
  EXPECT_NE(response.error().message().find("more than 1000 bytes"), std::string::npos);
  request.max_collected_bytes = 1001;
  EXPECT_TRUE(transport_->perform(request, {}));
}

/// Starts many requests and waits for all of them.
class Batch {
 public:
  void start(HttpTransport& transport, const HttpRequest& request) {
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    transport.start(request, {}, [this](Result<HttpResponse> result) {
      const std::lock_guard lock(mutex_);
      if (result && result->status == 200) ++succeeded_;
      threads_.insert(std::this_thread::get_id());
      --running_;
      changed_.notify_all();
    });
  }
  int wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ == 0; });
    return succeeded_;
  }
  std::size_t threads() const { return threads_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  int succeeded_ = 0;
  std::set<std::thread::id> threads_;
};

TEST_F(CurlTransportTest, RunsManyRequestsAtOnceOnOneThread) {
  ScriptedServer server(
      [](const ServerRequest&) { return ServerResponse{.body = "x", .delay = std::chrono::milliseconds(300)}; });
  std::deque<HttpRequest> requests(64, request_to(HttpMethod::kGet, server.url() + "/k"));
  Batch batch;
  for (const HttpRequest& request : requests) batch.start(*transport_, request);
  EXPECT_EQ(batch.wait(), 64);
  EXPECT_EQ(batch.threads(), 1U);
  EXPECT_GE(server.most_in_flight(), 32U);
  for (const HttpRequest& request : requests) batch.start(*transport_, request);
  EXPECT_EQ(batch.wait(), 128);
  EXPECT_EQ(server.connections(), 64U) << "connections must be kept";
}

TEST_F(CurlTransportTest, TakesRequestsFromManyThreads) {
  ScriptedServer server([](const ServerRequest& request) { return ServerResponse{.body = request.body}; });
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string body = std::to_string(t) + "/" + std::to_string(i);
          auto request = request_to(HttpMethod::kPut, server.url() + "/k");
          request.body = bytes_of(body);
          const auto response = transport_->perform(request, {});
          if (!response || response->body != body) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(server.connections(), 8U);
}

TEST_F(CurlTransportTest, LetsACompletionStartTheNextRequest) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  const auto request = request_to(HttpMethod::kGet, server.url() + "/k");
  Batch batch;
  std::mutex mutex;
  std::condition_variable finished;
  bool started = false;
  transport_->start(request, {}, [&](const Result<HttpResponse>&) {
    batch.start(*transport_, request);
    const std::lock_guard lock(mutex);
    started = true;
    finished.notify_all();
  });
  std::unique_lock lock(mutex);
  finished.wait(lock, [&] { return started; });
  EXPECT_EQ(batch.wait(), 1);
}

TEST_F(CurlTransportTest, RefusesRequestsThatCannotBeSent) {
  auto request = request_to(HttpMethod::kGet, "https://user:hunter2@h/");
  auto response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(response.error().to_string().find("hunter2"), std::string::npos);

  request = request_to(HttpMethod::kGet, "http://127.0.0.1:1/");
  request.headers.add("X", "a\r\nY: b");
  response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument);

  const std::string body = "x";
  request = request_to(HttpMethod::kGet, "http://127.0.0.1:1/");
  request.body = bytes_of(body);
  response = transport_->perform(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace attache::testing
