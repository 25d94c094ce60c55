#include "download_plan.hpp"

#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Manifest manifest_with(const std::vector<std::pair<std::string, std::string>>& files) {
  ManifestBuilder builder;
  for (const auto& [path, content] : files) {
    EXPECT_TRUE(builder.add(path, xxh128(content), content.size(), 1));
  }
  return std::move(builder).build().value();
}

std::vector<std::string> paths_of(const DownloadPlan& plan) {
  std::vector<std::string> paths;
  for (const auto& file : plan.files) paths.push_back(plan.path_of(file));
  return paths;
}

TEST(LinkText, IsRelativeToTheDirectoryOfTheLink) {
  EXPECT_EQ(link_text("", "a/b"), "a/b");
  EXPECT_EQ(link_text("a", "a/b"), "b");
  EXPECT_EQ(link_text("a/b", "a/c"), "../c");
  EXPECT_EQ(link_text("a/b/c", "x/y"), "../../../x/y");
  EXPECT_EQ(link_text("a/b", "a/b"), ".");
  EXPECT_EQ(link_text("a/b", "a"), "..");
  EXPECT_EQ(link_text("a/b", "."), "../..");
  EXPECT_EQ(link_text("a", "a/./b//c/../d"), "b/d");
  EXPECT_EQ(link_text("ab", "abc"), "../abc");
}

TEST(LinkText, IsNoneForWhatIsOutside) {
  EXPECT_FALSE(link_text("a", "../x"));
  EXPECT_FALSE(link_text("a", "b/../../x"));
  EXPECT_FALSE(link_text("a", "/etc/passwd"));
  EXPECT_FALSE(link_text("a", ""));
}

TEST(DownloadPlan, GroupsFilesByContentInOrder) {
  const Manifest manifest = manifest_with({{"b", "x"}, {"a/c", "y"}, {"a/b", "x"}, {"b", "x"}});
  const DownloadPlan plan = plan_download(manifest, {}).value();
  EXPECT_THAT(paths_of(plan), ElementsAre("b", "a/c", "a/b"));
  ASSERT_EQ(plan.contents.size(), 2U);
  EXPECT_EQ(plan.contents[0].first, 0U);
  EXPECT_EQ(plan.files[0].next, 2U);
  EXPECT_EQ(plan.files[2].next, kNoIndex);
  EXPECT_EQ(plan.directories.size(), 2U);
}

TEST(DownloadPlan, TakesWhatIsSelectedAndBelowADirectory) {
  const Manifest manifest =
      manifest_with({{"a/x.exr", "1"}, {"a/b/y.exr", "2"}, {"a/b/z.txt", "3"}, {"ab/w.exr", "4"}});
  DownloadOptions options;
  options.directory = "a/";
  EXPECT_THAT(paths_of(plan_download(manifest, options).value()), ElementsAre("a/x.exr", "a/b/y.exr", "a/b/z.txt"));
  options.select = [](std::string_view path) { return path.ends_with(".exr"); };
  const DownloadPlan plan = plan_download(manifest, options).value();
  EXPECT_THAT(paths_of(plan), ElementsAre("a/x.exr", "a/b/y.exr"));
  options.directory = "a/x.exr";
  EXPECT_THAT(paths_of(plan_download(manifest, options).value()), ElementsAre("a/x.exr"));
  options.directory = "../a";
  EXPECT_EQ(plan_download(manifest, options).error().code(), ErrorCode::kOutsideRoot);
}

TEST(DownloadPlan, RefusesWhatIsNotSelectedToo) {
  const Manifest manifest = manifest_with({{"ok", "1"}, {"../evil", "2"}});
  DownloadOptions options;
  options.directory = "ok";
  EXPECT_EQ(plan_download(manifest, options).error().code(), ErrorCode::kOutsideRoot);
}

TEST(DownloadPlan, FindsTwoEntriesOfOnePathInAnyOrder) {
  for (const auto& files :
       std::vector<std::vector<std::pair<std::string, std::string>>>{{{"a", "x"}, {"a", "y"}},
                                                                     {{"c", "1"}, {"a", "x"}, {"b", "2"}, {"a", "y"}},
                                                                     {{"b", "1"}, {"b", "2"}, {"a", "3"}}}) {
    const auto refused = plan_download(manifest_with(files), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr("twice"));
  }
}

TEST(DownloadPlan, FindsAFileWhereAnotherEntryNeedsADirectory) {
  for (const auto& files : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {{"a", "x"}, {"a/b/c", "y"}}, {{"a/b/c", "y"}, {"a/b", "x"}}, {{"a", "x"}, {"a-b", "z"}, {"a/b", "y"}}}) {
    const auto refused = plan_download(manifest_with(files), {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr("as a directory"));
  }
}

TEST(DownloadPlan, AcceptsNamesThatOnlyBeginAlike) {
  EXPECT_TRUE(plan_download(manifest_with({{"a", "1"}, {"a b/x", "2"}, {"a.b/x", "3"}, {"ab", "4"}}), {}));
}

TEST(DownloadPlan, RefusesOnePathWithTwoTimes) {
  ManifestBuilder builder;
  EXPECT_TRUE(builder.add("a", xxh128("x"), 1, 1));
  EXPECT_TRUE(builder.add("a", xxh128("x"), 1, 2));
  EXPECT_THAT(plan_download(std::move(builder).build().value(), {}).error().message(), HasSubstr("'a' twice"));
}

TEST(DownloadPlan, RefusesOneHashWithTwoSizesAndSizesThatDoNotAddUp) {
  ManifestBuilder two;
  EXPECT_TRUE(two.add("a", xxh128("x"), 1, 1));
  EXPECT_TRUE(two.add("b", xxh128("x"), 2, 1));
  EXPECT_THAT(plan_download(std::move(two).build().value(), {}).error().message(), HasSubstr("two sizes"));
  ManifestBuilder many;
  EXPECT_TRUE(many.add("a", xxh128("x"), UINT64_MAX, 1));
  EXPECT_TRUE(many.add("b", xxh128("y"), 1, 1));
  const auto refused = plan_download(std::move(many).build_with_total(0), {});
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(refused.error().message(), HasSubstr("2^64"));
}

TEST(DownloadPlan, StopsInTheMiddle) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(plan_download(manifest_with({{"a", "x"}}), {}, source.get_token()).error().code(), ErrorCode::kCancelled);
}

TEST(DownloadPlan, KnowsTheSamePlanAgain) {
  const Manifest one = manifest_with({{"a/b", "x"}, {"c", "y"}});
  const Manifest same = manifest_with({{"a/b", "x"}, {"c", "y"}});
  const Manifest other = manifest_with({{"a/b", "x"}, {"c", "z"}});
  const auto digest = [](const Manifest& manifest, ConflictResolution conflict) {
    return plan_download(manifest, {}).value().digest(conflict).value();
  };
  EXPECT_EQ(digest(one, ConflictResolution::kSkip), digest(same, ConflictResolution::kSkip));
  EXPECT_NE(digest(one, ConflictResolution::kSkip), digest(other, ConflictResolution::kSkip));
  EXPECT_NE(digest(one, ConflictResolution::kSkip), digest(one, ConflictResolution::kCreateCopy));
}

TEST(DownloadPlan, CutsChunkedFilesAsTheManifestDoes) {
  const std::vector<Digest> chunks{xxh128("a"), xxh128("b"), xxh128("c")};
  TreeBuilder<Snapshot> builder;
  ASSERT_TRUE(builder.add_file("f", FileData::chunked(chunks, 25, 1)));
  const Snapshot snapshot = std::move(builder).build().value();
  DownloadOptions options;
  options.chunk_size = 10;
  const DownloadPlan plan = plan_download(snapshot, options).value();
  ASSERT_EQ(plan.parts_of(plan.contents[0]), 3U);
  EXPECT_EQ(plan.part_of(plan.contents[0], 2).hash, chunks[2]);
  EXPECT_EQ(plan.part_of(plan.contents[0], 2).offset, 20U);
  EXPECT_EQ(plan.part_of(plan.contents[0], 2).size, 5U);
  options.chunk_size = 100;
  EXPECT_EQ(plan_download(snapshot, options).error().code(), ErrorCode::kInvalidManifest);
  options.chunk_size = kWholeFile;
  EXPECT_EQ(plan_download(snapshot, options).error().code(), ErrorCode::kInvalidManifest);
}

TEST(DownloadPlan, RefusesUnhashedFilesAndAbsolutePaths) {
  TreeBuilder<Snapshot> unhashed;
  ASSERT_TRUE(unhashed.add_file("d/f", FileData::unhashed(1, 1)));
  const auto refused = plan_download(std::move(unhashed).build().value(), {});
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(refused.error().message(), HasSubstr("'d/f'"));
  TreeBuilder<AbsSnapshot> absolute;
  ASSERT_TRUE(absolute.add_file("/d/f", FileData::hashed(xxh128("x"), 1, 1)));
  EXPECT_EQ(plan_download(std::move(absolute).build().value(), {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(DownloadPlan, ListsDeletionsOnlyIfTheyAreToBeApplied) {
  TreeBuilder<SnapshotDiff> builder;
  ASSERT_TRUE(builder.add_file("a/gone", FileData::deleted()));
  ASSERT_TRUE(builder.add_deleted_directory("d"));
  ASSERT_TRUE(builder.add_deleted_directory("d/e"));
  ASSERT_TRUE(builder.add_directory("new"));
  const SnapshotDiff diff = std::move(builder).build(xxh128("parent")).value();
  DownloadOptions options;
  EXPECT_TRUE(plan_download(diff, options).value().deleted_files.empty());
  options.apply_deletions = true;
  const DownloadPlan plan = plan_download(diff, options).value();
  ASSERT_EQ(plan.deleted_files.size(), 1U);
  EXPECT_EQ(plan.path_of(plan.deleted_files[0].directory, plan.deleted_files[0].name), "a/gone");
  std::vector<std::string> deleted;
  for (const std::uint32_t directory : plan.deleted_directories) deleted.push_back(plan.path_of(directory));
  EXPECT_THAT(deleted, ElementsAre("d/e", "d"));
}

}  // namespace
}  // namespace attache
