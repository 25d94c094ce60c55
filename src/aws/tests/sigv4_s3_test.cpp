// Signatures of S3 requests: the examples of the Amazon S3 API Reference ("Authenticating Requests: Using the
// Authorization Header" and "Using Query Parameters"), and what botocore makes of keys that are easy to get wrong.

#include <attache/aws/s3_endpoint.hpp>

#include "sigv4_vectors.hpp"

namespace attache::testing {
namespace {

const Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", "", {}};

SigV4Request example_request(std::string_view method, std::string_view path) {
  SigV4Request request;
  request.method = method;
  request.path = path;
  request.headers.add("Host", "examplebucket.s3.amazonaws.com");
  request.time = utc(2013, 5, 24);
  return request;
}

TEST(SigV4S3, SignsTheDocumentedGetWithARange) {
  auto request = example_request("GET", "/test.txt");
  request.headers.add("Range", "bytes=0-9");
  const auto signature = SigV4Signer("us-east-1", "s3").sign(request, kExample);
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->signature, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(signature->signed_headers, "host;range;x-amz-content-sha256;x-amz-date");
  EXPECT_EQ(header_of(*signature, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(header_of(*signature, "x-amz-content-sha256"), kEmptyPayloadHash);
}

TEST(SigV4S3, SignsTheDocumentedPut) {
  auto request = example_request("PUT", "/test%24file.text");
  request.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  request.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  const std::string hash = sha256_hex(std::string_view("Welcome to Amazon S3.")).value();
  request.payload_hash = hash;
  const auto signature = SigV4Signer("us-east-1", "s3").sign(request, kExample);
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->signature, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4S3, SignsTheDocumentedQueries) {
  auto request = example_request("GET", "/");
  request.query = {{"lifecycle", ""}};
  const SigV4Signer signer("us-east-1", "s3");
  EXPECT_EQ(signer.sign(request, kExample)->signature,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(signer.sign(request, kExample)->signature,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4S3, PresignsTheDocumentedGet) {
  auto request = example_request("GET", "/test.txt");
  request.payload_hash = kUnsignedPayload;
  std::string query;
  const auto signature = SigV4Signer("us-east-1", "s3").presign(request, kExample, std::chrono::seconds(86400), query);
  ASSERT_TRUE(signature);
  EXPECT_EQ(query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_"
            "request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

class Botocore : public ::testing::Test {
 protected:
  const nlohmann::json vectors_ = load_vectors("botocore_s3_cases.json");
  const SigV4Signer signer_{"eu-west-1", "s3"};
  const std::chrono::sys_seconds time_ = utc(2024, 2, 29, 23, 59, 58);

  static S3Endpoint endpoint() {
    AwsSettings settings;
    settings.region = "eu-west-1";
    return S3Endpoint::make(settings, "bucket").value();
  }

  static QueryParameters query_of(const nlohmann::json& vector) {
    QueryParameters query;
    for (const auto& pair : vector.at("query")) query.emplace_back(pair[0], pair[1]);
    return query;
  }

  static Credentials credentials_of(const nlohmann::json& vector) {
    return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", vector.at("token"), "", {}};
  }
};

TEST_F(Botocore, AgreesOnSignaturesInTheHeader) {
  ASSERT_GT(vectors_.at("header").size(), 30U);
  for (const auto& vector : vectors_.at("header")) {
    const std::string key = vector.at("key");
    const S3Endpoint bucket = endpoint();
    const std::string path = bucket.path(key);
    const std::string hash = vector.at("payload_hash");
    const std::string method = vector.at("method");
    SigV4Request to_sign;
    to_sign.method = method;
    to_sign.path = path;
    to_sign.query = query_of(vector);
    to_sign.headers.add("host", bucket.host());
    to_sign.payload_hash = hash;
    to_sign.time = time_;
    HttpRequest request;
    request.method = method == "PUT" ? HttpMethod::kPut : method == "POST" ? HttpMethod::kPost : HttpMethod::kGet;
    request.url = bucket.url(key, to_sign.query);
    for (const auto& pair : vector.at("headers")) {
      to_sign.headers.add(pair[0], pair[1]);
      request.headers.add(pair[0], pair[1]);
    }
    const auto signature = signer_.sign(to_sign, credentials_of(vector));
    ASSERT_TRUE(signature) << key;
    EXPECT_EQ(signature->canonical_request, vector.at("canonical_request").get<std::string>()) << key;
    EXPECT_EQ(signature->string_to_sign, vector.at("string_to_sign").get<std::string>()) << key;
    EXPECT_EQ(header_of(*signature, "authorization"), vector.at("authorization").get<std::string>()) << key;

    // The same by way of the URL that is sent.
    ASSERT_TRUE(signer_.sign_request(request, hash, credentials_of(vector), time_)) << key;
    EXPECT_EQ(request.headers.find("authorization"), vector.at("authorization").get<std::string>()) << key;
  }
}

TEST_F(Botocore, AgreesOnPresignedUrls) {
  ASSERT_GT(vectors_.at("presigned").size(), 30U);
  for (const auto& vector : vectors_.at("presigned")) {
    const std::string key = vector.at("key");
    const S3Endpoint bucket = endpoint();
    const std::string path = bucket.path(key);
    SigV4Request request;
    request.path = path;
    request.query = query_of(vector);
    request.headers.add("host", bucket.host());
    request.payload_hash = kUnsignedPayload;
    request.time = time_;
    std::string query;
    const auto signature = signer_.presign(request, credentials_of(vector), std::chrono::hours(1), query);
    ASSERT_TRUE(signature) << key;
    EXPECT_EQ(signature->canonical_request, vector.at("canonical_request").get<std::string>()) << key;
    // botocore keeps its own order of parameters; what is signed is the same.
    auto ours = decode_query(query).value();
    auto theirs = decode_query(vector.at("signed_query").get<std::string>()).value();
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(ours, theirs) << key;
  }
}

}  // namespace
}  // namespace attache::testing
