#include <attache/store/open_store.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(OpenStore, OpensADirectoryByPathAndByUri) {
  EXPECT_EQ(open_store("/some/where", {}).value()->root_uri(), "file:///some/where");
  EXPECT_EQ(open_store("file:///some/where", {}).value()->root_uri(), "file:///some/where");
}

TEST(OpenStore, OpensABucketAsTheSettingsSay) {
  StoreAccess access;
  access.options.region = "eu-west-1";
  access.options.endpoint_url = "http://127.0.0.1:1";
  EXPECT_EQ(open_store("s3://bucket/prefix", access).value()->root_uri(), "s3://bucket/prefix");
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

}  // namespace
}  // namespace attache
