#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/manifest_hashes.hpp>
#include <attache/scan/snapshot.hpp>
#include <attache/scan/testing/memory_hash_cache.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace attache {
namespace {

class ManifestHashesTest : public testing::Test {
 protected:
  RelativeTreeSnapshot snapshot(HashCache* cache, std::uint64_t chunk_size = 1000) {
    return snapshot_tree_v2025({.root = dir_.path(), .chunk_size = chunk_size, .cache = cache, .threads = 2}, {})
        .value();
  }
  std::string root() { return std::filesystem::canonical(dir_.path()).string(); }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(ManifestHashesTest, TakesTheHashesOfFilesThatSeemUnchanged) {
  constexpr std::int64_t kTime = 1'600'000'000'000'000'000;
  builder_.file_at("a", "1234", kTime).file_at("d/b", "1234", kTime).file_at("d/big", std::string(2500, 'x'), kTime);
  builder_.file_at("later", "1234", kTime).file_at("longer", "1234", kTime);
  const Snapshot before = snapshot(nullptr).manifest;
  // An edit that keeps size and time is what a comparison by size and time cannot see.
  builder_.file_at("a", "abcd", kTime + 1000).file_at("later", "abcd", kTime + 2000).file_at("longer", "12345", kTime);
  builder_.file_at("new", "12", kTime);
  ManifestHashes hashes(before, root(), nullptr);
  const RelativeTreeSnapshot after = snapshot(&hashes);
  EXPECT_EQ(after.files_from_cache, 3U);
  EXPECT_EQ(after.bytes_hashed, 4U + 5U + 2U);
  const auto hash_of = [&](std::string_view path) {
    return after.manifest.file(*after.manifest.find_file(path)).data.hash;
  };
  EXPECT_EQ(hash_of("a"), xxh128("1234"));
  EXPECT_EQ(hash_of("d/b"), xxh128("1234"));
  EXPECT_EQ(hash_of("later"), xxh128("abcd"));
  EXPECT_EQ(hash_of("longer"), xxh128("12345"));
  EXPECT_EQ(after.manifest.file(*after.manifest.find_file("d/big")).data.chunks.size(), 3U);
}

TEST_F(ManifestHashesTest, KnowsNothingOfChunksOfAnotherSize) {
  builder_.file("big", std::string(2500, 'x'));
  const Snapshot before = snapshot(nullptr).manifest;
  ManifestHashes hashes(before, root(), nullptr);
  EXPECT_EQ(snapshot(&hashes, 2000).bytes_hashed, 2500U);
  EXPECT_EQ(snapshot(&hashes, kWholeFile).bytes_hashed, 2500U);
}

TEST_F(ManifestHashesTest, AsksTheNextForTheRestAndStoresThere) {
  builder_.file("a", "1").file("d/b", "22");
  const Snapshot empty;
  MemoryHashCache next;
  ManifestHashes hashes(empty, root(), &next);
  EXPECT_EQ(snapshot(&hashes).bytes_hashed, 3U);
  EXPECT_EQ(next.stored(), 2U);
  EXPECT_EQ(snapshot(&hashes).bytes_hashed, 0U);
}

TEST_F(ManifestHashesTest, SaysNothingOfWhatLiesElsewhere) {
  builder_.file("in/a", "1");
  const Snapshot before = snapshot_tree_v2025({.root = dir_ / "in"}, {}).value().manifest;
  ManifestHashes hashes(before, root() + "/other", nullptr);
  EXPECT_EQ(snapshot_tree_v2025({.root = dir_ / "in", .cache = &hashes}, {}).value().bytes_hashed, 1U);
}

}  // namespace
}  // namespace attache
