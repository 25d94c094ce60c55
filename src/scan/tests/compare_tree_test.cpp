#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/snapshot.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kTime = 1'700'000'000'000'000'000;

/// "+ added", "* modified", "- deleted", "= unchanged", and "+d", "-d" for directories.
std::vector<std::string> lines(const TreeComparison& comparison) {
  std::vector<std::string> result;
  for (const ChangedFile& file : comparison.added) result.push_back("+ " + file.path);
  for (const ChangedFile& file : comparison.modified) result.push_back("* " + file.path);
  for (const std::string& path : comparison.deleted) result.push_back("- " + path);
  for (const std::string& path : comparison.unchanged) result.push_back("= " + path);
  for (const std::string& path : comparison.added_directories) result.push_back("+d " + path);
  for (const std::string& path : comparison.deleted_directories) result.push_back("-d " + path);
  return result;
}

class CompareTreeTest : public testing::Test {
 protected:
  Manifest v2023(SnapshotOptions options = {}) const {
    options.root = dir_.path();
    return std::move(snapshot_tree(options, {}).value().manifest);
  }
  Snapshot v2025(SnapshotOptions options = {}) const {
    options.root = dir_.path();
    return std::move(snapshot_tree_v2025(options, {}).value().manifest);
  }
  template <typename M>
  TreeComparison compared(const M& manifest, CompareOptions options = {}) const {
    options.tree.root = dir_.path();
    options.list_unchanged = true;
    auto result = compare_tree(manifest, options, {});
    if (!result) {
      ADD_FAILURE() << result.error().to_string();
      return {};
    }
    return *std::move(result);
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(CompareTreeTest, FindsNothingWhereNothingHasChanged) {
  builder_.file("a", "1").file("d/b", "22").directory("e").symlink("a", "l").file("d-/x").file("\xff/y");
  for (const CompareMode mode : {CompareMode::kFast, CompareMode::kDefinitive}) {
    const TreeComparison older = compared(v2023(), {.mode = mode});
    EXPECT_TRUE(older.same());
    EXPECT_EQ(older.unchanged_count, 5U);
    EXPECT_EQ(older.files_hashed, mode == CompareMode::kFast ? 0U : 5U);
    const TreeComparison newer = compared(v2025(), {.mode = mode});
    EXPECT_TRUE(newer.same());
    EXPECT_THAT(newer.unchanged, ElementsAre("a", "d-/x", "d/b", "l", "\xed\xb3\xbf/y"));
    EXPECT_EQ(newer.files_hashed, mode == CompareMode::kFast ? 0U : 4U);
  }
}

TEST_F(CompareTreeTest, TellsNewModifiedAndDeletedFiles) {
  builder_.file_at("gone", "x", kTime).file_at("size", "1", kTime).file_at("time", "1", kTime);
  builder_.file_at("content", "1", kTime).file_at("d/same", "1", kTime).file_at("old/x", "x", kTime);
  const Manifest older = v2023();
  const Snapshot newer = v2025();
  for (const char* path : {"gone", "old/x"}) ASSERT_EQ(::unlink((dir_ / path).c_str()), 0);
  ASSERT_EQ(::rmdir((dir_ / "old").c_str()), 0);
  builder_.file_at("size", "22", kTime).file_at("time", "1", kTime + 5'000).file_at("content", "2", kTime);
  builder_.file_at("d/new", "n", kTime).file_at("fresh/f", "x", kTime);
  const std::vector<std::string> fast{"+ d/new", "+ fresh/f", "* size",    "* time",
                                      "- gone",  "- old/x",   "= content", "= d/same"};
  const std::vector<std::string> definitive{"+ d/new", "+ fresh/f", "* content", "* size",
                                            "- gone",  "- old/x",   "= d/same",  "= time"};
  const auto with_directories = [](std::vector<std::string> all) {
    all.insert(all.end(), {"+d fresh", "-d old"});
    return all;
  };
  EXPECT_EQ(lines(compared(older)), fast);
  EXPECT_EQ(lines(compared(newer)), with_directories(fast));
  const TreeComparison slow = compared(older, {.mode = CompareMode::kDefinitive});
  EXPECT_EQ(lines(slow), definitive);
  EXPECT_EQ(slow.files_hashed, 3U) << "another size needs no reading";
  EXPECT_EQ(slow.bytes_hashed, 3U);
  EXPECT_EQ(lines(compared(newer, {.mode = CompareMode::kDefinitive})), with_directories(definitive));
  EXPECT_EQ(slow.modified[1].size, 2U);
}

TEST_F(CompareTreeTest, AllowsTimesToDifferByAMicrosecond) {
  builder_.file_at("f", "x", 1'700'000'000'123'456'789);
  for (const auto& [mtime_us, same] : {std::pair{1'700'000'000'123'456, true},
                                       {1'700'000'000'123'457, true},
                                       {1'700'000'000'123'455, true},
                                       {1'700'000'000'123'458, false},
                                       {1'700'000'000'123'454, false}}) {
    ManifestBuilder builder;
    ASSERT_TRUE(builder.add("f", Digest{}, 1, mtime_us));
    EXPECT_EQ(compared(std::move(builder).build().value()).same(), same) << mtime_us;
  }
  builder_.file_at("f", "x", -1'500);  // cut off to -1, not down to -2
  for (const auto& [mtime_us, same] :
       {std::pair<std::int64_t, bool>{0, true}, {-1, true}, {-2, true}, {-3, false}, {1, false}}) {
    ManifestBuilder builder;
    ASSERT_TRUE(builder.add("f", Digest{}, 1, mtime_us));
    EXPECT_EQ(compared(std::move(builder).build().value()).same(), same) << mtime_us;
  }
}

TEST_F(CompareTreeTest, TakesEntriesInAnyOrderAndTheLastOfEqualPaths) {
  builder_.file_at("a", "1", kTime).file_at("b", "1", kTime).file_at("c", "1", kTime);
  ManifestBuilder builder;
  for (const auto& [path, size] : {std::pair{"c", 1}, {"a", 9}, {"gone", 1}, {"b", 1}, {"a", 1}, {"./b", 1}}) {
    ASSERT_TRUE(builder.add(path, Digest{}, static_cast<std::uint64_t>(size), kTime / 1000));
  }
  EXPECT_THAT(lines(compared(std::move(builder).build().value(), {.tree = {.include = {"**/*", "./b"}}})),
              ElementsAre("- gone", "= a", "= b", "= c"));
}

TEST_F(CompareTreeTest, LooksOnlyAtWhatPatternsSelectOnBothSides) {
  builder_.file("d/f", "1").file("e/f.tmp", "1").file(".hidden", "1");
  const Snapshot newer = v2025();
  const Manifest older = v2023({.include_hidden = true});
  ASSERT_EQ(::unlink((dir_ / "d/f").c_str()), 0);
  ASSERT_EQ(::unlink((dir_ / "e/f.tmp").c_str()), 0);
  ASSERT_EQ(::unlink((dir_ / ".hidden").c_str()), 0);
  builder_.file("d/new").file("e/new.tmp");
  EXPECT_THAT(lines(compared(newer, {.tree = {.exclude = {"**/*.tmp"}}})),
              ElementsAre("+ d/new", "- .hidden", "- d/f"));
  EXPECT_THAT(lines(compared(older, {.tree = {.exclude = {"e/*"}}})), ElementsAre("+ d/new", "- d/f"));
  EXPECT_THAT(lines(compared(older, {.tree = {.exclude = {"e/*"}, .include_hidden = true}})),
              ElementsAre("+ d/new", "- .hidden", "- d/f"));
  EXPECT_THAT(lines(compared(older, {.tree = {.include = {"none/*"}}})), IsEmpty());
}

TEST_F(CompareTreeTest, ComparesLinksKindsAndExecuteBits) {
  builder_.file_at("f", "x", kTime).file_at("run", "x", kTime).symlink("f", "same").symlink("f", "other");
  builder_.symlink("f", "to-file").file_at("to-link", "x", kTime).file_at("to-dir", "x", kTime);
  const Snapshot before = v2025();
  for (const char* path : {"other", "to-file", "to-link", "to-dir"}) ASSERT_EQ(::unlink((dir_ / path).c_str()), 0);
  builder_.symlink("run", "other").file_at("to-file", "x", kTime).symlink("f", "to-link").mode("run", 0755);
  builder_.file_at("to-dir/g", "x", kTime);
  EXPECT_THAT(lines(compared(before)), ElementsAre("+ to-dir/g", "* other", "* run", "* to-file", "* to-link",
                                                   "- to-dir", "= f", "= same", "+d to-dir"));
  EXPECT_THAT(compared(before, {.ignore_runnable = true}).unchanged, ElementsAre("f", "run", "same"));
}

TEST_F(CompareTreeTest, ComparesChunksAndWholeHashesOfLargeFiles) {
  const std::string content = std::string(1000, 'a') + std::string(1000, 'b');
  builder_.file_at("chunked", content, kTime).file_at("whole", content, kTime).file_at("edited", content, kTime);
  const std::string chunks = "\"chunkhashes\":[\"" + xxh128(content.substr(0, 1000)).to_hex() + "\",\"" +
                             xxh128(content.substr(1000)).to_hex() + "\"],\"mtime\":1,\"path\":";
  const auto document = decode_v2025(
      R"({"dirs":[],"files":[{)" + chunks + R"("chunked","size":2000},{)" + chunks +
          R"("edited","size":2000},{"hash":")" + xxh128(content).to_hex() +
          R"(","mtime":1,"path":"whole","size":2000}],)" +
          R"("hashAlg":"xxh128","specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":6000})",
      {.chunk_size = 1000});
  ASSERT_TRUE(document) << document.error().to_string();
  const auto& manifest = std::get<Snapshot>(*document);
  builder_.file_at("edited", content.substr(0, 1999) + "c", kTime);
  EXPECT_THAT(lines(compared(manifest, {.tree = {.chunk_size = 1000}, .mode = CompareMode::kDefinitive})),
              ElementsAre("* edited", "= chunked", "= whole"));
}

TEST_F(CompareTreeTest, HasAllNewOrAllDeleted) {
  EXPECT_TRUE(compared(Snapshot()).same());
  builder_.file("d/f").directory("e");
  EXPECT_THAT(lines(compared(Snapshot())), ElementsAre("+ d/f", "+d d", "+d e"));
  const Snapshot all = v2025();
  ASSERT_EQ(::unlink((dir_ / "d/f").c_str()), 0);
  for (const char* path : {"d", "e"}) ASSERT_EQ(::rmdir((dir_ / path).c_str()), 0);
  EXPECT_THAT(lines(compared(all)), ElementsAre("- d/f", "-d d", "-d e"));
}

TEST_F(CompareTreeTest, DoesNotTakeWhatItCannotReadForDeleted) {
  builder_.file("d/f", "1").file("g", "1").file("h", "1");
  const Snapshot before = v2025();
  builder_.mode("d", 0);
  const std::string report = run_unprivileged(dir_.path(), [&] {
    const auto strict = compare_tree(before, {.tree = {.root = dir_.path()}}, {});
    if (strict) return std::string("not noticed");
    const auto result = compare_tree(before, {.tree = {.root = dir_.path(), .skip_unreadable = true}}, {});
    if (!result) return result.error().to_string();
    std::string text;
    for (const std::string& line : lines(*result)) text += line + ";";
    for (const Omission& omission : result->omissions)
      text += std::string(to_string(omission.reason)) + " " + omission.path + ";";
    return text;
  });
  EXPECT_EQ(report, "unreadable d;");
}

}  // namespace
}  // namespace attache
