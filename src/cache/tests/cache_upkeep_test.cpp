#include <attache/cache/cache_directory.hpp>
#include <attache/cache/cache_upkeep.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include "tests/cache_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <map>

namespace attache {
namespace {

class CacheUpkeepTest : public HashCacheFixture {
 protected:
  CacheFileFacts inspect(std::string_view name = kHashCacheFile) {
    return inspect_cache_file(directory(), name, 1'750'000'000);
  }
  static std::uint64_t rows_of(const CacheFileFacts& facts, std::string_view table) {
    for (const CacheTableFacts& each : facts.tables) {
      if (each.name == table) return each.rows;
    }
    return 999;
  }
  /// Stores the hash of a real file, or what is claimed to be it.
  void remember(HashCache& cache, const std::string& name, const Digest& hash) {
    const auto folder = Directory::open(project());
    const auto status = folder->status(name);
    ASSERT_TRUE(status && *status);
    cache.store(project(), {name, &**status, std::numeric_limits<std::int64_t>::max() / 2}, hash);
  }
  std::string project() const { return dir_ / "project"; }
};

TEST_F(CacheUpkeepTest, SaysThatThereIsNoFile) {
  const CacheFileFacts facts = inspect();
  EXPECT_FALSE(facts.exists);
  EXPECT_FALSE(facts.problem);
  EXPECT_EQ(facts.path, file());
  EXPECT_FALSE(std::filesystem::exists(directory())) << "and makes none";
}

TEST_F(CacheUpkeepTest, CountsRowsOfEveryTable) {
  {
    auto cache = open();
    for (std::uint64_t i = 0; i < 300; ++i) store(*cache, std::to_string(i), status_of(i), xxh128("x"));
    FileStatus big = status_of(7);
    big.size = 150;
    cache->store_chunks("/d", {"big", &big}, 100, std::vector<Digest>{xxh128("1"), xxh128("2")});
  }
  execute("CREATE TABLE \"hashes\"\"V2\"(x); INSERT INTO \"hashes\"\"V2\" VALUES(1)");
  const CacheFileFacts facts = inspect();
  EXPECT_TRUE(facts.exists);
  EXPECT_FALSE(facts.problem);
  EXPECT_EQ(rows_of(facts, "hashesV4"), 302U);
  EXPECT_EQ(rows_of(facts, "attacheFilesV1"), 3U);
  EXPECT_EQ(rows_of(facts, "attacheChunksV1"), 1U);
  EXPECT_EQ(rows_of(facts, "hashes\"V2"), 1U);
  EXPECT_EQ(facts.files, 301U);
  EXPECT_EQ(facts.journal_mode, "wal");
  EXPECT_GT(facts.bytes, 0U);
  EXPECT_GT(facts.modified_ns, 0);
}

TEST_F(CacheUpkeepTest, SaysHowOldTheRowsOfTheCheckCacheAre) {
  double now = 1'747'000'000;
  auto cache = CheckCache::open({.directory = directory(), .now = [&] { return now; }});
  cache->record("b", "old");
  now = 1'749'999'999;
  cache->record("b", "new");
  cache->flush();
  const CacheFileFacts facts = inspect(kCheckCacheFile);
  EXPECT_EQ(rows_of(facts, "s3checkV1"), 2U);
  EXPECT_EQ(facts.oldest_seen, 1'747'000'000);
  EXPECT_EQ(facts.newest_seen, 1'749'999'999);
  EXPECT_EQ(facts.expired, 1U);
}

TEST_F(CacheUpkeepTest, SaysWhyAFileCannotBeUsed) {
  std::filesystem::create_directories(directory());
  std::ofstream(file()) << std::string(5000, 'x');
  CacheFileFacts facts = inspect();
  EXPECT_TRUE(facts.exists);
  ASSERT_TRUE(facts.problem);
  EXPECT_EQ(facts.problem->code(), ErrorCode::kIntegrity);
  EXPECT_TRUE(std::filesystem::exists(file())) << "looking changes nothing";
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  facts = inspect();
  ASSERT_TRUE(facts.problem);
}

TEST_F(CacheUpkeepTest, EmptiesAFileThatIsInUse) {
  auto cache = open();
  for (std::uint64_t i = 0; i < 2000; ++i) store(*cache, std::to_string(i), status_of(i), xxh128("x"));
  cache->flush();
  execute("CREATE TABLE hashesV2(x); INSERT INTO hashesV2 VALUES(1)");
  EXPECT_TRUE(find(*cache, "7", status_of(7)));
  const auto cleared = clear_cache_file(directory(), kHashCacheFile);
  ASSERT_TRUE(cleared) << cleared.error().to_string();
  EXPECT_FALSE(cleared->removed_file);
  EXPECT_GE(cleared->rows, 2000U);
  cache->flush();
  EXPECT_FALSE(find(*cache, "7", status_of(7)));
  store(*cache, "8", status_of(8), xxh128("8"));
  cache->flush();
  EXPECT_EQ(find(*cache, "8", status_of(8)), xxh128("8"));
  EXPECT_EQ(text("SELECT x FROM hashesV2"), "1");
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(CacheUpkeepTest, GivesSpaceBack) {
  {
    auto cache = open();
    for (std::uint64_t i = 0; i < 2000; ++i) store(*cache, std::to_string(i), status_of(i), xxh128("x"));
  }
  const std::uint64_t before = inspect().bytes;
  ASSERT_TRUE(clear_cache_file(directory(), kHashCacheFile));
  EXPECT_LT(inspect().bytes, before / 10);
}

TEST_F(CacheUpkeepTest, RemovesAFileThatIsNoDatabase) {
  std::filesystem::create_directories(directory());
  std::ofstream(file()) << std::string(5000, 'x');
  const auto cleared = clear_cache_file(directory(), kHashCacheFile);
  ASSERT_TRUE(cleared);
  EXPECT_TRUE(cleared->removed_file);
  EXPECT_TRUE(std::filesystem::is_empty(directory()));
  const auto nothing = clear_cache_file(directory(), kHashCacheFile);
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->rows, 0U);
}

TEST_F(CacheUpkeepTest, DoesNotCallAFileAnEmptyCache) {
  const auto cleared = clear_cache_file("/dev/null", kHashCacheFile);
  ASSERT_FALSE(cleared);
  EXPECT_NE(cleared.error().message().find("/dev/null"), std::string::npos);
  EXPECT_TRUE(clear_cache_file(directory() + "/nowhere", kHashCacheFile));
}

TEST_F(CacheUpkeepTest, ComparesRowsWithFiles) {
  std::filesystem::create_directory(project());
  TreeBuilder(project()).file("same", "same").file("edited", "before").file("gone", "gone").file("lied", "truth");
  {
    auto cache = open();
    remember(*cache, "same", xxh128("same"));
    remember(*cache, "edited", xxh128("before"));
    remember(*cache, "gone", xxh128("gone"));
    remember(*cache, "lied", xxh128("lie"));
    store(*cache, "f", status_of(), xxh128("f"), "/no/such/directory");
  }
  TreeBuilder(project()).file("edited", "after");
  std::filesystem::remove(project() + "/gone");
  std::map<std::string, CacheRowState> seen;
  VerifyCacheOptions how;
  how.found = [&](const std::string& path, CacheRowState state) { seen[path] = state; };
  auto result = verify_hash_cache(directory(), how);
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->current, 2U);
  EXPECT_EQ(result->stale, 1U);
  EXPECT_EQ(result->missing, 2U);
  EXPECT_TRUE(result->is_sound());
  how.hash = true;
  result = verify_hash_cache(directory(), how);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->current, 1U);
  EXPECT_EQ(result->wrong, 1U);
  EXPECT_FALSE(result->is_sound());
  EXPECT_EQ(seen, (std::map<std::string, CacheRowState>{{project() + "/edited", CacheRowState::kStale},
                                                        {project() + "/gone", CacheRowState::kMissing},
                                                        {"/no/such/directory/f", CacheRowState::kMissing},
                                                        {project() + "/lied", CacheRowState::kWrong}}));
}

TEST_F(CacheUpkeepTest, FindsDamagedRows) {
  store(*open(), "f", status_of(), xxh128("f"));
  execute("UPDATE attacheFilesV1 SET files = x'00112233445566778899'");
  const auto result = verify_hash_cache(directory(), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->damaged, 1U);
  EXPECT_FALSE(result->is_sound());
}

TEST_F(CacheUpkeepTest, CannotCompareWhatIsNotThere) {
  const auto result = verify_hash_cache(directory(), {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  open()->flush();
  std::stop_source stop;
  stop.request_stop();
  VerifyCacheOptions how;
  how.stop = stop.get_token();
  store(*open(), "f", status_of(), xxh128("f"));
  const auto stopped = verify_hash_cache(directory(), how);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
