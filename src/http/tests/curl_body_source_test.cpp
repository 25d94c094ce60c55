#include "transport_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace attache::testing {
namespace {

/// A text as a body source, in pieces of at most `most` bytes.
class TextBody final : public HttpBodySource {
 public:
  explicit TextBody(std::string text, std::size_t most = 100'000) : text_(std::move(text)), most_(most) {}

  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override {
    if (offset >= fails_at) return fail(ErrorCode::kIo, "the disk is gone", "find it");
    if (offset == 0) ++starts;
    const std::size_t count = std::min({buffer.size(), most_, text_.size() - static_cast<std::size_t>(offset)});
    std::ranges::copy(bytes_of(text_).subspan(static_cast<std::size_t>(offset), count), buffer.begin());
    return count;
  }

  std::uint64_t fails_at = ~std::uint64_t{0};
  int starts = 0;

 private:
  std::string text_;
  std::size_t most_;
};

HttpRequest put_of(HttpBodySource& body, const std::string& url) {
  HttpRequest request = request_to(HttpMethod::kPut, url);
  request.body_source = &body;
  return request;
}

TEST_F(CurlTransportTest, SendsABodyFromASource) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  const std::string data = binary_data(1'500'000);
  TextBody body(data);
  const auto response = transport_->perform(put_of(body, server.url() + "/key"), {});
  ASSERT_TRUE(response) << response.error().to_string();
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "PUT");
  EXPECT_TRUE(requests[0].body == data);
  EXPECT_EQ(requests[0].headers.find("content-length"), "1500000");
  EXPECT_FALSE(requests[0].headers.find("expect"));
  EXPECT_FALSE(requests[0].headers.find("transfer-encoding"));
}

TEST_F(CurlTransportTest, UsesAHandleForOtherRequestsAfterABodySource) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{.body = "x"}; });
  TextBody body("from a source");
  ASSERT_TRUE(transport_->perform(put_of(body, server.url() + "/1"), {}));
  HttpRequest put = request_to(HttpMethod::kPut, server.url() + "/2");
  const std::string memory = "from memory";
  put.body = bytes_of(memory);
  ASSERT_TRUE(transport_->perform(put, {}));
  ASSERT_TRUE(get(server.url() + "/3"));
  ASSERT_TRUE(transport_->perform(request_to(HttpMethod::kHead, server.url() + "/4"), {}));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].body, "from a source");
  EXPECT_EQ(requests[1].body, "from memory");
  EXPECT_EQ(requests[2].method, "GET");
  EXPECT_EQ(requests[2].body, "");
  EXPECT_EQ(requests[3].method, "HEAD");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_F(CurlTransportTest, EndsWithTheErrorOfABodySource) {
  ScriptedServer server([](const ServerRequest&) { return ServerResponse{}; });
  TextBody body(binary_data(1'000'000));
  body.fails_at = 300'000;
  const auto response = transport_->perform(put_of(body, server.url() + "/key"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kIo);
  EXPECT_EQ(response.error().message(), "the disk is gone");
  EXPECT_TRUE(server.requests().empty());
  body.fails_at = ~std::uint64_t{0};
  EXPECT_TRUE(transport_->perform(put_of(body, server.url() + "/key"), {}));
}

TEST_F(CurlTransportTest, SendsABodySourceAgainFromItsStart) {
  // The first connection is closed after its first answer, when the client believes that it is kept.
  ScriptedServer server([](const ServerRequest& request) {
    return ServerResponse{.fault =
                              request.target == "/stale" && request.connection == 0 ? Fault::kClose : Fault::kNone};
  });
  ASSERT_TRUE(get(server.url() + "/first"));
  TextBody body("all of it, twice");
  const auto response = transport_->perform(put_of(body, server.url() + "/stale"), {});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(body.starts, 2);
  EXPECT_EQ(server.requests().back().body, "all of it, twice");
  EXPECT_EQ(server.requests().back().connection, 1U);
}

TEST_F(CurlTransportTest, RefusesABodySourceForAGet) {
  TextBody body("x");
  HttpRequest request = request_to(HttpMethod::kGet, "http://127.0.0.1:9/");
  request.body_source = &body;
  EXPECT_EQ(transport_->perform(request, {}).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace attache::testing
