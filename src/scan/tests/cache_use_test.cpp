#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/collect.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/snapshot.hpp>
#include <attache/scan/testing/describe.hpp>
#include <attache/scan/testing/memory_hash_cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class CacheUse : public testing::Test {
 protected:
  TreeSnapshot snapshot() { return snapshot_tree({.root = dir_.path(), .cache = &cache_, .threads = 3}, {}).value(); }
  RelativeTreeSnapshot snapshot_v2025() {
    return snapshot_tree_v2025({.root = dir_.path(), .chunk_size = 1000, .cache = &cache_, .threads = 3}, {}).value();
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
  MemoryHashCache cache_;
};

TEST_F(CacheUse, ReadsEveryFileOnce) {
  builder_.file("a", "1").file("d/b", "22").file("d/c", "333");
  const TreeSnapshot cold = snapshot();
  EXPECT_EQ(cold.bytes_hashed, 6U);
  EXPECT_EQ(cold.files_from_cache, 0U);
  EXPECT_THAT(cache_.paths(), UnorderedElementsAre(dir_ / "a", dir_ / "d/b", dir_ / "d/c"));
  const TreeSnapshot warm = snapshot();
  EXPECT_EQ(warm.bytes_hashed, 0U);
  EXPECT_EQ(warm.files_from_cache, 3U);
  ASSERT_EQ(warm.manifest.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(warm.manifest[i], cold.manifest[i]);
  EXPECT_EQ(warm.manifest[2].hash, xxh128("333"));
}

TEST_F(CacheUse, AsksOncePerDirectoryInTheOrderOfNames) {
  for (int i = 0; i < 300; ++i) {
    builder_.file("d" + std::to_string(i % 3) + "/f" + std::to_string(i * 7919 % 1000), "x");
    builder_.file("d" + std::to_string(i % 3) + "/\xc3\xa9" + std::to_string(i), "x");
  }
  EXPECT_EQ(snapshot().bytes_hashed, 600U);
  EXPECT_EQ(cache_.queries(), 0U) << "it knows nothing of these directories, and says so";
  EXPECT_EQ(snapshot().files_from_cache, 600U);
  EXPECT_EQ(cache_.queries(), 3U);
  EXPECT_FALSE(cache_.disordered());
}

TEST_F(CacheUse, AsksForLinkedFilesInDirectoriesThatItDoesNotKnow) {
  builder_.file("elsewhere/f", "1");
  for (int i = 0; i < 30; ++i) builder_.file("d/f" + std::to_string(i), "x");
  snapshot_tree({.root = dir_ / "elsewhere", .cache = &cache_}, {}).value();
  builder_.symlink("../elsewhere/f", "d/link");
  EXPECT_EQ(snapshot_tree({.root = dir_ / "d", .cache = &cache_}, {}).value().files_from_cache, 1U);
}

TEST_F(CacheUse, ReadsWhatHasChanged) {
  builder_.file_at("a", "before", 1'600'000'000'000'000'000).file("b", "same");
  snapshot();
  builder_.file_at("a", "after!", 1'600'000'000'000'000'000);  // same size, same mtime
  const TreeSnapshot again = snapshot();
  EXPECT_EQ(again.files_from_cache, 1U);
  EXPECT_EQ(again.manifest[0].hash, xxh128("after!"));
}

TEST_F(CacheUse, FindsLinkedFilesByWhereTheyReallyLie) {
  const TemporaryDirectory elsewhere;
  TreeBuilder(elsewhere.path()).file("sub/f", "1").file("g", "22");
  builder_.symlink(elsewhere / "sub", "dir")
      .symlink(elsewhere / "g", "file")
      .file("own/h", "333")
      .symlink("own", "also");
  const TreeSnapshot cold = snapshot();
  EXPECT_THAT(cache_.paths(), UnorderedElementsAre(elsewhere / "sub/f", elsewhere / "g", dir_ / "own/h"));
  const TreeSnapshot warm = snapshot();
  EXPECT_EQ(warm.bytes_hashed, 0U);
  EXPECT_EQ(warm.files_from_cache, 4U);
  for (std::size_t i = 0; i < warm.manifest.size(); ++i) EXPECT_EQ(warm.manifest[i], cold.manifest[i]);
}

TEST_F(CacheUse, ResolvesTheRoot) {
  builder_.file("real/f", "1").symlink("real", "link");
  ASSERT_TRUE(snapshot_tree({.root = dir_ / "link", .cache = &cache_}, {}));
  EXPECT_THAT(cache_.paths(), ElementsAre(dir_ / "real/f"));
}

TEST_F(CacheUse, RemembersChunks) {
  builder_.file("big", std::string(2500, 'x')).file("small", "x").symlink("/dev/null", "special");
  const auto cold = snapshot_v2025();
  EXPECT_EQ(cold.bytes_hashed, 2501U);
  const auto warm = snapshot_v2025();
  EXPECT_EQ(warm.bytes_hashed, 0U);
  EXPECT_EQ(describe(warm.manifest), describe(cold.manifest));
  EXPECT_EQ(warm.manifest.file(0).data.chunks[2], cold.manifest.file(0).data.chunks[2]);
  // Another chunk size is another question.
  const auto other = snapshot_tree_v2025({.root = dir_.path(), .chunk_size = 2000, .cache = &cache_}, {});
  EXPECT_EQ(other->bytes_hashed, 2500U);
}

TEST_F(CacheUse, RefusesAnswersThatCannotBe) {
  builder_.file("big", std::string(2500, 'x'));
  const auto cold = snapshot_v2025();
  cache_.poison(Digest{});  // a chunk too many
  const auto again = snapshot_v2025();
  EXPECT_EQ(again.bytes_hashed, 2500U);
  EXPECT_EQ(again.manifest.file(0).data.chunks[0], cold.manifest.file(0).data.chunks[0]);
}

TEST_F(CacheUse, HashesAndComparesWithIt) {
  builder_.file("a", "1").file("d/b", "22");
  const auto collected = collect({.directories = {dir_.path()}}, {});
  ASSERT_TRUE(collected);
  const auto cold = hash_collected(collected->manifest, {.cache = &cache_}, {});
  EXPECT_EQ(cold->bytes_hashed, 3U);
  const auto warm = hash_collected(collected->manifest, {.cache = &cache_}, {});
  EXPECT_EQ(warm->bytes_hashed, 0U);
  EXPECT_EQ(warm->files_from_cache, 2U);
  EXPECT_EQ(describe(warm->manifest), describe(cold->manifest));
  const TreeSnapshot manifest = snapshot();
  const auto compared = compare_tree(
      manifest.manifest, {.tree = {.root = dir_.path(), .cache = &cache_}, .mode = CompareMode::kDefinitive}, {});
  EXPECT_TRUE(compared->same());
  EXPECT_EQ(compared->files_hashed, 2U);
  EXPECT_EQ(compared->bytes_hashed, 0U);
}

TEST_F(CacheUse, DividesEnormousDirectories) {
  for (int i = 0; i < 1200; ++i) builder_.file("f" + std::to_string(i), "x");
  EXPECT_EQ(snapshot().bytes_hashed, 1200U);
  EXPECT_EQ(cache_.queries(), 0U);
  EXPECT_EQ(snapshot().files_from_cache, 1200U);
  EXPECT_EQ(cache_.queries(), 3U);
  EXPECT_FALSE(cache_.disordered());
}

}  // namespace
}  // namespace attache
