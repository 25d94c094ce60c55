#include <attache/http/url.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(Url, TakesAnAbsoluteUrlApart) {
  const auto url = parse_url("https://Example.COM:8443/a%20b/c?x=1&y=%2F");
  ASSERT_TRUE(url) << url.error().to_string();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a%20b/c");
  EXPECT_EQ(url->query, "x=1&y=%2F");
  EXPECT_EQ(url->authority(), "example.com:8443");
  EXPECT_EQ(url->to_string(), "https://example.com:8443/a%20b/c?x=1&y=%2F");
}

TEST(Url, KnowsThePortsOfItsSchemesAndLeavesThemOut) {
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("https://h")->port, 443);
  EXPECT_EQ(parse_url("https://h:443/x")->authority(), "h");
  EXPECT_EQ(parse_url("http://h:443/x")->authority(), "h:443");
  EXPECT_EQ(parse_url("https://h")->host_and_port(), "h:443");
}

TEST(Url, ReadsIpv6Literals) {
  const auto url = parse_url("http://[::1]:9000/bucket");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 9000);
  EXPECT_EQ(url->authority(), "[::1]:9000");
  EXPECT_EQ(url->to_string(), "http://[::1]:9000/bucket");
  EXPECT_EQ(parse_url("https://[2001:DB8::1]")->authority(), "[2001:db8::1]");
}

TEST(Url, KeepsEmptyPathsAndQueriesApart) {
  EXPECT_EQ(parse_url("http://h")->path, "");
  EXPECT_EQ(parse_url("http://h/")->path, "/");
  const auto url = parse_url("http://h?list-type=2");
  EXPECT_EQ(url->path, "");
  EXPECT_EQ(url->query, "list-type=2");
  EXPECT_EQ(parse_url("http://h/a/../b//c/.")->path, "/a/../b//c/.");
}

TEST(Url, RefusesWhatIsNoAbsoluteHttpUrl) {
  for (const char* text : {"",
                           "h",
                           "//h",
                           "ftp://h",
                           "file:///x",
                           "http://",
                           "http:///x",
                           "http://:80",
                           "http://h:0",
                           "http://h:65536",
                           "http://h:8x",
                           "http://h:",
                           "http://h:-1",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[]",
                           "http://[::1%25eth0]",
                           "http://a b",
                           "http://h/a b",
                           "http://h/\n",
                           "http://h/\xC3\xA9",
                           "http://h/x#f",
                           "http://h_\"x/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_FALSE(url.error().remedy().empty());
  }
}

TEST(Url, NeverRepeatsAPasswordOrAQuery) {
  for (const char* text : {"https://user:hunter2@h/x", "https://h/x?token=hunter2#f", "ftp://u:hunter2@h/?q=hunter2"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().to_string().find("hunter2"), std::string::npos) << url.error().to_string();
  }
}

TEST(PercentEncoding, LeavesOnlyUnreservedCharacters) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const std::string encoded = percent_encode(all);
  EXPECT_EQ(encoded.size(), 66U + (256U - 66U) * 3U);
  EXPECT_EQ(percent_decode(encoded), all);
  EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encode(" +=:/\xC3\xA9*"), "%20%2B%3D%3A%2F%C3%A9%2A");
  EXPECT_EQ(percent_encode("a/b c", Slash::kKeep), "a/b%20c");
}

TEST(PercentEncoding, DecodesWithoutTouchingPlus) {
  EXPECT_EQ(percent_decode("a+b%2b%2B"), "a+b++");
  EXPECT_EQ(percent_decode(""), "");
  for (const char* text : {"%", "%2", "%zz", "a%4", "%-1"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(Query, IsSortedByEncodedNameThenValue) {
  EXPECT_EQ(encode_query({{"b", "2"}, {"a", "2"}, {"a", "1"}, {"B", ""}}), "B=&a=1&a=2&b=2");
  // "a" sorts before "a-" although '=' sorts after '-'.
  EXPECT_EQ(encode_query({{"a-", "1"}, {"a", "1"}}), "a=1&a-=1");
  EXPECT_EQ(encode_query({{"prefix", "a b/\xC3\xA9+"}}), "prefix=a%20b%2F%C3%A9%2B");
  EXPECT_EQ(encode_query({}), "");
}

TEST(Query, IsReadBackAsItWasWritten) {
  EXPECT_EQ(decode_query("uploads&x=%20&y="), (QueryParameters{{"uploads", ""}, {"x", " "}, {"y", ""}}));
  EXPECT_EQ(decode_query("a==b&&c=d"), (QueryParameters{{"a", "=b"}, {"c", "d"}}));
  EXPECT_EQ(decode_query(""), QueryParameters{});
  EXPECT_FALSE(decode_query("a=%"));
}

}  // namespace
}  // namespace attache
