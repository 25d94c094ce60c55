#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>

#include "tests/cache_fixture.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

// Whatever is the matter with the file: one warning, no failure, no wrong hash.

namespace attache {
namespace {

class HashCacheRobustnessTest : public HashCacheFixture {
 protected:
  void expect_working() {
    {
      auto cache = open();
      store(*cache, "new", status_of(77), xxh128("new"));
    }
    EXPECT_EQ(find(*open(), "new", status_of(77)), xxh128("new"));
  }
  void expect_useless() {
    auto cache = open();
    store(*cache, "new", status_of(77), xxh128("new"));
    cache->flush();
    EXPECT_EQ(find(*cache, "new", status_of(77)), std::nullopt);
  }
  std::vector<std::string> names_in_directory() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::vector<std::string> set_aside_files() const {
    std::vector<std::string> names = names_in_directory();
    std::erase_if(names, [](const std::string& name) { return name.find(".corrupt-") == std::string::npos; });
    return names;
  }
  void write_file(const std::string& content) const {
    std::filesystem::create_directories(directory());
    std::ofstream(file(), std::ios::binary) << content;
  }
  std::string read_file() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void expect_one_warning(const std::string& part) {
    ASSERT_EQ(warnings_.size(), 1U) << (warnings_.empty() ? "none" : warnings_[1]);
    EXPECT_NE(warnings_[0].find(part), std::string::npos) << warnings_[0];
    EXPECT_NE(warnings_[0].find(file()), std::string::npos) << warnings_[0];
    warnings_.clear();
  }
  static unsigned mode_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0U;
  }
};

TEST_F(HashCacheRobustnessTest, NobodyElseMayLookOrWrite) {
  const mode_t before = ::umask(0);
  HashCacheOptions deep = options();
  deep.directory = directory() + "/a/b";
  auto cache = HashCache::open(deep);
  ::umask(before);
  store(*cache, "f", status_of(), xxh128("f"));
  cache->flush();
  EXPECT_EQ(mode_of(directory()), 0700U);
  EXPECT_EQ(mode_of(deep.directory), 0700U);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(mode_of(deep.directory + "/hash_cache.db" + suffix), 0600U) << suffix;
  }
}

TEST_F(HashCacheRobustnessTest, TakesOthersPermissionsOffAFileThatIsThere) {
  open()->flush();
  ::chmod(file().c_str(), 0664);
  expect_working();
  EXPECT_EQ(mode_of(file()), 0600U);
}

TEST_F(HashCacheRobustnessTest, AnEmptyFileIsANewDatabase) {
  write_file("");
  expect_working();
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheRobustnessTest, WhatIsNoDatabaseIsSetAside) {
  write_file(std::string(5000, 'x'));
  auto cache = open();
  expect_one_warning("damaged");
  ASSERT_EQ(set_aside_files().size(), 1U);
  EXPECT_EQ(std::filesystem::file_size(directory() + "/" + set_aside_files()[0]), 5000U);
  expect_working();
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(HashCacheRobustnessTest, ATruncatedDatabaseIsSetAside) {
  for (int i = 0; i < 100; ++i) store(*open(), "f" + std::to_string(i), status_of(), xxh128("f"));
  const std::string content = read_file();
  for (const std::size_t size : {content.size() / 2, std::size_t{4096}, std::size_t{100}}) {
    write_file(content.substr(0, size));
    {
      auto cache = open();
      EXPECT_EQ(find(*cache, "f0", status_of()), std::nullopt) << size;
    }
    expect_one_warning("damaged");
    expect_working();
    EXPECT_TRUE(warnings_.empty()) << warnings_[0];
  }
  EXPECT_EQ(set_aside_files().size(), 3U);
}

TEST_F(HashCacheRobustnessTest, TheLogOfADamagedDatabaseDoesNotGetIntoTheNewOne) {
  write_file(std::string(5000, 'x'));
  std::ofstream(file() + "-wal") << "old log";
  open()->flush();
  EXPECT_GE(set_aside_files().size(), 1U);  // SQLite itself may have removed the log
  EXPECT_FALSE(std::filesystem::exists(file() + "-wal"));
  warnings_.clear();
  expect_working();
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(HashCacheRobustnessTest, DamageThatShowsLateGivesNoWrongHashAndANewFileNextTime) {
  {
    auto cache = open();
    for (std::uint64_t i = 0; i < 2000; ++i) store(*cache, std::to_string(i), status_of(i), xxh128(std::to_string(i)));
  }
  std::string content = read_file();
  for (std::size_t page = 5; page * 4096 + 200 < content.size(); ++page) content.replace(page * 4096, 200, 200, '\xa5');
  write_file(content);
  {
    auto cache = open();
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const auto found = find(*cache, std::to_string(i), status_of(i));
      EXPECT_TRUE(!found || *found == xxh128(std::to_string(i)));
    }
  }
  expect_one_warning("hash cache");
  expect_working();
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
  EXPECT_EQ(set_aside_files().size(), 1U);
}

TEST_F(HashCacheRobustnessTest, DamageThatSQLiteDoesNotSeeIsSeenHere) {
  store(*open(), "f", status_of(), xxh128("f"));
  store(*open(), "g", status_of(), xxh128("g"), "/e");
  std::string content = read_file();
  const Digest hash = xxh128("f");
  const std::string bytes(hash.bytes().begin(), hash.bytes().end());
  const std::size_t place = content.find(bytes);
  ASSERT_NE(place, std::string::npos);
  content[place] = static_cast<char>(content[place] ^ 1);
  write_file(content);
  auto cache = open();
  EXPECT_EQ(find(*cache, "f", status_of()), std::nullopt);
  EXPECT_EQ(find(*cache, "f", status_of()), std::nullopt);
  EXPECT_EQ(find(*cache, "g", status_of(), "/e"), xxh128("g"));
  expect_one_warning("damaged rows");
  store(*cache, "f", status_of(), xxh128("f"));
  cache->flush();
  EXPECT_EQ(find(*cache, "f", status_of()), xxh128("f")) << "hashed again, stored again";
}

TEST_F(HashCacheRobustnessTest, OfManyThatFindAFileDamagedOneSetsItAside) {
  write_file(std::string(5000, 'x'));
  std::vector<std::size_t> warnings(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < warnings.size(); ++i) {
      threads.emplace_back([&, i] {
        HashCacheOptions each = options();
        each.patience = std::chrono::seconds(20);
        each.warn = [&, i](const Error&) { ++warnings[i]; };
        auto cache = HashCache::open(each);
        store(*cache, std::to_string(i), status_of(i), xxh128(std::to_string(i)));
      });
    }
  }
  EXPECT_EQ(set_aside_files().size(), 1U);
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), 1U), 1);
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), 0U), 7);
  auto cache = open();
  for (std::size_t i = 0; i < warnings.size(); ++i) {
    EXPECT_EQ(find(*cache, std::to_string(i), status_of(i)), xxh128(std::to_string(i)));
  }
}

TEST_F(HashCacheRobustnessTest, ManyMayMakeTheFileAtTheSameTime) {
  for (int round = 0; round < 20; ++round) {
    std::filesystem::remove_all(directory());
    std::atomic<int> warned = 0;
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
          HashCacheOptions each = options();
          each.patience = std::chrono::seconds(20);
          each.warn = [&](const Error&) { ++warned; };
          store(*HashCache::open(each), std::to_string(i), status_of(i), xxh128("x"));
        });
      }
    }
    ASSERT_EQ(warned, 0);
    auto cache = open();
    for (std::uint64_t i = 0; i < 8; ++i) ASSERT_EQ(find(*cache, std::to_string(i), status_of(i)), xxh128("x"));
  }
}

TEST_F(HashCacheRobustnessTest, WhatIsNoFileIsLeftAlone) {
  std::filesystem::create_directories(file());
  expect_useless();
  expect_one_warning("not a regular file");
  std::filesystem::remove(file());
  ::mkfifo(file().c_str(), 0600);
  expect_useless();
  expect_one_warning("not a regular file");
}

TEST_F(HashCacheRobustnessTest, ADirectoryThatIsAFileIsLeftAlone) {
  std::ofstream(directory()) << "x";
  expect_useless();
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find(directory()), std::string::npos);
}

TEST_F(HashCacheRobustnessTest, TablesOfAnotherShapeAreLeftAlone) {
  for (const char* other : {
           "CREATE TABLE hashesV4(file_path, hash)",
           "CREATE TABLE hashesV4(file_path blob, hash_algorithm text, range_start integer, range_end integer, "
           "file_hash text, last_modified_time timestamp)",  // no key: rows could not be replaced
           "CREATE TABLE attacheFilesV1(directory, name, hash)",
           "CREATE TABLE attacheChunksV1(path, hash)",
           "CREATE VIEW hashesV4 AS SELECT 1",
       }) {
    std::filesystem::remove_all(directory());
    std::filesystem::create_directories(directory());
    execute(other);
    expect_useless();
    ASSERT_EQ(warnings_.size(), 1U) << other;
    EXPECT_NE(warnings_[0].find("another program or version"), std::string::npos) << warnings_[0];
    warnings_.clear();
    EXPECT_EQ(text("SELECT sql FROM sqlite_master WHERE sql = '" + std::string(other) + "'"), other);
    EXPECT_TRUE(set_aside_files().empty());
  }
}

TEST_F(HashCacheRobustnessTest, AFileOfAnotherUserIsNotBelieved) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make one";
  store(*open(), "f", status_of(), xxh128("f"));
  ASSERT_EQ(::chown(file().c_str(), 65534, 65534), 0);
  EXPECT_EQ(find(*open(), "f", status_of()), std::nullopt);
  expect_one_warning("belongs to another user");
  ASSERT_EQ(::chown(file().c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(directory().c_str(), 65534, 65534), 0);
  EXPECT_EQ(find(*open(), "f", status_of()), std::nullopt);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("belongs to another user"), std::string::npos);
}

TEST_F(HashCacheRobustnessTest, ADirectoryThatAllMayWriteToIsNotBelieved) {
  open()->flush();
  ::chmod(directory().c_str(), 0777);
  expect_useless();
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("every user may write"), std::string::npos);
  ::chmod(directory().c_str(), 01777);
  expect_working();
  EXPECT_EQ(warnings_.size(), 1U);
}

TEST_F(HashCacheRobustnessTest, AReadOnlyFileIsReadAndWarnedOfOnce) {
  store(*open(), "f", status_of(), xxh128("f"));
  const std::string seen = run_unprivileged(dir_.path(), [&] {
    ::chmod(file().c_str(), 0400);
    auto cache = open();
    store(*cache, "g", status_of(), xxh128("g"));
    cache->flush();
    std::string words = find(*cache, "f", status_of()) ? "hit, " : "miss, ";
    words += find(*cache, "g", status_of()) ? "hit, " : "miss, ";
    return words + std::to_string(warnings_.size()) + " " + (warnings_.empty() ? "" : warnings_[0]);
  });
  EXPECT_EQ(seen.substr(0, 12), "hit, miss, 1") << seen;
  EXPECT_NE(seen.find("nothing new is remembered"), std::string::npos) << seen;
}

TEST_F(HashCacheRobustnessTest, AReadOnlyDirectoryIsDoneWithout) {
  const std::string seen = run_unprivileged(dir_.path(), [&] {
    ::mkdir(directory().c_str(), 0500);
    expect_useless();
    const std::string words = std::to_string(warnings_.size()) + " " + (warnings_.empty() ? "" : warnings_[0]);
    ::chmod(directory().c_str(), 0700);
    return words;
  });
  EXPECT_EQ(seen.substr(0, 1), "1") << seen;
  EXPECT_NE(seen.find("hash_cache.db"), std::string::npos) << seen;
}

TEST_F(HashCacheRobustnessTest, AReadOnlyDatabaseInAReadOnlyDirectoryWarnsOnce) {
  store(*open(), "f", status_of(), xxh128("f"));
  const std::string seen = run_unprivileged(dir_.path(), [&] {
    ::chmod(file().c_str(), 0400);
    ::chmod(directory().c_str(), 0500);
    {
      auto cache = open();
      store(*cache, "g", status_of(), xxh128("g"));
      static_cast<void>(find(*cache, "f", status_of()));
    }
    ::chmod(directory().c_str(), 0700);
    return std::to_string(warnings_.size());
  });
  EXPECT_EQ(seen, "1");
}

TEST_F(HashCacheRobustnessTest, ALockThatIsNeverLetGoIsWaitedForOnlySoLong) {
  store(*open(), "f", status_of(), xxh128("f"));
  SqliteConnection holder = database();
  ASSERT_TRUE(holder.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"));
  ASSERT_TRUE(holder.execute("UPDATE hashesV4 SET file_hash = 'x'"));
  expect_useless();
  expect_one_warning("locked");
}

TEST_F(HashCacheRobustnessTest, AWriterThatDoesNotEndKeepsNobodyFromReading) {
  store(*open(), "f", status_of(), xxh128("f"));
  SqliteConnection holder = database();
  ASSERT_TRUE(holder.execute("BEGIN IMMEDIATE"));
  auto cache = open();
  store(*cache, "g", status_of(), xxh128("g"));
  cache->flush();
  expect_one_warning("locked");
  EXPECT_EQ(find(*cache, "f", status_of()), xxh128("f"));
  store(*cache, "h", status_of(), xxh128("h"));
  cache->flush();
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(HashCacheRobustnessTest, WaitsForAWriterThatEnds) {
  open()->flush();
  SqliteConnection holder = database();
  ASSERT_TRUE(holder.execute("BEGIN IMMEDIATE"));
  HashCacheOptions patient = options();
  patient.patience = std::chrono::seconds(30);
  auto cache = HashCache::open(patient);
  store(*cache, "g", status_of(), xxh128("g"));
  const std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    static_cast<void>(holder.execute("COMMIT"));
  });
  cache->flush();
  EXPECT_EQ(find(*cache, "g", status_of()), xxh128("g"));
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheRobustnessTest, WhoIsToldToStopDoesNotWait) {
  open()->flush();
  SqliteConnection holder = database();
  ASSERT_TRUE(holder.execute("BEGIN IMMEDIATE"));
  std::stop_source stop;
  HashCacheOptions stoppable = options();
  stoppable.patience = std::chrono::hours(1);
  stoppable.stop = stop.get_token();
  auto cache = HashCache::open(stoppable);
  store(*cache, "g", status_of(), xxh128("g"));
  stop.request_stop();
  cache.reset();  // would wait for an hour
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheRobustnessTest, AFileThatIsDeletedWhileInUseIsMadeAgain) {
  auto cache = open();
  store(*cache, "f", status_of(), xxh128("f"));
  cache->flush();
  EXPECT_EQ(find(*cache, "f", status_of()), xxh128("f"));
  for (const std::string& name : names_in_directory()) std::filesystem::remove(directory() + "/" + name);
  store(*cache, "g", status_of(), xxh128("g"));
  cache->flush();
  EXPECT_EQ(find(*cache, "g", status_of()), xxh128("g"));
  EXPECT_EQ(find(*cache, "f", status_of()), std::nullopt);
  EXPECT_EQ(find(*open(), "g", status_of()), xxh128("g"));
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheRobustnessTest, AFullDiskIsWarnedOfOnceAndWhatWasThereIsRead) {
  store(*open(), "f", status_of(), xxh128("f"));
  // A limit on the size of files stands for the disk. In a process of its own: it cannot be taken back.
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto cache = open();
    const rlimit limit{64 * 1024, 64 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (std::uint64_t i = 0; i < 10'000; ++i) store(*cache, "n" + std::to_string(i), status_of(i), xxh128("n"));
    cache->flush();
    const bool hit = find(*cache, "f", status_of()) == xxh128("f");
    cache.reset();
    ::_exit(hit && warnings_.size() == 1 ? 0 : static_cast<int>(10 + warnings_.size()));
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(find(*open(), "f", status_of()), xxh128("f"));
  expect_working();
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(HashCacheRobustnessTest, ACacheWithoutAWordForItsOwnerIsStillACache) {
  write_file(std::string(5000, 'x'));
  HashCacheOptions silent = options();
  silent.warn = nullptr;
  auto cache = HashCache::open(silent);
  store(*cache, "f", status_of(), xxh128("f"));
  cache->flush();
  EXPECT_EQ(find(*cache, "f", status_of()), xxh128("f"));
}

}  // namespace
}  // namespace attache
