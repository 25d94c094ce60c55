#include <attache/aws/s3_endpoint.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

S3Endpoint endpoint(const AwsSettings& settings, std::string_view bucket) {
  auto result = S3Endpoint::make(settings, bucket);
  EXPECT_TRUE(result) << result.error().to_string();
  return *std::move(result);
}

AwsSettings in(std::string region) {
  AwsSettings settings;
  settings.region = std::move(region);
  return settings;
}

AwsSettings at(std::string url) {
  AwsSettings settings;
  settings.endpoint_url = std::move(url);
  return settings;
}

TEST(S3Endpoint, PutsTheBucketIntoTheHostOnAws) {
  const auto farm = endpoint(in("eu-west-1"), "farm-data");
  EXPECT_EQ(farm.url("Data/abc.xxh128"), "https://farm-data.s3.eu-west-1.amazonaws.com/Data/abc.xxh128");
  EXPECT_EQ(farm.host(), "farm-data.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(farm.path(""), "/");
  EXPECT_EQ(farm.url("", {{"prefix", "a/b"}, {"list-type", "2"}}),
            "https://farm-data.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=a%2Fb");
  EXPECT_EQ(farm.addressing(), S3Addressing::kVirtualHost);
  EXPECT_EQ(farm.region(), "eu-west-1");
  EXPECT_TRUE(farm.is_tls());
}

TEST(S3Endpoint, PutsABucketThatIsNoHostLabelIntoThePath) {
  for (const char* bucket : {"a.b.c", "Upper", "under_score", "-edge", "edge-", "ab", "127.0.0.1"}) {
    const auto result = endpoint(in("us-east-1"), bucket);
    EXPECT_EQ(result.addressing(), S3Addressing::kPath) << bucket;
    EXPECT_EQ(result.url("k"), "https://s3.us-east-1.amazonaws.com/" + std::string(bucket) + "/k");
  }
}

TEST(S3Endpoint, PutsTheBucketIntoThePathOfACustomEndpoint) {
  const auto local = endpoint(at("http://127.0.0.1:9000/"), "bucket");
  EXPECT_EQ(local.url("a/b"), "http://127.0.0.1:9000/bucket/a/b");
  EXPECT_EQ(local.host(), "127.0.0.1:9000");
  EXPECT_EQ(local.path(""), "/bucket");
  EXPECT_FALSE(local.is_tls());
  EXPECT_EQ(endpoint(at("https://storage.example:443/s3//"), "bucket").url("k"), "https://storage.example/s3/bucket/k");
  EXPECT_EQ(endpoint(at("http://[::1]:9000"), "bucket").url("k"), "http://[::1]:9000/bucket/k");
}

TEST(S3Endpoint, FollowsAForcedAddressing) {
  auto settings = at("https://storage.example");
  settings.addressing = S3Addressing::kVirtualHost;
  EXPECT_EQ(endpoint(settings, "a.b").url("k"), "https://a.b.storage.example/k");
  EXPECT_FALSE(S3Endpoint::make(settings, "Upper"));
  settings.endpoint_url = "http://127.0.0.1:9000";
  EXPECT_FALSE(S3Endpoint::make(settings, "bucket"));
  settings = in("eu-west-1");
  settings.addressing = S3Addressing::kPath;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://s3.eu-west-1.amazonaws.com/bucket/k");
}

TEST(S3Endpoint, KnowsThePartitionsOfAws) {
  EXPECT_EQ(default_s3_host("us-east-1", false, false), "s3.us-east-1.amazonaws.com");
  EXPECT_EQ(default_s3_host("cn-north-1", false, false), "s3.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(default_s3_host("us-gov-west-1", true, false), "s3-fips.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(default_s3_host("us-iso-east-1", false, false), "s3.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(default_s3_host("us-isob-east-1", false, false), "s3.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(default_s3_host("us-east-2", true, true), "s3-fips.dualstack.us-east-2.amazonaws.com");
}

TEST(S3Endpoint, CombinesFipsDualStackAndPathStyle) {
  AwsSettings settings = in("us-east-2");
  settings.use_fips = true;
  EXPECT_EQ(endpoint(settings, "bucket").host(), "bucket.s3-fips.us-east-2.amazonaws.com");
  settings.use_dualstack = true;
  EXPECT_EQ(endpoint(settings, "bucket").host(), "bucket.s3-fips.dualstack.us-east-2.amazonaws.com");
  settings.addressing = S3Addressing::kPath;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://s3-fips.dualstack.us-east-2.amazonaws.com/bucket/k");
  settings.use_fips = false;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://s3.dualstack.us-east-2.amazonaws.com/bucket/k");
  settings.use_dualstack = false;
  settings.s3_use_dualstack = true;
  EXPECT_EQ(endpoint(settings, "a.b").url("k"), "https://s3.dualstack.us-east-2.amazonaws.com/a.b/k");
}

TEST(S3Endpoint, Accelerates) {
  AwsSettings settings = in("eu-west-1");
  settings.use_accelerate = true;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://bucket.s3-accelerate.amazonaws.com/k");
  EXPECT_EQ(endpoint(settings, "bucket").region(), "eu-west-1");
  settings.use_dualstack = true;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://bucket.s3-accelerate.dualstack.amazonaws.com/k");
  settings = at("https://s3-accelerate.amazonaws.com");
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://bucket.s3-accelerate.amazonaws.com/k");
}

TEST(S3Endpoint, TakesACustomEndpointAsItIs) {
  AwsSettings settings = at("https://storage.example");
  settings.use_fips = true;
  settings.use_dualstack = true;
  EXPECT_EQ(endpoint(settings, "bucket").url("k"), "https://storage.example/bucket/k");
}

TEST(S3Endpoint, RefusesWhatAwsHasNoEndpointFor) {
  struct Case {
    std::string why;
    void (*change)(AwsSettings&);
    std::string bucket = "bucket";
    ErrorCode code = ErrorCode::kInvalidArgument;
  };
  const auto accelerate = [](AwsSettings& settings) { settings.use_accelerate = true; };
  const std::vector<Case> cases = {
      {"no FIPS endpoint",
       [](AwsSettings& settings) {
         settings.use_accelerate = true;
         settings.use_fips = true;
       }},
      {"with a custom endpoint",
       [](AwsSettings& settings) {
         settings.use_accelerate = true;
         settings.endpoint_url = "https://storage.example";
       }},
      {"region cn-north-1 has no FIPS endpoints",
       [](AwsSettings& settings) {
         settings.region = "cn-north-1";
         settings.use_fips = true;
       }},
      {"not available in region cn-north-1",
       [](AwsSettings& settings) {
         settings.region = "cn-north-1";
         settings.use_accelerate = true;
       }},
      {"needs the bucket in the host name",
       [](AwsSettings& settings) {
         settings.use_accelerate = true;
         settings.addressing = S3Addressing::kPath;
       }},
      {"where 'my.bucket' is not put", accelerate, "my.bucket"},
      {"where 'Upper' is not put", accelerate, "Upper"},
      {"directory bucket of S3 Express", [](AwsSettings&) {}, "b--use1-az4--x-s3", ErrorCode::kUnsupported},
  };
  for (const Case& test : cases) {
    AwsSettings settings = in("eu-west-1");
    test.change(settings);
    const auto result = S3Endpoint::make(settings, test.bucket);
    ASSERT_FALSE(result) << test.why;
    EXPECT_EQ(result.error().code(), test.code) << test.why;
    EXPECT_NE(result.error().message().find(test.why), std::string::npos) << result.error().message();
    EXPECT_NE(result.error().remedy(), "");
  }
  EXPECT_TRUE(S3Endpoint::make(at("https://storage.example"), "b--use1-az4--x-s3"));
}

TEST(S3Endpoint, KeepsUnusualKeysApart) {
  const auto result = endpoint(in("us-east-1"), "bucket");
  EXPECT_EQ(result.path("a b+c=d:e"), "/a%20b%2Bc%3Dd%3Ae");
  EXPECT_EQ(result.path("a//b"), "/a//b");
  EXPECT_EQ(result.path("/a"), "//a");
  EXPECT_EQ(result.path("../a/./b/"), "/../a/./b/");
  EXPECT_EQ(result.path("\xC3\xA9?#%41"), "/%C3%A9%3F%23%2541");
}

TEST(S3Endpoint, RefusesWhatIsNoBucketName) {
  for (const std::string& bucket :
       {std::string(), std::string("a/b"), std::string("a b"), std::string("a@b"), std::string(".."),
        std::string("a\n"), std::string("arn:aws:s3:us-west-2:123456789012:accesspoint/x"), std::string(256, 'a')}) {
    const auto result = S3Endpoint::make(in("us-east-1"), bucket);
    ASSERT_FALSE(result) << bucket;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace attache
