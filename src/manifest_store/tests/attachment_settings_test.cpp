#include <attache/manifest_store/attachment_settings.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(AttachmentSettings, AreReadFromBothForms) {
  const AttachmentSettings expected{"bucket", "a/b"};
  EXPECT_EQ(settings_from_root_uri("s3://bucket/a/b").value(), expected);
  EXPECT_EQ(settings_from_root_path("bucket/a/b").value(), expected);
  EXPECT_EQ(to_root_path(expected), "bucket/a/b");
  EXPECT_EQ(to_root_uri(expected), "s3://bucket/a/b");
}

TEST(AttachmentSettings, NeedABucketAndAPrefix) {
  EXPECT_EQ(settings_from_root_uri("s3://bucket").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(settings_from_root_uri("/some/directory").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(settings_from_root_path("bucket").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(check_settings({"b", "p"}));
  EXPECT_NE(check_settings({"", "p"}).error().message().find("bucket"), std::string::npos);
  EXPECT_NE(check_settings({"b", ""}).error().message().find("prefix"), std::string::npos);
}

TEST(AttachmentSettings, JoinKeysWithoutChangingThem) {
  EXPECT_EQ(whole_key({"b", "a/"}, "Data/x").value(), "a//Data/x");
  EXPECT_EQ(whole_key({"b", ""}, "Data/x").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(key_below({"b", "a/"}, "a//Data/x"), "Data/x");
  EXPECT_EQ(key_below({"b", "a"}, "ab/Data/x"), std::nullopt) << "a component, not a text";
  EXPECT_EQ(key_below({"b", "a"}, "c/Data/x"), std::nullopt);
  EXPECT_EQ(key_below({"b", ""}, "/Data/x"), std::nullopt);
}

TEST(AttachmentSettings, TakeObjectsApart) {
  const BucketAndKey parsed = parse_bucket_and_key("s3://bucket/a/b").value();
  EXPECT_EQ(parsed.bucket, "bucket");
  EXPECT_EQ(parsed.key, "a/b");
  EXPECT_EQ(parse_bucket_and_key("bucket/").value().key, "");
  EXPECT_EQ(parse_bucket_and_key("bucket").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace attache
