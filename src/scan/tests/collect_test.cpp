#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/scan/collect.hpp>
#include <attache/scan/testing/describe.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CollectTest : public testing::Test {
 protected:
  ScanResult<AbsSnapshot> collected(const CollectOptions& options) const {
    auto result = collect(options, {});
    if (!result) {
      ADD_FAILURE() << result.error().to_string();
      return {};
    }
    return *std::move(result);
  }
  // Without the test's own directory and what is above it.
  std::vector<std::string> lines(const AbsSnapshot& manifest) const {
    std::vector<std::string> result;
    for (std::string line : describe(manifest)) {
      if (line.starts_with("d ") && (dir_.path() + "/").starts_with(line.substr(2) + "/")) continue;
      for (std::size_t at = 0; (at = line.find(dir_.path() + "/", at)) != std::string::npos;) {
        line.erase(at, dir_.path().size() + 1);
      }
      result.push_back(std::move(line));
    }
    return result;
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(CollectTest, TakesDirectoriesFilesAndOptionalFiles) {
  builder_.file("d/f", "1")
      .directory("d/empty")
      .file("e/g", "22")
      .file("e/h", "333")
      .file("unasked")
      .file("e/run", "x");
  builder_.mode("e/run", 0755);
  const auto result = collected({.directories = {dir_ / "d"},
                                 .files = {dir_ / "e/g", dir_ / "./e/../e/run"},
                                 .optional_files = {dir_ / "e/h", dir_ / "gone", dir_ / "no/where"}});
  EXPECT_THAT(lines(result.manifest),
              ElementsAre("d d", "d d/empty", "d e", "f d/f 1 ?", "f e/g 2 ?", "f e/h 3 ?", "f e/run 1 x ?"));
  EXPECT_THAT(describe(result.omissions), ElementsAre("missing " + (dir_ / "gone"), "missing " + (dir_ / "no/where")));
  EXPECT_EQ(result.bytes_hashed, 0U);
}

TEST_F(CollectTest, UnitesWhatIsNamedTwice) {
  builder_.file("d/f", "1").file("d/s/g", "22");
  const auto result =
      collected({.directories = {dir_ / "d/s", dir_ / "d", dir_ / "d/"}, .files = {dir_ / "d/f", dir_ / "d/f"}});
  EXPECT_THAT(lines(result.manifest), ElementsAre("d d", "d d/s", "f d/f 1 ?", "f d/s/g 2 ?"));
  const auto patterns = collected({.directories = {dir_ / "d", dir_ / "d/s"}, .include = {"g"}});
  EXPECT_THAT(lines(patterns.manifest), ElementsAre("d d", "d d/s", "f d/s/g 2 ?")) << "relative to each directory";
}

TEST_F(CollectTest, TakesRelativePathsFromTheWorkingDirectory) {
  builder_.file("d/f", "1");
  const std::string before = [] {
    char path[4096];
    return std::string(::getcwd(path, sizeof path));
  }();
  ASSERT_EQ(::chdir(dir_.path().c_str()), 0);
  const auto result = collected({.directories = {"d"}});
  ASSERT_EQ(::chdir(before.c_str()), 0);
  EXPECT_THAT(lines(result.manifest), ElementsAre("d d", "f d/f 1 ?"));
}

TEST_F(CollectTest, IsEmptyForNothing) {
  EXPECT_THAT(describe(collected({}).manifest), IsEmpty());
}

TEST_F(CollectTest, KnowsLinksThatStayInAnyOfTheDirectories) {
  builder_.file("a/f", "1").file("b/g", "22").file("c/h", "333");
  builder_.symlink("f", "a/in")
      .symlink("../b/g", "a/across")
      .symlink("../c/h", "a/out")
      .symlink("nowhere", "a/dangling");
  builder_.symlink("../nowhere", "a/gone");
  const CollectOptions options{.directories = {dir_ / "a", dir_ / "b"}};
  const auto collapsed = collected(options);
  EXPECT_THAT(lines(collapsed.manifest), ElementsAre("d a", "d b", "l a/across -> b/g", "l a/dangling -> a/nowhere",
                                                     "f a/f 1 ?", "l a/in -> a/f", "f a/out 3 ?", "f b/g 2 ?"));
  EXPECT_THAT(describe(collapsed.omissions), ElementsAre("dangling-link " + (dir_ / "a/gone")));

  CollectOptions kept = options;
  kept.symlinks = SymlinkPolicy::kPreserve;
  EXPECT_THAT(lines(collected(kept).manifest),
              ElementsAre("d a", "d b", "l a/across -> b/g", "l a/dangling -> a/nowhere", "f a/f 1 ?",
                          "l a/gone -> nowhere", "l a/in -> a/f", "l a/out -> c/h", "f b/g 2 ?"));
  kept.symlinks = SymlinkPolicy::kTransitiveIncludeTargets;
  EXPECT_THAT(lines(collected(kept).manifest),
              ElementsAre("d a", "d b", "d c", "l a/across -> b/g", "l a/dangling -> a/nowhere", "f a/f 1 ?",
                          "l a/gone -> nowhere", "l a/in -> a/f", "l a/out -> c/h", "f b/g 2 ?", "f c/h 3 ?"));
  kept.symlinks = SymlinkPolicy::kExcludeEscaping;
  EXPECT_THAT(describe(collected(kept).omissions),
              ElementsAre("excluded-link " + (dir_ / "a/gone"), "excluded-link " + (dir_ / "a/out")));
}

TEST_F(CollectTest, IncludesWholeDirectoriesThatLinksLeadTo) {
  builder_.symlink("../far", "a/l").file("far/f", "1").symlink("../further/g", "far/m").file("further/g", "22");
  const auto result = collected({.directories = {dir_ / "a"}, .symlinks = SymlinkPolicy::kTransitiveIncludeTargets});
  EXPECT_THAT(lines(result.manifest), ElementsAre("d a", "d far", "d further", "l a/l -> far", "f far/f 1 ?",
                                                  "l far/m -> further/g", "f further/g 2 ?"));
}

TEST_F(CollectTest, FollowsLinksThatAreNamedAsFilesOrOnTheWay) {
  builder_.file("real/f", "1").symlink("real", "dir").symlink("real/f", "link").symlink("gone", "dangling");
  const auto result = collected({.files = {dir_ / "dir/f", dir_ / "link"}, .optional_files = {dir_ / "dangling"}});
  EXPECT_THAT(lines(result.manifest), ElementsAre("d dir", "f dir/f 1 ?", "f link 1 ?"));
  EXPECT_THAT(describe(result.omissions), ElementsAre("missing " + (dir_ / "dangling")));
}

TEST_F(CollectTest, NamesAllThatIsMissing) {
  builder_.directory("d").file("f");
  const auto missing = collect({.files = {dir_ / "x", dir_ / "y/z", dir_ / "f"}}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr("2 files are not there"));
  EXPECT_THAT(missing.error().message(), HasSubstr(dir_.path().substr(1) + "/x'"));
  EXPECT_THAT(missing.error().message(), HasSubstr(dir_.path().substr(1) + "/y/z'"));
  EXPECT_EQ(collect({.files = {dir_ / "d"}}, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(collect({.directories = {dir_ / "f"}}, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(collect({.directories = {dir_ / "gone"}}, {}).error().code(), ErrorCode::kNotFound);
}

class HashCollectedTest : public CollectTest {};

TEST_F(HashCollectedTest, FillsHashesAndKeepsTheRest) {
  builder_.file("d/f", "content").file("d/big", std::string(2500, 'x')).directory("d/empty").symlink("f", "d/l");
  builder_.file("d/s/\xff", "odd").mode("d/f", 0755).symlink("/etc/hostname", "d/s/out").file("d/caf\xc3\xa9", "");
  const auto found = collected({.directories = {dir_ / "d"}, .symlinks = SymlinkPolicy::kPreserve});
  const auto result = hash_collected(found.manifest, {.chunk_size = 1000}, {});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(lines(result->manifest),
              ElementsAre("d d", "d d/empty", "d d/s", "f d/big 2500 *3", "f d/caf\xc3\xa9 0", "f d/f 7 x",
                          "l d/l -> d/f", "l d/s/out -> /etc/hostname", "f d/s/\xed\xb3\xbf 3"));
  const auto f = result->manifest.find_file(dir_ / "d/f");
  EXPECT_EQ(result->manifest.file(*f).data.hash, xxh128("content"));
  EXPECT_EQ(result->bytes_hashed, 2510U);
  const auto nothing = hash_collected(result->manifest, {}, {});
  EXPECT_EQ(nothing->bytes_hashed, 0U) << "hashes that are there stay";
  EXPECT_EQ(describe(nothing->manifest), describe(result->manifest));
}

TEST_F(HashCollectedTest, HashesWhatFollowedLinksLeadTo) {
  builder_.file("real/s/f", "1").file("real/g", "22").symlink("../real/s", "d/dir").symlink("../real/g", "d/file");
  const auto found = collected({.directories = {dir_ / "d"}});
  EXPECT_THAT(lines(found.manifest), ElementsAre("d d", "d d/dir", "f d/dir/f 1 ?", "f d/file 2 ?"));
  const auto result = hash_collected(found.manifest, {}, {});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(lines(result->manifest), ElementsAre("d d", "d d/dir", "f d/dir/f 1", "f d/file 2"));
}

TEST_F(HashCollectedTest, TakesTheNewStatusOfAFileThatHasChangedOrSaysSo) {
  builder_.file_at("d/a", "before", 1'000'000'000).file("d/b", "same");
  const auto found = collected({.directories = {dir_ / "d"}});
  builder_.file_at("d/a", "now longer", 2'000'000'000).mode("d/a", 0755);
  const auto taken = hash_collected(found.manifest, {}, {});
  ASSERT_TRUE(taken);
  EXPECT_THAT(lines(taken->manifest), ElementsAre("d d", "f d/a 10 x", "f d/b 4"));
  const auto a = taken->manifest.file(*taken->manifest.find_file(dir_ / "d/a"));
  EXPECT_EQ(a.data.mtime_us, 2'000'000);
  EXPECT_EQ(a.data.hash, xxh128("now longer"));
  const auto refused = hash_collected(found.manifest, {.if_changed = HashOptions::IfChanged::kFail}, {});
  EXPECT_EQ(refused.error().code(), ErrorCode::kSourceChanged);
  EXPECT_THAT(refused.error().message(), HasSubstr(dir_ / "d/a"));
}

TEST_F(HashCollectedTest, NamesWhatIsGone) {
  builder_.file("d/a", "1").file("d/s/b", "1").file("d/c", "1");
  const auto found = collected({.directories = {dir_ / "d"}});
  ASSERT_EQ(::unlink((dir_ / "d/a").c_str()), 0);
  const auto gone = hash_collected(found.manifest, {}, {});
  EXPECT_EQ(gone.error().code(), ErrorCode::kSourceChanged);
  EXPECT_THAT(gone.error().message(), HasSubstr(dir_ / "d/a"));
  builder_.directory("d/a");
  EXPECT_EQ(hash_collected(found.manifest, {}, {}).error().code(), ErrorCode::kSourceChanged);
  ASSERT_EQ(::rmdir((dir_ / "d/a").c_str()), 0);
  const auto skipped = hash_collected(found.manifest, {.skip_unreadable = true}, {});
  ASSERT_TRUE(skipped) << skipped.error().to_string();
  EXPECT_THAT(lines(skipped->manifest), ElementsAre("d d", "d d/s", "f d/c 1", "f d/s/b 1"));
  EXPECT_THAT(describe(skipped->omissions), ElementsAre("missing " + (dir_ / "d/a")));
}

TEST_F(HashCollectedTest, ListsAllThatCannotBeRead) {
  builder_.file("d/a", "1").file("d/s/b", "1").file("d/c", "1");
  const auto found = collected({.directories = {dir_ / "d"}});
  builder_.mode("d/a", 0).mode("d/s/b", 0);
  const std::string message = run_unprivileged(dir_.path(), [&] {
    const auto result = hash_collected(found.manifest, {}, {});
    return result ? std::string("hashed") : result.error().message();
  });
  EXPECT_THAT(message, HasSubstr("cannot read 2 paths"));
  EXPECT_THAT(message, HasSubstr("/d/a' (Permission denied)"));
  EXPECT_THAT(message, HasSubstr("/d/s/b' (Permission denied)"));
}

TEST_F(HashCollectedTest, HashesRelativeManifestsBelowTheirRoot) {
  builder_.file("d/f", "content").file("top", "x");
  // Made by hand: one file without a hash, and one with a hash that stays although it is not that of the file.
  const auto document = decode_v2025(
      R"({"dirs":[{"path":"d"}],"files":[{"mtime":0,"path":"$0/f","size":7},{"hash":"00000000000000000000000000000001",)"
      R"("mtime":5,"path":"top","size":3}],"hashAlg":"xxh128",)"
      R"("specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":10})");
  ASSERT_TRUE(document) << document.error().to_string();
  const auto& unhashed = std::get<Snapshot>(*document);
  const auto result = hash_collected(unhashed, dir_.path(), {}, {});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_THAT(describe(result->manifest), ElementsAre("d d", "f d/f 7", "f top 3"));
}

TEST_F(HashCollectedTest, StopsWhenAsked) {
  builder_.file("d/f", "1");
  const auto found = collected({.directories = {dir_ / "d"}});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(hash_collected(found.manifest, {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(collect({.directories = {dir_ / "d"}}, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
