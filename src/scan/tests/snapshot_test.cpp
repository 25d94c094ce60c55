#include <attache/base/text.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/paths/names.hpp>
#include <attache/scan/snapshot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <map>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> paths(const TreeSnapshot& snapshot) {
  std::vector<std::string> result;
  for (const ManifestEntry entry : snapshot.manifest) result.emplace_back(entry.path);
  return result;
}

std::vector<std::string> omissions(const TreeSnapshot& snapshot) {
  std::vector<std::string> result;
  for (const Omission& omission : snapshot.omissions) {
    result.push_back(std::string(to_string(omission.reason)) + " " + omission.path);
  }
  return result;
}

class SnapshotTest : public testing::Test {
 protected:
  TreeSnapshot snapshot(SnapshotOptions options = {}) const {
    if (options.root.empty()) options.root = dir_.path();
    auto result = snapshot_tree(options, {});
    if (!result) {
      ADD_FAILURE() << result.error().to_string();
      return {};
    }
    return *std::move(result);
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(SnapshotTest, HoldsHashSizeAndTimeOfEveryFile) {
  builder_.file_at("b/two", "two!", 1'700'000'000'123'456'789).file_at("a", "", -1).file_at("b/c/x", "x", 5'000);
  const TreeSnapshot result = snapshot();
  ASSERT_THAT(paths(result), ElementsAre("a", "b/c/x", "b/two"));
  EXPECT_EQ(result.manifest[0].hash, xxh128(""));
  EXPECT_EQ(result.manifest[0].size, 0U);
  EXPECT_EQ(result.manifest[0].mtime_us, -1);
  EXPECT_EQ(result.manifest[1].mtime_us, 5);
  EXPECT_EQ(result.manifest[2].hash, xxh128("two!"));
  EXPECT_EQ(result.manifest[2].size, 4U);
  EXPECT_EQ(result.manifest[2].mtime_us, 1'700'000'000'123'456);
  EXPECT_EQ(result.manifest.total_size(), 5U);
  EXPECT_EQ(result.bytes_hashed, 5U);
  EXPECT_THAT(result.omissions, IsEmpty());
}

TEST_F(SnapshotTest, OrdersPathsByTheirUtf16Units) {
  builder_.file("\xf0\x9f\x98\x80").file("\xee\x80\x80").file("\xff").file("a/b").file("a-b").file("a0").file("B");
  EXPECT_THAT(paths(snapshot()),
              ElementsAre("B", "a-b", "a/b", "a0", "\xf0\x9f\x98\x80", "\xed\xb3\xbf", "\xee\x80\x80"));
}

TEST_F(SnapshotTest, KeepsUnusualNamesAsTheyAre) {
  const std::string longest(255, 'n');
  builder_.file("with space")
      .file("new\nline")
      .file("q'\"$`\\")
      .file("\x01\x7f")
      .file("caf\xc3\xa9")
      .file("cafe\xcc\x81");
  builder_.file("\xff\xfe/\x80x").file(longest + "/" + longest).file("*[a]?");
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), testing::UnorderedElementsAre(
                                 "with space", "new\nline", "q'\"$`\\", "\x01\x7f", "caf\xc3\xa9", "cafe\xcc\x81",
                                 "\xed\xb3\xbf\xed\xb3\xbe/\xed\xb2\x80x", longest + "/" + longest, "*[a]?"));
  for (const ManifestEntry entry : result.manifest) EXPECT_TRUE(is_wtf8(entry.path));
}

TEST_F(SnapshotTest, ReachesFilesBeyondTheLengthOfAPath) {
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += std::string(200, 'd') + "/";
  builder_.file(deep + "f", "deep").file(deep + "sub/g", "deeper").symlink("f", deep + "link");
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), ElementsAre(deep + "f", deep + "link", deep + "sub/g"));
  EXPECT_EQ(result.manifest[1].hash, xxh128("deep"));
}

TEST_F(SnapshotTest, WalksThousandsOfLevels) {
  std::string deep;
  for (int i = 0; i < 2200; ++i) deep += "d/";
  builder_.file(deep + "f", "x");
  EXPECT_THAT(paths(snapshot()), ElementsAre(deep + "f"));
}

TEST_F(SnapshotTest, FollowsLinksUnderTheirOwnNames) {
  const TemporaryDirectory elsewhere;
  TreeBuilder(elsewhere.path()).file("sub/out", "outside");
  builder_.file_at("real/f", "content", 3'000'000)
      .symlink("real/f", "to-file")
      .symlink("to-file", "to-link")
      .symlink("real", "to-dir")
      .symlink(elsewhere.path(), "away")
      .symlink(elsewhere / "sub/out", "away-file");
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), ElementsAre("away-file", "away/sub/out", "real/f", "to-dir/f", "to-file", "to-link"));
  for (const std::size_t i : {2U, 3U, 4U, 5U}) {
    EXPECT_EQ(result.manifest[i].hash, xxh128("content"));
    EXPECT_EQ(result.manifest[i].size, 7U);
    EXPECT_EQ(result.manifest[i].mtime_us, 3'000);
  }
  EXPECT_THAT(result.omissions, IsEmpty());
}

TEST_F(SnapshotTest, EntersNoDirectoryThatContainsTheLink) {
  builder_.file("a/f")
      .symlink(".", "a/self")
      .symlink("..", "a/up")
      .symlink(dir_.path(), "a/root")
      .symlink("../b", "a/b")
      .symlink("../a", "b/a")
      .symlink("/", "top")
      .symlink("..", "parent");
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), ElementsAre("a/f", "b/a/f"));
  EXPECT_THAT(
      omissions(result),
      ElementsAre("link-loop a/b/a", "link-loop a/root", "link-loop a/self", "link-loop a/up", "link-loop b/a/b",
                  "link-loop b/a/root", "link-loop b/a/self", "link-loop b/a/up", "link-loop parent", "link-loop top"));
}

TEST_F(SnapshotTest, FindsLoopsThatCloseOutsideTheRoot) {
  const TemporaryDirectory elsewhere;
  TreeBuilder(elsewhere.path()).file("x/f").symlink("..", "x/back").symlink(dir_.path(), "home");
  builder_.file("g").symlink(elsewhere / "x", "out").symlink(elsewhere / "home", "home");
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), ElementsAre("g", "out/f"));
  EXPECT_THAT(omissions(result), ElementsAre("link-loop home", "link-loop out/back/home", "link-loop out/back/x"));
}

TEST_F(SnapshotTest, EndsWhereTheIncumbentDoesNot) {
  // Forty links to an ancestor in one folder: exponential if each is followed until the system says ELOOP.
  builder_.file("f");
  for (int i = 0; i < 40; ++i) builder_.symlink(".", "loop" + std::to_string(i));
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), ElementsAre("f"));
  EXPECT_EQ(result.omissions.size(), 40U);
}

TEST_F(SnapshotTest, SaysWhatItLeavesOut) {
  builder_.file("f")
      .file(".hidden")
      .file(".git/config")
      .file(".git/objects/ab")
      .file("d/.h")
      .directory(".empty-hidden")
      .symlink("nowhere", "dangling")
      .symlink("circle", "circle")
      .symlink("f/x", "below-file")
      .symlink("nowhere", ".dangling")
      .symlink("f", ".link")
      .directory("empty")
      .directory("d/e/m/p/t/y")
      .fifo("pipe")
      .socket("s")
      .symlink("pipe", "to-pipe")
      .symlink("/dev/null", "null")
      .fifo(".pipe");
  EXPECT_THAT(paths(snapshot()), ElementsAre("f"));
  EXPECT_THAT(
      omissions(snapshot()),
      ElementsAre("hidden .dangling", "hidden .empty-hidden", "hidden .git/config", "hidden .git/objects/ab",
                  "hidden .hidden", "hidden .link", "hidden .pipe", "dangling-link below-file", "dangling-link circle",
                  "hidden d/.h", "empty-directory d/e/m/p/t/y", "dangling-link dangling", "empty-directory empty",
                  "special-file null", "special-file pipe", "special-file s", "special-file to-pipe"));
}

TEST_F(SnapshotTest, IncludesHiddenNamesIfAsked) {
  builder_.file("f").file(".hidden").file(".git/config").file("d/.h").symlink("nowhere", ".dangling").directory(".e");
  const TreeSnapshot result = snapshot({.include_hidden = true});
  EXPECT_THAT(paths(result), ElementsAre(".git/config", ".hidden", "d/.h", "f"));
  EXPECT_THAT(omissions(result), ElementsAre("dangling-link .dangling", "empty-directory .e"));
}

TEST_F(SnapshotTest, SelectsByPatterns) {
  builder_.file("a.exr").file("b.txt").file("d/c.exr").file("d/e/f.exr").file("d/e/g.txt").file("d/.x.exr");
  builder_.directory("empty").symlink("nowhere", "l.exr").symlink("nowhere", "l.txt");
  const auto select = [&](std::vector<std::string> include, std::vector<std::string> exclude) {
    return snapshot({.include = std::move(include), .exclude = std::move(exclude)});
  };
  EXPECT_THAT(paths(select({"*.exr"}, {})), ElementsAre("a.exr"));
  EXPECT_THAT(paths(select({"**/*.exr"}, {})), ElementsAre("a.exr", "d/c.exr", "d/e/f.exr"));
  EXPECT_THAT(paths(select({"**/*"}, {"**/*.txt", "d/e/**"})), ElementsAre("a.exr", "d/c.exr"));
  EXPECT_THAT(paths(select({"d/*", "b.txt", "b.txt"}, {})), ElementsAre("b.txt", "d/c.exr"));
  EXPECT_THAT(paths(select({dir_ / "d/e/*"}, {})), ElementsAre("d/e/f.exr", "d/e/g.txt"));
  EXPECT_THAT(paths(select({"d/.*"}, {})), ElementsAre("d/.x.exr"));
  // Only what the patterns are about is worth a word.
  EXPECT_THAT(omissions(select({"**/*.exr"}, {})), ElementsAre("hidden d/.x.exr", "dangling-link l.exr"));
  EXPECT_THAT(omissions(select({"*.exr"}, {"l*"})), IsEmpty()) << "what was excluded is not listed";
}

TEST_F(SnapshotTest, LeavesOutManifestsThatItWroteHere) {
  const LocalTime time{2024, 6, 7, 8, 9, 10};
  const std::string own = snapshot_file_name(dir_.path(), std::nullopt, time).value();
  const std::string named = snapshot_file_name(dir_.path(), "shot", time, 2).value();
  const std::string other = snapshot_file_name("/another/root", "shot", time).value();
  builder_.file("f").file(own).file("manifests/" + named).file(other);
  const TreeSnapshot result = snapshot();
  EXPECT_THAT(paths(result), testing::UnorderedElementsAre("f", other));
  EXPECT_THAT(omissions(result),
              testing::UnorderedElementsAre("manifest-file " + own, "manifest-file manifests/" + named));
  EXPECT_THAT(paths(snapshot({.root = dir_.path() + "/"})), testing::UnorderedElementsAre("f", other))
      << "the same root, written another way";
  EXPECT_EQ(snapshot({.skip_own_manifests = false}).manifest.size(), 4U);
}

TEST_F(SnapshotTest, ScansTenThousandSmallFilesAndReportsProgress) {
  for (int i = 0; i < 10'000; ++i) {
    builder_.file("d" + std::to_string(i / 100) + "/f" + std::to_string(i), std::to_string(i));
  }
  std::vector<Progress> reports;
  const TreeSnapshot result =
      snapshot({.threads = 4, .progress = [&](const Progress& progress) { reports.push_back(progress); }});
  ASSERT_EQ(result.manifest.size(), 10'000U);
  for (std::size_t i = 0; i + 1 < result.manifest.size(); ++i) {
    ASSERT_LT(compare_utf16(result.manifest.path(i), result.manifest.path(i + 1)), 0);
  }
  for (const ManifestEntry entry : result.manifest) {
    const std::string number(entry.path.substr(entry.path.rfind('f') + 1));
    ASSERT_EQ(entry.hash, xxh128(number)) << entry.path;
  }
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().files_done, 10'000U);
  EXPECT_EQ(reports.back().files_total, 10'000U);
  EXPECT_EQ(reports.back().bytes_done, result.bytes_hashed);
  EXPECT_EQ(reports.back().bytes_total, result.bytes_hashed);
}

TEST_F(SnapshotTest, GivesTheSameForEveryNumberOfThreads) {
  for (int i = 0; i < 300; ++i)
    builder_.file("d" + std::to_string(i % 7) + "/f" + std::to_string(i), std::to_string(i));
  builder_.file("large", std::string(20 << 20, 'x')).directory("e").symlink("nowhere", "l");
  const TreeSnapshot one = snapshot({.threads = 1});
  for (const unsigned threads : {2U, 3U, 8U}) {
    const TreeSnapshot many = snapshot({.threads = threads});
    EXPECT_EQ(paths(many), paths(one));
    EXPECT_EQ(omissions(many), omissions(one));
    for (std::size_t i = 0; i < one.manifest.size(); ++i) {
      ASSERT_EQ(many.manifest[i].hash, one.manifest[i].hash);
      ASSERT_EQ(many.manifest[i].mtime_us, one.manifest[i].mtime_us);
    }
  }
}

TEST_F(SnapshotTest, HashesLargeFilesBesideSmallOnes) {
  // All in one directory and so in few batches, the large ones first and in the middle.
  const std::string large(9 << 20, 'L');
  for (int i = 0; i < 200; ++i) builder_.file("f" + std::to_string(i), i % 67 == 3 ? large : std::to_string(i));
  const TreeSnapshot result = snapshot({.threads = 3});
  ASSERT_EQ(result.manifest.size(), 200U);
  for (const ManifestEntry entry : result.manifest) {
    const std::string number(entry.path.substr(1));
    EXPECT_EQ(entry.hash, xxh128(std::stoi(number) % 67 == 3 ? large : number));
  }
}

TEST_F(SnapshotTest, LeavesTheTreeAsItWas) {
  builder_.file_at("f", "x", 7'000'000'000);
  const auto before = std::filesystem::last_write_time(dir_ / "f");
  snapshot();
  EXPECT_EQ(std::filesystem::last_write_time(dir_ / "f"), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()), std::filesystem::directory_iterator()), 1);
}

TEST_F(SnapshotTest, TakesARelativeRootAndALinkToARoot) {
  builder_.file("r/f", "x").symlink("r", "l");
  EXPECT_THAT(paths(snapshot({.root = dir_ / "l"})), ElementsAre("f"));
  EXPECT_THAT(paths(snapshot({.root = dir_ / "l/../r/."})), ElementsAre("f"));
}

}  // namespace
}  // namespace attache
