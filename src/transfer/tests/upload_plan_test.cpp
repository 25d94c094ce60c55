#include "upload_plan.hpp"

#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/tree_builder.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(UploadPlan, HoldsEveryContentOnceAndEveryPath) {
  const UploadPlan plan = UploadPlan::make(manifest_of({{"a/x", "1"}, {"b", "22"}, {"c", "1"}})).value();
  ASSERT_EQ(plan.contents().size(), 2U);
  EXPECT_EQ(plan.contents()[0].hash, xxh128("1"));
  EXPECT_EQ(plan.contents()[1].size, 2U);
  EXPECT_EQ(plan.path(0), "a/x");
  EXPECT_EQ(plan.path(2), "c");
  EXPECT_THAT(plan.uses(2), ElementsAre(0U));
  EXPECT_EQ(plan.files(), 3U);
  EXPECT_EQ(plan.bytes(), 4U);
}

TEST(UploadPlan, RefusesPathsThatLeaveTheRoot) {
  for (const char* path : {"../a", "a/../../b", "/etc/passwd"}) {
    const auto plan = UploadPlan::make(manifest_of({{path, "x"}}));
    ASSERT_FALSE(plan) << path;
    EXPECT_EQ(plan.error().code(), ErrorCode::kOutsideRoot) << path;
  }
  for (const char* path : {"a//b", "./a", "a/."}) {
    const auto plan = UploadPlan::make(manifest_of({{path, "x"}}));
    ASSERT_FALSE(plan) << path;
    EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidArgument) << path;
  }
}

TEST(UploadPlan, TakesHiddenAndForeignNames) {
  const UploadPlan plan =
      UploadPlan::make(manifest_of({{".hidden/..x", "1"}, {"caf\xC3\xA9/\xED\xB2\x80", "2"}})).value();
  EXPECT_EQ(plan.path(0), ".hidden/..x");
  EXPECT_EQ(plan.path(1), "caf\xC3\xA9/\x80");
}

TEST(UploadPlan, RefusesOneHashWithTwoSizes) {
  ManifestBuilder builder;
  must(builder.add("a", xxh128("x"), 1, 0));
  must(builder.add("b", xxh128("x"), 2, 0));
  const auto plan = UploadPlan::make(std::move(builder).build().value());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidManifest);
}

TEST(UploadPlan, MakesObjectsOfChunks) {
  const std::vector<Digest> chunks{xxh128("aaa"), xxh128("bbb"), xxh128("c")};
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("d/f", FileData::chunked(chunks, 7, 0)));
  must(builder.add_file("g", FileData::hashed(xxh128("bbb"), 3, 0)));
  must(builder.add_file("l", FileData::link("g")));
  const Snapshot manifest = std::move(builder).build().value();
  const UploadPlan plan = UploadPlan::make(manifest, 3).value();
  ASSERT_EQ(plan.contents().size(), 3U);
  EXPECT_EQ(plan.files(), 2U);
  EXPECT_EQ(plan.bytes(), 10U);
  std::size_t chunked = 0;
  for (const UploadContent& content : plan.contents()) chunked += content.is_chunk ? 1 : 0;
  EXPECT_GE(chunked, 2U);
  const auto wrong = UploadPlan::make(manifest, 4);
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message(), HasSubstr("has 3 chunks for 7 bytes"));
}

TEST(UploadPlan, NamesEveryEntryWithoutAHash) {
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("a", FileData::unhashed(1, 0)));
  must(builder.add_file("d/b", FileData::unhashed(1, 0)));
  const auto plan = UploadPlan::make(std::move(builder).build().value(), kDefaultChunkSize);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(plan.error().message(), HasSubstr("2 files"));
  EXPECT_THAT(plan.error().message(), HasSubstr("d/b"));
}

TEST(UploadPlan, IsGivenUpWhenItIsToStop) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(UploadPlan::make(manifest_of({{"a", "1"}}), stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
