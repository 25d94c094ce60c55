#include <attache/http/transport.hpp>

#include "response_collector.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(HttpHeaders, CompareNamesWithoutCaseAndKeepOrder) {
  HttpHeaders headers;
  headers.add("X-B", "1");
  headers.add("x-a", "2");
  headers.add("x-b", "3");
  EXPECT_EQ(headers.find("X-b"), "1");
  EXPECT_EQ(headers.find("X-A"), "2");
  EXPECT_FALSE(headers.find("x"));
  headers.set("X-B", "4");
  const std::vector<std::pair<std::string, std::string>> expected = {{"x-a", "2"}, {"X-B", "4"}};
  EXPECT_EQ(headers.fields(), expected);
  headers.remove("X-A");
  EXPECT_FALSE(headers.find("x-a"));
}

TEST(HttpHeaders, CannotForgeAnotherField) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"", "v"}, {"a b", "v"}, {"a:", "v"}, {"a\r\nb", "v"}, {"a", "v\r\nb: c"}, {"a", std::string("\0", 1)}}) {
    HttpHeaders headers;
    headers.add(name, value);
    const auto status = check_sendable(headers);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(status.error().message().find('\n'), std::string::npos);
  }
  HttpHeaders headers;
  headers.add("x-amz-meta-name", "caf\xC3\xA9\tx");
  headers.add("Empty", "");
  EXPECT_TRUE(check_sendable(headers));
}

TEST(ResponseCollector, DropsInterimAnswersAndTrailers) {
  const HttpRequest request;
  ResponseCollector collector(request, "h:80");
  for (const char* line : {"HTTP/1.1 100 Continue\r\n", "X: interim\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
                           "ETag:  \"abc\" \r\n", "nonsense\r\n", "\r\n", "X: trailer\r\n"}) {
    ASSERT_TRUE(collector.header_line(line));
  }
  const auto response = collector.finish();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->headers.find("etag"), "\"abc\"");
  EXPECT_FALSE(response->headers.find("x"));
  EXPECT_EQ(response->headers.fields().size(), 1U);
}

TEST(ResponseCollector, RefusesEndlessHeaders) {
  const HttpRequest request;
  ResponseCollector collector(request, "h:80");
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  Status status;
  int lines = 0;
  while (status && lines < 10'000) {
    status = collector.header_line(line);
    ++lines;
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kService);
  EXPECT_LT(lines, 300);
}

TEST(ResponseCollector, ComparesTheBodyWithItsContentLength) {
  const HttpRequest request;
  ResponseCollector collector(request, "h:80");
  ASSERT_TRUE(collector.header_line("HTTP/1.1 200 OK"));
  ASSERT_TRUE(collector.header_line("Content-Length: 3"));
  ASSERT_TRUE(collector.header_line(""));
  ASSERT_TRUE(collector.body(std::as_bytes(std::span("four", 4))));
  const auto response = collector.finish();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNetwork);
  EXPECT_EQ(response.error().message(), "h:80 announced a body of 3 bytes and sent 4");
}

TEST(ResponseCollector, TakesNoHeadThatBreaksOffForAWholeOne) {
  const HttpRequest request;
  ResponseCollector collector(request, "h:80");
  ASSERT_TRUE(collector.header_line("HTTP/1.1 200 OK"));
  ASSERT_TRUE(collector.header_line("X: y"));
  const auto response = collector.finish();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kNetwork);
}

TEST(ResponseCollector, KnowsTheAnswersThatHaveNoBody) {
  for (const auto& [method, status] :
       {std::pair{HttpMethod::kHead, 200}, {HttpMethod::kGet, 304}, {HttpMethod::kDelete, 204}}) {
    HttpRequest request;
    request.method = method;
    ResponseCollector collector(request, "h:80");
    ASSERT_TRUE(collector.header_line("HTTP/1.1 " + std::to_string(status)));
    ASSERT_TRUE(collector.header_line("Content-Length: 3"));
    ASSERT_TRUE(collector.header_line(""));
    EXPECT_TRUE(collector.finish()) << status;
  }
}

}  // namespace
}  // namespace attache
