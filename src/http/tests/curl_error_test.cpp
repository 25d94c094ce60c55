#include "curl_error.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

CurlFailure failure_at_farm() {
  CurlFailure failure;
  failure.peer = "farm:443";
  failure.connect_timeout = std::chrono::milliseconds(10'000);
  failure.stall_timeout = std::chrono::seconds(30);
  return failure;
}

struct Row {
  int code;
  ErrorCode expected;
  const char* message_part;
  const char* remedy_part;
};

TEST(CurlError, SaysWhatFailedWhereAndWhatToDo) {
  const Row rows[] = {
      {CURLE_COULDNT_RESOLVE_HOST, ErrorCode::kNetwork, "cannot resolve the host name", "endpoint URL"},
      {CURLE_COULDNT_RESOLVE_PROXY, ErrorCode::kNetwork, "of the proxy", "HTTPS_PROXY"},
      {CURLE_PROXY, ErrorCode::kNetwork, "proxy refuses", "HTTPS_PROXY"},
      {CURLE_COULDNT_CONNECT, ErrorCode::kNetwork, "cannot connect", "endpoint URL"},
      {CURLE_OPERATION_TIMEDOUT, ErrorCode::kNetwork, "no connection to farm:443 within 10000 ms", "firewalls"},
      {CURLE_GOT_NOTHING, ErrorCode::kNetwork, "without an answer", "try again"},
      {CURLE_PARTIAL_FILE, ErrorCode::kNetwork, "in the middle of its answer, 0 bytes received", "try again"},
      {CURLE_RECV_ERROR, ErrorCode::kNetwork, "broke", "try again"},
      {CURLE_SEND_ERROR, ErrorCode::kNetwork, "broke", "try again"},
      {CURLE_PEER_FAILED_VERIFICATION, ErrorCode::kService, "not trusted", "AWS_CA_BUNDLE"},
      {CURLE_SSL_ISSUER_ERROR, ErrorCode::kService, "not trusted", "AWS_CA_BUNDLE"},
      {CURLE_SSL_CACERT_BADFILE, ErrorCode::kInvalidArgument, "certificate authorities", "AWS_CA_BUNDLE"},
      {CURLE_SSL_CONNECT_ERROR, ErrorCode::kNetwork, "no TLS connection", "scheme and port"},
      {CURLE_WEIRD_SERVER_REPLY, ErrorCode::kService, "not HTTP", "S3 service"},
      {CURLE_UNSUPPORTED_PROTOCOL, ErrorCode::kService, "not HTTP", "S3 service"},
      {CURLE_URL_MALFORMAT, ErrorCode::kInvalidArgument, "cannot be used", "endpoint URL"},
      {CURLE_OUT_OF_MEMORY, ErrorCode::kIo, "not enough memory", "try again"},
      {CURLE_FTP_ACCEPT_FAILED, ErrorCode::kNetwork, "failed: ", "try again"},
  };
  for (const Row& row : rows) {
    const Error error = curl_error(row.code, failure_at_farm());
    EXPECT_EQ(error.code(), row.expected) << row.code;
    EXPECT_NE(error.message().find(row.message_part), std::string::npos) << error.message();
    EXPECT_NE(error.remedy().find(row.remedy_part), std::string::npos) << error.remedy();
  }
}

TEST(CurlError, HasAMessageForEveryCode) {
  for (int code = 1; code < CURL_LAST; ++code) {
    const Error error = curl_error(code, failure_at_farm());
    EXPECT_FALSE(error.message().empty()) << code;
    if (code == CURLE_ABORTED_BY_CALLBACK) continue;
    EXPECT_FALSE(error.remedy().empty()) << code;
    if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CRL_BADFILE) continue;
    EXPECT_NE(error.message().find("farm:443"), std::string::npos) << code << " " << error.message();
  }
}

TEST(CurlError, TellsAStallFromAConnectionThatWasNeverMade) {
  auto failure = failure_at_farm();
  failure.connected = true;
  failure.expected = 100;
  failure.received = 40;
  EXPECT_EQ(curl_error(CURLE_OPERATION_TIMEDOUT, failure).message(),
            "the transfer with farm:443 stalled: nothing moved for 30 s, 40 of 100 bytes received");
}

TEST(CurlError, TellsARefusedConnectionAndAReset) {
  auto failure = failure_at_farm();
  failure.refused = true;
  EXPECT_EQ(curl_error(CURLE_COULDNT_CONNECT, failure).message(), "farm:443 refused the connection");
  failure.reset = true;
  failure.connected = true;
  EXPECT_EQ(curl_error(CURLE_RECV_ERROR, failure).message(), "the connection to farm:443 was reset, 0 bytes received");
}

TEST(CurlError, BlamesAKeptConnectionForWhatIsNotHttp) {
  auto failure = failure_at_farm();
  failure.reused = true;
  EXPECT_EQ(curl_error(CURLE_UNSUPPORTED_PROTOCOL, failure).code(), ErrorCode::kNetwork);
  EXPECT_NE(curl_error(CURLE_UNSUPPORTED_PROTOCOL, failure).message().find("rest of another answer"),
            std::string::npos);
}

TEST(CurlError, NamesTheCaBundleAndEscapesForeignText) {
  auto failure = failure_at_farm();
  failure.ca_bundle = "/etc/farm\n.pem";
  EXPECT_NE(curl_error(CURLE_SSL_CACERT_BADFILE, failure).message().find("/etc/farm\\n.pem"), std::string::npos);
  failure.detail = "evil\x1b[31m";
  EXPECT_EQ(curl_error(CURLE_SSL_CONNECT_ERROR, failure).message().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace attache
