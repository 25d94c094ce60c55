#include "incumbent_time.hpp"
#include "tests/cache_fixture.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <thread>

namespace attache {
namespace {

class HashCacheTest : public HashCacheFixture {
 protected:
  /// A row as the incumbent writes it.
  void incumbent_row(const std::string& path, const FileStatus& status, const std::string& hash,
                     const std::string& range = "0, -1") {
    open()->flush();
    execute("INSERT OR REPLACE INTO hashesV4 VALUES(CAST('" + path + "' AS BLOB), 'xxh128', " + range + ", '" + hash +
            "', '" + std::string(IncumbentTime(status.mtime_ns).text()) + "')");
  }
};

TEST_F(HashCacheTest, RemembersAHash) {
  store(*open(), "f", status_of(), xxh128("f"));
  auto cache = open();
  EXPECT_EQ(find(*cache, "f", status_of()), xxh128("f"));
  EXPECT_EQ(find(*cache, "g", status_of()), std::nullopt);
  EXPECT_EQ(find(*cache, "f", status_of(), "/e"), std::nullopt);
  EXPECT_EQ(find(*cache, "f", status_of(), ""), std::nullopt);
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheTest, SaysOfWhichDirectoriesItKnowsNothing) {
  FileStatus status = status_of();
  status.size = 250;
  const auto cache = open();
  EXPECT_FALSE(cache->may_know("/d"));
  cache->store("/d", {"f", &status}, xxh128("f"));
  cache->flush();
  EXPECT_TRUE(cache->may_know("/d"));
  EXPECT_FALSE(cache->may_know("/d/e")) << "its parent has rows, it has none";
  EXPECT_FALSE(cache->may_know("/d0"));
  EXPECT_FALSE(cache->may_know("/"));

  const std::vector<Digest> chunks = {xxh128("1"), xxh128("2"), xxh128("3")};
  cache->store_chunks("/c", {"big", &status}, 100, chunks);
  cache->flush();
  EXPECT_TRUE(cache->may_know("/c")) << "rows of chunks count";
  EXPECT_TRUE(cache->may_know("/"));
  EXPECT_FALSE(cache->may_know("/c/d"));

  execute("DELETE FROM attacheFilesV1");
  execute("DELETE FROM attacheChunksV1");
  EXPECT_TRUE(open_trusting()->may_know("/e")) << "the incumbent's rows are not looked through";
}

TEST_F(HashCacheTest, NoticesEveryChangeOfAFilesStatus) {
  store(*open(), "f", status_of(), xxh128("f"));
  auto cache = open();
  for (auto* change : std::initializer_list<void (*)(FileStatus&)>{
           [](FileStatus& status) { ++status.size; }, [](FileStatus& status) { ++status.mtime_ns; },
           [](FileStatus& status) { ++status.ctime_ns; }, [](FileStatus& status) { ++status.inode; },
           [](FileStatus& status) { ++status.device; }}) {
    FileStatus status = status_of();
    change(status);
    EXPECT_EQ(find(*cache, "f", status), std::nullopt);
  }
  FileStatus other_mode = status_of();
  other_mode.mode = 0700;
  EXPECT_EQ(find(*cache, "f", other_mode), xxh128("f"));
}

TEST_F(HashCacheTest, TheLastHashOfAFileCounts) {
  {
    auto cache = open();
    store(*cache, "f", status_of(1), xxh128("1"));
    store(*cache, "e", status_of(9), xxh128("e"));
    store(*cache, "f", status_of(2), xxh128("2"));
    cache->flush();
    store(*cache, "f", status_of(3), xxh128("3"));
    store(*cache, "f", status_of(4), xxh128("4"));
  }
  auto cache = open();
  EXPECT_EQ(find(*cache, "f", status_of(4)), xxh128("4"));
  EXPECT_EQ(find(*cache, "f", status_of(2)), std::nullopt);
  EXPECT_EQ(find(*cache, "e", status_of(9)), xxh128("e"));
  EXPECT_EQ(text("SELECT count(*) FROM hashesV4"), "2");
}

TEST_F(HashCacheTest, SeesWhatIsWrittenWhileItIsOpen) {
  auto reader = open();
  EXPECT_EQ(find(*reader, "f", status_of()), std::nullopt);
  auto writer = open();
  store(*writer, "f", status_of(), xxh128("f"));
  writer->flush();
  reader->flush();  // ends a transaction that the first look-up may have left open
  EXPECT_EQ(find(*reader, "f", status_of()), xxh128("f"));
}

TEST_F(HashCacheTest, LooksUpAnyPartOfADirectoryOfAnySize) {
  std::mt19937 random(7);
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) names.push_back("n" + std::to_string(random() % 100'000));
  names.emplace_back(1, '\x01');
  names.emplace_back("\xff\xff");
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<FileStatus> status(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) status[i] = status_of(i);
  std::vector<std::size_t> order(names.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (std::size_t from = 0; from < order.size(); from += 700) {
    auto cache = open();  // in several batches, so that blocks are split and filled again
    for (std::size_t i = from; i < std::min(order.size(), from + 700); ++i) {
      store(*cache, names[order[i]], status[order[i]], xxh128(names[order[i]]));
    }
  }
  auto cache = open();
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{37}, names.size() - 1}) {
    std::vector<CacheSubject> subjects;
    std::vector<std::string> missing(names.size());
    std::vector<bool> is_there;
    for (std::size_t i = 0; i < names.size(); i += step) {
      subjects.push_back({names[i], &status[i]});
      is_there.push_back(true);
      missing[i] = names[i] + std::string(1, '\0');  // sorts directly behind
      subjects.push_back({missing[i], &status[i]});
      is_there.push_back(false);
    }
    std::vector<std::optional<Digest>> found(subjects.size());
    cache->look_up("/d", subjects, found);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      ASSERT_EQ(found[i], is_there[i] ? std::optional(xxh128(subjects[i].name)) : std::nullopt)
          << "step " << step << ", " << subjects[i].name;
    }
  }
}

TEST_F(HashCacheTest, WhatIsNotInOrderIsMissedAndNeverWrong) {
  const FileStatus a = status_of(1);
  const FileStatus b = status_of(2);
  {
    auto cache = open();
    store(*cache, "a", a, xxh128("a"));
    store(*cache, "b", b, xxh128("b"));
  }
  const std::array<CacheSubject, 2> subjects = {{{"b", &b}, {"a", &a}}};
  std::array<std::optional<Digest>, 2> found;
  open()->look_up("/d", subjects, found);
  EXPECT_TRUE(!found[0] || *found[0] == xxh128("b"));
  EXPECT_TRUE(!found[1] || *found[1] == xxh128("a"));
}

TEST_F(HashCacheTest, DoesNotStoreWhatMayStillChangeWithoutBeingSeen) {
  FileStatus status = status_of();
  HashCacheOptions just_now = options();
  just_now.now_ns = [&] { return status.ctime_ns + 2 * kSecond; };
  store(*HashCache::open(just_now), "f", status, xxh128("f"));
  EXPECT_EQ(find(*open_trusting(), "f", status), std::nullopt);
  EXPECT_EQ(text("SELECT count(*) FROM hashesV4"), "0") << "nor does it tell the incumbent";
  EXPECT_EQ(text("SELECT count(*) FROM attacheFilesV1"), "0");

  // What counts is when the file was last seen, however much later it is stored.
  open()->store("/d", {"f", &status, status.ctime_ns + 2 * kSecond}, xxh128("f"));
  EXPECT_EQ(find(*open(), "f", status), std::nullopt);
  open()->store("/d", {"f", &status, status.ctime_ns + 3 * kSecond}, xxh128("f"));
  EXPECT_EQ(find(*open(), "f", status), xxh128("f"));
}

TEST_F(HashCacheTest, TheClockIsTheSystemsUnlessATestSaysOtherwise) {
  FileStatus status = status_of();
  HashCacheOptions real = options();
  real.now_ns = nullptr;
  status.ctime_ns = std::numeric_limits<std::int64_t>::max();
  store(*HashCache::open(real), "future", status, xxh128("f"));
  EXPECT_EQ(find(*open(), "future", status), std::nullopt);
  store(*HashCache::open(real), "past", status_of(), xxh128("p"));
  EXPECT_EQ(find(*open(), "past", status_of()), xxh128("p"));
}

TEST_F(HashCacheTest, WritesTheRowThatTheIncumbentWouldWrite) {
  const FileStatus status = status_of();
  store(*open(), "caf\xc3\xa9", status, xxh128("f"));
  EXPECT_EQ(text("SELECT hex(file_path) FROM hashesV4"), "2F642F636166C3A9");
  EXPECT_EQ(text("SELECT typeof(file_path) || hash_algorithm || range_start || range_end FROM hashesV4"),
            "blobxxh1280-1");
  EXPECT_EQ(text("SELECT file_hash FROM hashesV4"), xxh128("f").to_hex());
  EXPECT_EQ(text("SELECT last_modified_time FROM hashesV4"), IncumbentTime(status.mtime_ns).text());
  EXPECT_EQ(text("SELECT typeof(last_modified_time) FROM hashesV4"), "text");
}

TEST_F(HashCacheTest, WritesNamesThatAreNoTextAsTheIncumbentDoes) {
  store(*open(), "bad\xff\x80", status_of(), xxh128("f"), "/h\xc3");
  EXPECT_EQ(text("SELECT hex(file_path) FROM hashesV4"), "2F68EDB3832F626164EDB3BFEDB280");
  EXPECT_EQ(find(*open(), "bad\xff\x80", status_of(), "/h\xc3"), xxh128("f"));
  store(*open(), "f", status_of(), xxh128("f"), "/");
  EXPECT_EQ(text("SELECT count(*) FROM hashesV4 WHERE file_path = CAST('/f' AS BLOB)"), "1");
}

TEST_F(HashCacheTest, TheIncumbentsRowsAreUsedOnlyOnTrust) {
  incumbent_row("/d/f", status_of(), xxh128("theirs").to_hex());
  EXPECT_EQ(find(*open(), "f", status_of()), std::nullopt);
  EXPECT_EQ(find(*open_trusting(), "f", status_of()), xxh128("theirs"));
  EXPECT_EQ(find(*open_trusting(), "f", status_of(2000)), std::nullopt) << "another time";
  EXPECT_EQ(find(*open_trusting(), "g", status_of()), std::nullopt);
}

TEST_F(HashCacheTest, OurOwnRowIsEvidenceWhateverTheIncumbentsSays) {
  store(*open(), "f", status_of(), xxh128("ours"));
  incumbent_row("/d/f", status_of(), xxh128("theirs").to_hex());
  EXPECT_EQ(find(*open(), "f", status_of()), xxh128("ours"));
  EXPECT_EQ(find(*open_trusting(), "f", status_of()), xxh128("ours"));
}

TEST_F(HashCacheTest, TrustEndsWhereAFileIsKnownToHaveChangedWithoutItsTime) {
  store(*open(), "f", status_of(), xxh128("before"));
  FileStatus edited = status_of();
  edited.ctime_ns += 5 * kSecond;
  EXPECT_EQ(find(*open_trusting(), "f", edited), std::nullopt);
  // With another time, the incumbent's row cannot be the one that was written with ours.
  edited.mtime_ns += kSecond;
  incumbent_row("/d/f", edited, xxh128("after").to_hex());
  EXPECT_EQ(find(*open_trusting(), "f", edited), xxh128("after"));
  EXPECT_EQ(find(*open(), "f", edited), std::nullopt);
}

TEST_F(HashCacheTest, AnIncumbentsHashThatIsNoneIsAMiss) {
  for (const std::string& hash :
       {std::string("cached"), std::string(), std::string(32, 'G'), std::string(32, 'A'), std::string(31, 'a'),
        std::string(33, 'a'), std::string(32, 'a') + " ", std::string("0x") + std::string(30, 'a')}) {
    incumbent_row("/d/f", status_of(), hash);
    EXPECT_EQ(find(*open_trusting(), "f", status_of()), std::nullopt) << hash;
  }
  incumbent_row("/d/f", status_of(), std::string(32, 'a'));
  EXPECT_TRUE(find(*open_trusting(), "f", status_of()));
}

TEST_F(HashCacheTest, AnIncumbentsTimeThatIsANumberEqualsNone) {
  FileStatus status = status_of();
  status.mtime_ns = 1'700'000'000 * kSecond;
  incumbent_row("/d/f", status, std::string(32, 'a'));
  EXPECT_TRUE(find(*open_trusting(), "f", status));
  execute("UPDATE hashesV4 SET last_modified_time = '1700000000'");
  EXPECT_FALSE(find(*open_trusting(), "f", status));
  execute("UPDATE hashesV4 SET last_modified_time = NULL");
  EXPECT_FALSE(find(*open_trusting(), "f", status));
}

TEST_F(HashCacheTest, RemembersTheHashesOfChunks) {
  FileStatus status = status_of();
  status.size = 250;
  const std::vector<Digest> chunks = {xxh128("1"), xxh128("2"), xxh128("3")};
  open()->store_chunks("/d", {"big", &status}, 100, chunks);
  std::vector<Digest> found = {xxh128("not cleared")};
  auto cache = open();
  EXPECT_TRUE(cache->look_up_chunks("/d", {"big", &status}, 100, found));
  EXPECT_EQ(found, chunks);
  EXPECT_FALSE(cache->look_up_chunks("/d", {"big", &status}, 125, found)) << "another chunk size";
  EXPECT_TRUE(found.empty());
  EXPECT_FALSE(cache->look_up_chunks("/d", {"big", &status}, 0, found));
  EXPECT_EQ(find(*cache, "big", status), std::nullopt) << "chunks are not the hash of the whole file";
  ++status.ctime_ns;
  EXPECT_FALSE(cache->look_up_chunks("/d", {"big", &status}, 100, found));
  EXPECT_EQ(text("SELECT group_concat(range_start || '-' || range_end) FROM (SELECT * FROM hashesV4 ORDER BY 3)"),
            "0-100,100-200,200-250");
}

TEST_F(HashCacheTest, ChunksOfTheIncumbentAreUsedOnTrustIfAllAreThere) {
  FileStatus status = status_of();
  status.size = 250;
  const auto row = [&](const std::string& range, const std::string& content) {
    incumbent_row("/d/big", status, xxh128(content).to_hex(), range);
  };
  row("0, 100", "1");
  row("100, 200", "2");
  std::vector<Digest> found;
  EXPECT_FALSE(open_trusting()->look_up_chunks("/d", {"big", &status}, 100, found));
  row("200, 300", "past the end");
  EXPECT_FALSE(open_trusting()->look_up_chunks("/d", {"big", &status}, 100, found));
  EXPECT_TRUE(found.empty());
  row("200, 250", "3");
  EXPECT_TRUE(open_trusting()->look_up_chunks("/d", {"big", &status}, 100, found));
  EXPECT_EQ(found, (std::vector<Digest>{xxh128("1"), xxh128("2"), xxh128("3")}));
  EXPECT_FALSE(open()->look_up_chunks("/d", {"big", &status}, 100, found));
}

TEST_F(HashCacheTest, RefusesAWrongNumberOfChunks) {
  FileStatus status = status_of();
  status.size = 200;
  const std::vector<Digest> chunks = {xxh128("1"), xxh128("2"), xxh128("3")};
  open()->store_chunks("/d", {"big", &status}, 100, chunks);
  status.size = 0;
  open()->store_chunks("/d", {"empty", &status}, 100, {});
  std::vector<Digest> found;
  EXPECT_FALSE(open()->look_up_chunks("/d", {"empty", &status}, 100, found));
  EXPECT_EQ(text("SELECT count(*) FROM attacheChunksV1"), "0");
}

TEST_F(HashCacheTest, ManyThreadsShareOneCache) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kFiles = 1500;
  {
    auto cache = open();
    std::vector<std::jthread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        const std::string in = "/d" + std::to_string(thread % 3);
        for (std::uint64_t i = 0; i < kFiles; ++i) {
          const std::string name = std::to_string(thread) + "-" + std::to_string(i);
          store(*cache, name, status_of(i), xxh128(name), in);
          if (i % 100 == 0) static_cast<void>(find(*cache, name, status_of(i), in));
        }
      });
    }
  }
  auto cache = open();
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    for (std::uint64_t i = 0; i < kFiles; i += 11) {
      const std::string name = std::to_string(thread) + "-" + std::to_string(i);
      ASSERT_EQ(find(*cache, name, status_of(i), "/d" + std::to_string(thread % 3)), xxh128(name));
    }
  }
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheTest, LeavesOlderTablesAlone) {
  open()->flush();
  execute("CREATE TABLE hashesV2(x); INSERT INTO hashesV2 VALUES(1)");
  store(*open(), "f", status_of(), xxh128("f"));
  EXPECT_EQ(text("SELECT x FROM hashesV2"), "1");
  EXPECT_EQ(text("PRAGMA user_version"), "0");
  EXPECT_EQ(text("SELECT sql FROM sqlite_master WHERE name = 'hashesV4'"),
            "CREATE TABLE hashesV4(file_path blob, hash_algorithm text, range_start integer, range_end integer, "
            "file_hash text, last_modified_time timestamp, PRIMARY KEY (file_path, hash_algorithm, range_start, "
            "range_end))");
}

}  // namespace
}  // namespace attache
