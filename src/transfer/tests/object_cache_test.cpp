#include "object_cache.hpp"

#include <attache/hash/xxh3.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace attache {
namespace {

namespace fs = std::filesystem;

class ObjectCacheTest : public testing::Test {
 protected:
  std::unique_ptr<ObjectCache> open(std::uint64_t most = 1 << 20) const {
    return ObjectCache::open(directory_ / "cache", most).value();
  }
  static std::span<const std::byte> bytes(const std::string& text) { return std::as_bytes(std::span(text)); }
  fs::path path_of(const std::string& text) const {
    const std::string hash = xxh128(text).to_hex();
    return fs::path(directory_ / "cache") / hash.substr(0, 2) / (hash + ".xxh128");
  }
  static bool has(ObjectCache& cache, const std::string& text) {
    return cache.find(xxh128(text), text.size()).has_value();
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_ / "cache")) {
      if (entry.path().extension() == ".xxh128") sum += entry.file_size();
    }
    return sum;
  }

  TemporaryDirectory directory_;
};

TEST_F(ObjectCacheTest, GivesBackWhatItKeeps) {
  const auto cache = open();
  EXPECT_FALSE(has(*cache, "object"));
  cache->keep(xxh128("object"), bytes("object"));
  const auto found = cache->find(xxh128("object"), 6);
  ASSERT_TRUE(found);
  EXPECT_EQ(read_text(path_of("object")), "object");
  EXPECT_TRUE(has(*open(), "object"));
  EXPECT_FALSE(cache->find(xxh128("object"), 7)) << "of another size it is no such object";
  cache->drop(xxh128("object"));
  EXPECT_FALSE(has(*cache, "object"));
}

TEST_F(ObjectCacheTest, KeepsPartsOfFiles) {
  const auto root = RootDirectory::open(directory_.path()).value().target().value();
  auto file = root.create_file("f");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->write(bytes("0123456789")), 0);
  const auto cache = open();
  cache->keep(xxh128("345"), *file, 3, 3, false, {});
  cache->keep(xxh128("0123456789"), *file, 0, 10, true, {});
  EXPECT_EQ(read_text(path_of("345")), "345");
  EXPECT_EQ(read_text(path_of("0123456789")), "0123456789");
}

TEST_F(ObjectCacheTest, LeavesWhatIsToGoToTheNextOneWhenItIsToStop) {
  for (const std::string text : {"one", "two", "three", "four"}) open()->keep(xxh128(text), bytes(text));
  const auto cache = open(10);
  std::stop_source stop;
  stop.request_stop();
  ASSERT_TRUE(cache->trim(stop.get_token()));
  EXPECT_TRUE(has(*cache, "one"));
  ASSERT_TRUE(cache->trim());
  EXPECT_FALSE(has(*cache, "one") && has(*cache, "two") && has(*cache, "three") && has(*cache, "four"));
}

TEST_F(ObjectCacheTest, RemovesWhatWasUsedLongestAgo) {
  for (const char c : {'a', 'b', 'c', 'd'}) open()->keep(xxh128(std::string(30, c)), bytes(std::string(30, c)));
  const auto day = std::chrono::hours(24);
  const auto now = fs::file_time_type::clock::now();
  int age = 10;
  for (const char c : {'a', 'b', 'c', 'd'}) fs::last_write_time(path_of(std::string(30, c)), now - day * age--);
  const auto cache = open(100);
  EXPECT_TRUE(has(*cache, std::string(30, 'a')));  // used now
  ASSERT_TRUE(cache->trim());
  EXPECT_TRUE(has(*cache, std::string(30, 'a')));
  EXPECT_FALSE(has(*cache, std::string(30, 'b')));
  EXPECT_TRUE(has(*cache, std::string(30, 'c')));
  EXPECT_TRUE(has(*cache, std::string(30, 'd')));
}

TEST_F(ObjectCacheTest, IsTrimmedWhereFewFilesMayBeOpen) {
  {
    const auto cache = open();
    for (int i = 0; i < 500; ++i) {
      const std::string text = std::to_string(i) + std::string(100, 'x');
      cache->keep(xxh128(text), bytes(text));
    }
  }
  const auto cache = open(5000);
  const int unused = ::dup(0);
  ::close(unused);
  struct rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  struct rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(unused) + 20;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const Status trimmed = cache->trim();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(trimmed) << trimmed.error().to_string();
  EXPECT_LE(total(), 5000U);
}

TEST_F(ObjectCacheTest, IsTrimmedAlsoWithADamagedLock) {
  for (const std::string text : {"one", "two", "three", "four"}) open()->keep(xxh128(text), bytes(text));
  const auto cache = open(10);
  std::ofstream(directory_ / "cache/trim.lock") << std::string(36, '\0');
  const Status trimmed = cache->trim();
  ASSERT_TRUE(trimmed) << trimmed.error().to_string();
  EXPECT_FALSE(has(*cache, "one") && has(*cache, "two") && has(*cache, "three") && has(*cache, "four"));
}

TEST_F(ObjectCacheTest, HoldsNotMuchMoreThanItMayWhileItIsFilled) {
  const auto cache = open(10'000);
  std::uint64_t most = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string text = std::to_string(i) + std::string(500, 'x');
    cache->keep(xxh128(text), bytes(text));
    most = std::max(most, total());
  }
  EXPECT_LE(most, 12'000U);
  EXPECT_GE(most, 9'000U);
}

TEST_F(ObjectCacheTest, IsTrimmedByWhoeverMayWriteInIt) {
  const auto cache = open(10);
  const ::mode_t before = ::umask(0);
  const Status trimmed = cache->trim();
  ::umask(before);
  ASSERT_TRUE(trimmed) << trimmed.error().to_string();
  EXPECT_EQ(fs::status(directory_ / "cache/trim.lock").permissions(), fs::perms{0666});
}

TEST_F(ObjectCacheTest, NotesTheUseByAnotherUserWhoMayWriteInIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs another user";
  fs::permissions(directory_.path(), fs::perms{0755});
  const ::mode_t before = ::umask(0);
  open()->keep(xxh128("object"), bytes("object"));
  ::umask(before);
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(240);
  fs::last_write_time(path_of("object"), long_ago);
  ASSERT_EQ(::seteuid(4243), 0);
  const bool is_found = has(*open(), "object");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_TRUE(is_found);
  EXPECT_GT(fs::last_write_time(path_of("object")), long_ago + std::chrono::hours(1));
}

TEST_F(ObjectCacheTest, KeepsNothingThatIsLargerThanItMayBe) {
  const auto cache = open(10);
  cache->keep(xxh128("0123456789a"), bytes("0123456789a"));
  EXPECT_FALSE(has(*cache, "0123456789a"));
}

TEST_F(ObjectCacheTest, TakesNoSpaceThatTheFilesNeed) {
  const auto cache = ObjectCache::open(directory_ / "cache", 1 << 20, UINT64_MAX - 1).value();
  cache->keep(xxh128("object"), bytes("object"));
  EXPECT_FALSE(has(*cache, "object"));
}

TEST_F(ObjectCacheTest, RemovesOldTemporaryFilesOnly) {
  const auto cache = open();
  cache->keep(xxh128("x"), bytes("x"));
  const fs::path folder = path_of("x").parent_path();
  for (const char* name : {".attache-old-1.tmp", ".attache-new-1.tmp", "not ours"}) std::ofstream(folder / name) << "x";
  fs::last_write_time(folder / ".attache-old-1.tmp", fs::file_time_type::clock::now() - std::chrono::hours(48));
  ASSERT_TRUE(cache->trim());
  EXPECT_FALSE(fs::exists(folder / ".attache-old-1.tmp"));
  EXPECT_TRUE(fs::exists(folder / ".attache-new-1.tmp"));
  EXPECT_TRUE(fs::exists(folder / "not ours"));
}

TEST_F(ObjectCacheTest, IsUsedByManyAtATime) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      const auto cache = open(2000);
      for (int i = 0; i < 100; ++i) {
        const std::string text = std::string(50, 'x') + std::to_string((i * (thread + 1)) % 60);
        if (const auto found = cache->find(xxh128(text), text.size())) {
          std::string content(text.size(), '\0');
          EXPECT_TRUE(found->read_at(std::as_writable_bytes(std::span(content)), 0));
          EXPECT_EQ(content, text);
        } else {
          cache->keep(xxh128(text), bytes(text));
        }
        if (i % 20 == 0) {
          EXPECT_TRUE(cache->trim());
        }
      }
    });
  }
  threads.clear();
  ASSERT_TRUE(open(2000)->trim());
  EXPECT_LE(total(), 2000U);
}

}  // namespace
}  // namespace attache
