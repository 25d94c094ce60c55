#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/sqlite/connection.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <string>

namespace attache {
namespace {

using Access = SqliteOptions::Access;

SqliteConnection open_or_die(const std::string& path, std::chrono::milliseconds busy_timeout = {}) {
  auto opened = SqliteConnection::open(path, {Access::kReadWriteCreate, busy_timeout, {}});
  if (!opened) throw std::runtime_error(opened.error().message());
  return *std::move(opened);
}

TEST(SqliteConnection, KeepsWhatATransactionCommitted) {
  const TemporaryDirectory dir;
  {
    SqliteConnection connection = open_or_die(dir / "a.db");
    ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));
    auto transaction = SqliteTransaction::begin(connection);
    ASSERT_TRUE(transaction);
    EXPECT_TRUE(connection.in_transaction());
    ASSERT_TRUE(connection.execute("INSERT INTO t VALUES(1), (2)"));
    EXPECT_EQ(connection.changes(), 2);
    ASSERT_TRUE(transaction->commit());
    EXPECT_FALSE(connection.in_transaction());
  }
  EXPECT_EQ(open_or_die(dir / "a.db").integer("SELECT count(*) FROM t"), 2);
}

TEST(SqliteConnection, TakesBackWhatATransactionDidNotCommit) {
  const TemporaryDirectory dir;
  SqliteConnection connection = open_or_die(dir / "a.db");
  ASSERT_TRUE(connection.execute("CREATE TABLE t(x)"));
  {
    auto transaction = SqliteTransaction::begin(connection);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection.execute("INSERT INTO t VALUES(1)"));
  }
  EXPECT_FALSE(connection.in_transaction());
  EXPECT_EQ(connection.integer("SELECT count(*) FROM t"), 0);
  EXPECT_EQ(connection.integer("SELECT x FROM t"), 0);
  EXPECT_EQ(connection.text("SELECT x FROM t"), "");
}

TEST(SqliteConnection, SaysThatAnotherOneHoldsTheLock) {
  const TemporaryDirectory dir;
  SqliteConnection one = open_or_die(dir / "a.db");
  SqliteConnection other = open_or_die(dir / "a.db");
  ASSERT_TRUE(one.execute("CREATE TABLE t(x)"));
  const auto held = SqliteTransaction::begin(one);
  ASSERT_TRUE(held);
  const auto refused = SqliteTransaction::begin(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().problem(), SqliteProblem::kBusy);
  EXPECT_NE(refused.error().message().find(dir / "a.db"), std::string::npos) << refused.error().message();
  EXPECT_NE(refused.error().message().find("locked"), std::string::npos) << refused.error().message();
}

TEST(SqliteConnection, SaysThatAFileIsNoDatabase) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("a.db", std::string(5000, 'x'));
  SqliteConnection connection = open_or_die(dir / "a.db");
  const auto status = connection.execute("SELECT * FROM sqlite_master");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().problem(), SqliteProblem::kCorrupt);
  EXPECT_EQ(status.error().to_error().code(), ErrorCode::kIntegrity);
}

TEST(SqliteConnection, SaysThatTheDatabaseIsFull) {
  const TemporaryDirectory dir;
  SqliteConnection connection = open_or_die(dir / "a.db");
  ASSERT_TRUE(connection.execute("CREATE TABLE t(x); PRAGMA max_page_count = 4"));
  const auto status = connection.execute("INSERT INTO t VALUES(zeroblob(100000))");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().problem(), SqliteProblem::kFull);
  EXPECT_EQ(status.error().to_error().code(), ErrorCode::kNoSpace);
}

TEST(SqliteConnection, SaysThatAStatementDoesNotFitTheTables) {
  const TemporaryDirectory dir;
  SqliteConnection connection = open_or_die(dir / "a.db");
  const auto statement = connection.prepare("SELECT x FROM missing");
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().problem(), SqliteProblem::kSchema);
}

TEST(SqliteConnection, SaysThatAFileIsMissingOrADirectory) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).directory("d.db");
  const auto missing = SqliteConnection::open(dir / "missing.db", {Access::kReadWrite, {}, {}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().problem(), SqliteProblem::kCannotOpen);
  const auto directory = SqliteConnection::open(dir / "d.db", {Access::kReadWriteCreate, {}, {}});
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().problem(), SqliteProblem::kCannotOpen);
  EXPECT_EQ(directory.error().to_error().code(), ErrorCode::kIo);
}

TEST(SqliteConnection, KnowsAFileThatMayNotBeWritten) {
  const TemporaryDirectory dir;
  EXPECT_FALSE(open_or_die(dir / "a.db").is_read_only());
  ASSERT_TRUE(open_or_die(dir / "a.db").execute("CREATE TABLE t(x)"));
  const std::string seen = run_unprivileged(dir.path(), [&] {
    ::chmod((dir / "a.db").c_str(), 0400);
    SqliteConnection connection = open_or_die(dir / "a.db");
    const auto status = connection.execute("INSERT INTO t VALUES(1)");
    return std::string(connection.is_read_only() ? "read-only, " : "writable, ") +
           (status ? "written" : std::string(to_string(status.error().problem())));
  });
  EXPECT_EQ(seen, "read-only, read-only");
}

TEST(SqliteConnection, EveryProblemHasANameAndARemedy) {
  for (const int code : {11, 26, 5, 6, 13, 8, 14, 1, 10, 7, 21, 15, 999}) {
    const SqliteError error(problem_of_sqlite_code(code), code, "x");
    EXPECT_FALSE(to_string(error.problem()).empty());
    EXPECT_FALSE(error.to_error().remedy().empty());
  }
  EXPECT_EQ(problem_of_sqlite_code(10 | (15 << 8)), SqliteProblem::kOther);  // an extended code
  EXPECT_EQ(problem_of_sqlite_code(7), SqliteProblem::kOther);
  EXPECT_EQ(SqliteError(SqliteProblem::kOther, 7, "x").to_error().code(), ErrorCode::kOutOfMemory);
}

}  // namespace
}  // namespace attache
