#include "content_plan.hpp"

#include <attache/hash/xxh3.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Row {
  std::string path;
  std::string content = "c";
  std::uint64_t size = 1;
  std::int64_t mtime_us = 0;
};

Result<std::vector<PlannedContent>> plan(const std::vector<Row>& rows) {
  ManifestBuilder builder;
  for (const Row& row : rows) must(builder.add(row.path, xxh128(row.content), row.size, row.mtime_us));
  return plan_contents(std::move(builder).build_with_total(0));
}

void expect_refused(const std::vector<Row>& rows, ErrorCode code, const char* text) {
  const auto contents = plan(rows);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code(), code);
  EXPECT_THAT(contents.error().message(), HasSubstr(text));
  EXPECT_NE(contents.error().remedy(), "");
}

TEST(ContentPlan, GroupsFilesByContentInOrderOfFirstUse) {
  const auto contents = plan({{"z", "b"}, {"a", "a"}, {"m", "b"}}).value();
  ASSERT_EQ(contents.size(), 2U);
  EXPECT_EQ(contents[0].hash, xxh128("b"));
  ASSERT_EQ(contents[0].files.size(), 2U);
  EXPECT_EQ(contents[0].files[0].path.text(), "z");
  EXPECT_EQ(contents[0].files[1].path.text(), "m");
  EXPECT_EQ(contents[0].files[1].entry, 2U);
  EXPECT_EQ(contents[1].hash, xxh128("a"));
}

TEST(ContentPlan, CountsExactDuplicatesOnce) {
  const auto contents = plan({{"a"}, {"a"}}).value();
  ASSERT_EQ(contents.size(), 1U);
  EXPECT_EQ(contents[0].files.size(), 1U);
}

TEST(ContentPlan, RefusesOnePathWithTwoContents) {
  expect_refused({{"a/b", "x"}, {"c"}, {"a/b", "y"}}, ErrorCode::kInvalidManifest, "'a/b' twice");
}

TEST(ContentPlan, RefusesOnePathWithTwoTimes) {
  expect_refused({{"a", "x", 1, 1}, {"a", "x", 1, 2}}, ErrorCode::kInvalidManifest, "'a' twice");
}

TEST(ContentPlan, RefusesAFileWhereAnotherEntryNeedsADirectory) {
  // 'a.b' and 'a b' sort between 'a' and 'a/x' as text; by components they do not.
  expect_refused({{"a"}, {"a b"}, {"a.b"}, {"a/x"}}, ErrorCode::kInvalidManifest, "'a' as a file");
}

TEST(ContentPlan, AcceptsNamesThatOnlyBeginAlike) {
  EXPECT_TRUE(plan({{"a"}, {"a b/x"}, {"a.b/x"}, {"ab"}}));
}

TEST(ContentPlan, RefusesOneHashWithTwoSizes) {
  expect_refused({{"a", "x", 1}, {"b", "x", 2}}, ErrorCode::kInvalidManifest, "two sizes");
}

TEST(ContentPlan, RefusesSizesThatDoNotAddUp) {
  expect_refused({{"a", "x", UINT64_MAX}, {"b", "y", 1}}, ErrorCode::kInvalidManifest, "2^64");
}

TEST(ContentPlan, RefusesPathsThatLeaveTheRoot) {
  expect_refused({{"ok"}, {"a/../../b"}}, ErrorCode::kOutsideRoot, "a/../../b");
  expect_refused({{"/etc/passwd"}}, ErrorCode::kOutsideRoot, "/etc/passwd");
}

TEST(ContentPlan, OrdersTheLargestFirst) {
  const auto contents = plan({{"a", "1", 5}, {"b", "2", 9}, {"c", "3", 5}, {"d", "4", 0}}).value();
  EXPECT_THAT(largest_first(contents), ElementsAre(1, 0, 2, 3));
}

TEST(ContentPlan, UsesNoMoreWorkersThanThereIsWork) {
  EXPECT_EQ(workers_for(16, 3), 3U);
  EXPECT_EQ(workers_for(16, 100), 16U);
  EXPECT_EQ(workers_for(16, 0), 1U);
  EXPECT_EQ(workers_for(0, 5), 1U);
}

}  // namespace
}  // namespace attache
