#include <attache/store/store_uri.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

S3Location s3(std::string bucket, std::string prefix) {
  return {std::move(bucket), std::move(prefix)};
}

// The incumbent's answers (from_s3_root_uri).
TEST(StoreUri, ReadsS3AddressesAsTheIncumbentDoes) {
  const std::pair<const char*, S3Location> cases[] = {
      {"s3://bucket/root", s3("bucket", "root")},
      {"s3://bucket/a/b/c", s3("bucket", "a/b/c")},
      {"S3://Bucket/Root", s3("Bucket", "Root")},
      {"s3://bucket//x", s3("bucket", "/x")},
      {"s3://bucket/a/", s3("bucket", "a/")},
      {"s3://bucket/a#b", s3("bucket", "a")},
      {"s3://bucket/a?b=c", s3("bucket", "a")},
      {"s3://bucket/a b", s3("bucket", "a b")},
      {"s3://bucket/a%20b", s3("bucket", "a%20b")},
      {" s3://bucket/a", s3("bucket", "a")},
      {"s3://buc\nket/a", s3("bucket", "a")},
      {"s3://u@bucket:80/a", s3("u@bucket:80", "a")},
      {"s3://bucket/..", s3("bucket", "..")},
      {"s3://arn:aws:s3:us-west-2:1:accesspoint/ap/p", s3("arn:aws:s3:us-west-2:1:accesspoint", "ap/p")},
  };
  for (const auto& [text, expected] : cases) {
    const Result<StoreLocation> location = parse_store_uri(text);
    ASSERT_TRUE(location) << text;
    EXPECT_EQ(*location, StoreLocation(expected)) << text;
  }
}

TEST(StoreUri, ReadsDirectories) {
  const std::pair<const char*, const char*> cases[] = {
      {"/mnt/store", "/mnt/store"},
      {"store", "store"},
      {"./a b#c?d%20", "./a b#c?d%20"},
      {"C:\\store", "C:\\store"},
      {"file:///mnt/store", "/mnt/store"},
      {"FILE://localhost/mnt/a%20b%25", "/mnt/a b%"},
      {"a/b://c", "a/b://c"},
  };
  for (const auto& [text, expected] : cases) {
    const Result<StoreLocation> location = parse_store_uri(text);
    ASSERT_TRUE(location) << text;
    EXPECT_EQ(*location, StoreLocation(DirectoryLocation{expected})) << text;
  }
}

TEST(StoreUri, RefusesWhatIsNoStoreAndSaysWhatToWrite) {
  const char* const cases[] = {"",
                               "s3://",
                               "s3://bucket",
                               "s3://bucket/",
                               "s3:///prefix",
                               "s3:bucket/a",
                               "s3://b?x/y",
                               "http://bucket/root",
                               "https://x/y",
                               "s3a://bucket/a",
                               "gs://b/p",
                               "file://host/x",
                               "file://",
                               "file:///a%2",
                               "file:///a%00b",
                               "file:/x"};
  for (const char* text : cases) {
    const Result<StoreLocation> location = parse_store_uri(text);
    ASSERT_FALSE(location) << text;
    EXPECT_EQ(location.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_NE(location.error().remedy(), "") << text;
  }
  EXPECT_NE(parse_store_uri("http://minio:9000/b").error().remedy().find("--endpoint-url"), std::string::npos);
  EXPECT_NE(parse_store_uri("s3://bucket").error().remedy().find("s3://bucket/prefix"), std::string::npos);
}

TEST(StoreUri, NeverRepeatsAPassword) {
  for (const char* text : {"https://user:hunter2@host/x", "gs://user:hunter2@host", "file://user:hunter2@host/x"}) {
    const Result<StoreLocation> location = parse_store_uri(text);
    ASSERT_FALSE(location);
    EXPECT_EQ(location.error().to_string().find("hunter2"), std::string::npos) << location.error().to_string();
    EXPECT_NE(location.error().message().find("***@host"), std::string::npos) << location.error().to_string();
  }
}

TEST(StoreUri, WritesWhatItReads) {
  for (const char* text : {"s3://bucket/root/", "file:///mnt/a%20b", "relative"}) {
    EXPECT_EQ(to_uri(parse_store_uri(text).value()), text);
  }
  EXPECT_EQ(to_uri(DirectoryLocation{"/mnt/x"}), "file:///mnt/x");
}

}  // namespace
}  // namespace attache
