#include "cache_database.hpp"

#include <attache/fsio/testing/temporary_directory.hpp>

#include "hash_cache_tables.hpp"

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

class CacheDatabaseTest : public ::testing::Test {
 protected:
  CacheDatabaseOptions options(std::string vfs = {}) {
    return {.directory = dir_.path(),
            .file_name = "a.db",
            .tables = kHashCacheTables,
            .patience = std::chrono::milliseconds(300),
            .vfs = std::move(vfs)};
  }
  std::string journal_mode(const std::string& vfs = {}) {
    auto connection = SqliteConnection::open(dir_ / "a.db", {SqliteOptions::Access::kReadWrite, {}, vfs});
    return connection ? connection->text("PRAGMA journal_mode").value_or("?") : "?";
  }

  TemporaryDirectory dir_;
};

TEST_F(CacheDatabaseTest, HasALogThatReadersDoNotWaitFor) {
  const auto opened = CacheDatabase::open(options(), {});
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->database.uses_wal());
  EXPECT_FALSE(opened->warning);
  EXPECT_EQ(journal_mode(), "wal");
}

TEST_F(CacheDatabaseTest, DoesWithoutSharedMemoryWhereThereIsNone) {
  {
    auto opened = CacheDatabase::open(options("unix-dotfile"), {});
    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_FALSE(opened->database.uses_wal());
    EXPECT_FALSE(opened->warning);
    EXPECT_TRUE(opened->database.connection().execute("INSERT INTO hashesV4(file_hash) VALUES('x')"));
  }
  EXPECT_EQ(journal_mode("unix-dotfile"), "delete");
}

TEST_F(CacheDatabaseTest, LeavesTheModeThatNeedsSharedMemoryWhereThereIsNone) {
  ASSERT_TRUE(CacheDatabase::open(options(), {}));
  ASSERT_EQ(journal_mode(), "wal");
  auto opened = CacheDatabase::open(options("unix-dotfile"), {});
  ASSERT_TRUE(opened) << opened.error().to_string();
  EXPECT_FALSE(opened->database.uses_wal());
  EXPECT_TRUE(opened->database.connection().execute("INSERT INTO hashesV4(file_hash) VALUES('x')"));
  auto other = opened->database.connect();
  ASSERT_TRUE(other);
  EXPECT_EQ(other->integer("SELECT count(*) FROM hashesV4"), 1);
}

TEST_F(CacheDatabaseTest, NoticesThatItsFileIsAnother) {
  const auto opened = CacheDatabase::open(options(), {});
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->database.is_current());
  const auto aside = set_aside(opened->database.path(), opened->database.identity());
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->find(dir_ / "a.db.corrupt-"), 0U);
  EXPECT_FALSE(opened->database.is_current());
  ASSERT_TRUE(CacheDatabase::open(options(), {}));
  EXPECT_FALSE(opened->database.is_current());
  const auto late = set_aside(opened->database.path(), opened->database.identity());
  ASSERT_TRUE(late);
  EXPECT_EQ(*late, "") << "another process has made a new one already";
}

TEST_F(CacheDatabaseTest, RetriesOnlyWhatIsBusyAndOnlySoLong) {
  int calls = 0;
  const auto failing = [&](SqliteProblem problem) {
    calls = 0;
    return [&calls, problem]() -> SqliteStatus {
      ++calls;
      return fail(SqliteError(problem, 0, "x"));
    };
  };
  EXPECT_FALSE(retry_while_busy(std::chrono::milliseconds(100), {}, failing(SqliteProblem::kFull)));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(retry_while_busy(std::chrono::milliseconds(100), {}, failing(SqliteProblem::kBusy)));
  EXPECT_GT(calls, 1);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(retry_while_busy(std::chrono::hours(1), stop.get_token(), failing(SqliteProblem::kBusy)));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace attache
