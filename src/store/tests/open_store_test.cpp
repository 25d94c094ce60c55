#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/store/open_store.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>

namespace attache {
namespace {

TEST(OpenStore, OpensADirectoryByPathAndByUri) {
  EXPECT_EQ(open_store("/some/where", {}).value()->root_uri(), "file:///some/where");
  EXPECT_EQ(open_store("file:///some/where", {}).value()->root_uri(), "file:///some/where");
}

TEST(OpenStore, SlowsADirectoryDownIfAsked) {
  const TemporaryDirectory directory;
  StoreAccess access;
  access.rate_limit.bytes_per_second = 20'000;
  access.concurrency = 1;
  const auto store = open_store(directory.path(), access).value();
  const auto begin = std::chrono::steady_clock::now();
  const std::string content(4'000, 'x');
  for (int i = 0; i < 3; ++i) {
    MemorySource source(std::as_bytes(std::span(content)));
    ASSERT_TRUE(store->put("k" + std::to_string(i), source, {}, {}));
  }
  // A quarter of a second of the rate may come at once.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(340));
}

TEST(OpenStore, OpensABucketAsTheSettingsSay) {
  StoreAccess access;
  access.options.region = "eu-west-1";
  access.options.endpoint_url = "http://127.0.0.1:1";
  EXPECT_EQ(open_store("s3://bucket/prefix", access).value()->root_uri(), "s3://bucket/prefix");
  EXPECT_TRUE(open_store("s3://bucket/prefix", access).value()->is_service());
  EXPECT_FALSE(open_store("/some/where", {}).value()->is_service());
}

TEST(OpenStore, RefusesWhatIsNoStore) {
  EXPECT_EQ(open_store("http://example.com/x", {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(open_store("s3://bucket", {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(OpenStore, NamesAProfileThatDoesNotExist) {
  StoreAccess access;
  access.options.profile = "nobody";
  const auto store = open_store("s3://bucket/prefix", access);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(store.error().message().find("nobody"), std::string::npos);
}

TEST(OpenStore, GivesTheAdministrationOfBucketsOnly) {
  EXPECT_EQ(open_s3_admin("s3://bucket/prefix", {}).value()->root_uri(), "s3://bucket/prefix");
  for (const char* directory : {"/some/where", "file:///some/where"}) {
    const auto admin = open_s3_admin(directory, {});
    ASSERT_FALSE(admin);
    EXPECT_EQ(admin.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(admin.error().message().find("/some/where"), std::string::npos);
  }
}

TEST(OpenStore, GivesTheUploadsOfAnyStore) {
  EXPECT_EQ(open_upload_admin("s3://bucket/prefix", {}).value()->root_uri(), "s3://bucket/prefix");
  EXPECT_EQ(open_upload_admin("/some/where", {}).value()->root_uri(), "file:///some/where");
  EXPECT_EQ(open_upload_admin("s3://bucket", {}).error().code(), ErrorCode::kInvalidArgument);
}

// What the transport says of failures before any answer comes through to a person, with what was to be done.
TEST(OpenStore, SaysWhyAServiceCannotBeReached) {
  const auto error_at = [](const char* endpoint) {
    StoreAccess access;
    access.options.endpoint_url = endpoint;
    access.host.environment =
        environment_of({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "secret"}});
    const auto admin = open_s3_admin("s3://bucket/prefix", access);
    if (!admin) return admin.error();
    const auto page = (*admin)->list_uploads("", {}, {});
    return page ? Error(ErrorCode::kService, "it worked") : page.error();
  };
  const Error refused = error_at("http://127.0.0.1:1");
  EXPECT_EQ(refused.code(), ErrorCode::kNetwork);
  EXPECT_NE(refused.message().find("cannot list unfinished uploads below s3://bucket/prefix/: 127.0.0.1:1 refused"),
            std::string::npos)
      << refused.message();
  EXPECT_FALSE(refused.remedy().empty());
}

}  // namespace
}  // namespace attache
