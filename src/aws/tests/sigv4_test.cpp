#include "sigv4_vectors.hpp"

#include <thread>

namespace attache::testing {
namespace {

const Credentials kCredentials{"AKIDEXAMPLE", "hunter2", "", "", {}};

SigV4Request request_at(std::chrono::sys_seconds time) {
  SigV4Request request;
  request.headers.add("host", "h");
  request.time = time;
  return request;
}

TEST(SigV4Signer, RefusesWhatCannotBeSigned) {
  const SigV4Signer signer("us-east-1", "s3");
  SigV4Request request = request_at(utc(2024, 1, 1));
  auto signature = signer.sign(request, {"id", "", "", "", {}});
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code(), ErrorCode::kUnauthenticated);
  request.headers = {};
  signature = signer.sign(request, kCredentials);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().code(), ErrorCode::kInvalidArgument);
  std::string query;
  for (const auto valid_for : {std::chrono::seconds(0), std::chrono::seconds(7 * 24 * 3600 + 1)}) {
    EXPECT_FALSE(signer.presign(request_at(utc(2024, 1, 1)), kCredentials, valid_for, query));
  }
}

TEST(SigV4Signer, NeverShowsTheSecret) {
  const auto signature = SigV4Signer("us-east-1", "s3").sign(request_at(utc(2024, 1, 1)), kCredentials);
  ASSERT_TRUE(signature);
  std::string all = signature->canonical_request + signature->string_to_sign;
  for (const auto& [name, value] : signature->headers) all += name + value;
  EXPECT_EQ(all.find("hunter2"), std::string::npos);
}

TEST(SigV4Signer, MakesAnotherKeyForAnotherDaySecretRegionAndService) {
  const SigV4Signer signer("us-east-1", "s3");
  Credentials other = kCredentials;
  other.secret_access_key = "other";
  const auto sign = [](const SigV4Signer& with, std::chrono::sys_seconds time, const Credentials& by) {
    return with.sign(request_at(time), by)->signature;
  };
  const auto first_day = utc(2024, 1, 1, 23, 59, 59);
  const auto second_day = utc(2024, 1, 2);
  // Each answer of a signer that has cached another key must be that of a signer that has cached nothing.
  for (const auto& time : {first_day, second_day, first_day}) {
    for (const Credentials& by : {kCredentials, other, kCredentials}) {
      EXPECT_EQ(sign(signer, time, by), sign(SigV4Signer("us-east-1", "s3"), time, by));
    }
  }
  EXPECT_NE(sign(signer, first_day, kCredentials), sign(signer, first_day, other));
  EXPECT_NE(sign(signer, first_day, kCredentials), sign(SigV4Signer("us-east-2", "s3"), first_day, kCredentials));
  EXPECT_NE(sign(signer, first_day, kCredentials), sign(SigV4Signer("us-east-1", "sts"), first_day, kCredentials));
}

TEST(SigV4Signer, IsUsedByManyThreadsAtOnce) {
  const SigV4Signer signer("us-east-1", "s3");
  const std::string expected = signer.sign(request_at(utc(2024, 1, 1)), kCredentials)->signature;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const auto other_day = utc(2024, 1, static_cast<unsigned>(2 + t));
          if (!signer.sign(request_at(other_day), kCredentials)) ++wrong;
          if (signer.sign(request_at(utc(2024, 1, 1)), kCredentials)->signature != expected) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(SigV4Signer, SignsTheHostAndPortThatTheTransportSends) {
  const SigV4Signer signer("us-east-1", "s3");
  HttpRequest request;
  request.url = "http://127.0.0.1:9000/bucket/key?b=2&a=1";
  ASSERT_TRUE(signer.sign_request(request, kUnsignedPayload, kCredentials, utc(2024, 1, 1)));
  SigV4Request same = request_at(utc(2024, 1, 1));
  same.headers.set("host", "127.0.0.1:9000");
  same.path = "/bucket/key";
  same.query = {{"a", "1"}, {"b", "2"}};
  same.payload_hash = kUnsignedPayload;
  EXPECT_EQ(request.headers.find("authorization"), header_of(*signer.sign(same, kCredentials), "authorization"));
  EXPECT_EQ(request.headers.find("x-amz-content-sha256"), kUnsignedPayload);
  EXPECT_FALSE(request.headers.find("host")) << "the transport adds it";
}

TEST(SigV4Signer, SignsARequestAgainAsIfItWereNew) {
  const SigV4Signer signer("us-east-1", "s3");
  Credentials temporary = kCredentials;
  temporary.session_token = "token";
  HttpRequest request;
  request.url = "https://h/k";
  request.headers.add("range", "bytes=0-1");
  ASSERT_TRUE(signer.sign_request(request, kEmptyPayloadHash, temporary, utc(2024, 1, 1)));
  const auto first = request.headers.fields();
  ASSERT_TRUE(signer.sign_request(request, kEmptyPayloadHash, kCredentials, utc(2024, 1, 2)));
  EXPECT_FALSE(request.headers.find("x-amz-security-token"));
  ASSERT_TRUE(signer.sign_request(request, kEmptyPayloadHash, temporary, utc(2024, 1, 1)));
  EXPECT_EQ(request.headers.fields(), first);
}

TEST(SigV4Signer, LeavesOutHeadersThatIntermediariesChange) {
  SigV4Request request = request_at(utc(2024, 1, 1));
  for (const char* name : {"User-Agent", "Connection", "Expect", "Authorization", "X-Amzn-Trace-Id"}) {
    request.headers.add(name, "x");
  }
  EXPECT_EQ(SigV4Signer("us-east-1", "s3").sign(request, kCredentials)->signed_headers,
            "host;x-amz-content-sha256;x-amz-date");
}

TEST(SigV4Signer, EncodesThePathASecondTimeForOtherServices) {
  SigV4Request request = request_at(utc(2024, 1, 1));
  request.path = "/a%20b/../c//";
  const auto path = [&](CanonicalPath how) {
    const auto text =
        SigV4Signer("us-east-1", "x", {.canonical_path = how}).sign(request, kCredentials)->canonical_request;
    return text.substr(4, text.find('\n', 4) - 4);
  };
  EXPECT_EQ(path(CanonicalPath::kAsSent), "/a%20b/../c//");
  EXPECT_EQ(path(CanonicalPath::kEncodedAgain), "/a%2520b/../c//");
  EXPECT_EQ(path(CanonicalPath::kNormalizedAndEncodedAgain), "/c/");
}

}  // namespace
}  // namespace attache::testing
