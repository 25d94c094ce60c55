#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/sqlite/connection.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace attache {
namespace {

class SqliteStatementTest : public ::testing::Test {
 protected:
  SqliteConnection open() {
    auto opened = SqliteConnection::open(dir_ / "a.db", {SqliteOptions::Access::kReadWriteCreate, {}, {}});
    if (!opened || !opened->execute("CREATE TABLE IF NOT EXISTS t(x, y)")) throw std::runtime_error("no database");
    return *std::move(opened);
  }

  TemporaryDirectory dir_;
};

TEST_F(SqliteStatementTest, GivesBackWhatWasBound) {
  SqliteConnection connection = open();
  const std::string bytes("a\0\xff z", 5);
  auto insert = connection.prepare("INSERT INTO t VALUES(?1, ?2)");
  ASSERT_TRUE(insert);
  insert->bind_blob(1, bytes);
  insert->bind_text(2, "é\u65e5");
  ASSERT_TRUE(insert->run());
  insert->bind_integer(1, std::numeric_limits<std::int64_t>::min());
  insert->bind_real(2, 0.1);
  ASSERT_TRUE(insert->run());

  auto select = connection.prepare("SELECT x, y FROM t ORDER BY rowid");
  ASSERT_TRUE(select);
  EXPECT_EQ(select->step(), true);
  EXPECT_EQ(select->type(0), SqliteType::kBlob);
  EXPECT_EQ(select->bytes(0), bytes);
  EXPECT_EQ(select->type(1), SqliteType::kText);
  EXPECT_EQ(select->bytes(1), "é\u65e5");
  EXPECT_EQ(select->step(), true);
  EXPECT_EQ(select->type(0), SqliteType::kInteger);
  EXPECT_EQ(select->integer(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(select->type(1), SqliteType::kReal);
  EXPECT_EQ(select->real(1), 0.1);
  EXPECT_EQ(select->step(), false);
}

TEST_F(SqliteStatementTest, TellsAnEmptyBlobFromNull) {
  SqliteConnection connection = open();
  auto insert = connection.prepare("INSERT INTO t(x) VALUES(?1)");
  ASSERT_TRUE(insert);
  insert->bind_blob(1, std::string_view());
  ASSERT_TRUE(insert->run());
  auto select = connection.prepare("SELECT x, y FROM t");
  ASSERT_TRUE(select);
  EXPECT_EQ(select->step(), true);
  EXPECT_EQ(select->type(0), SqliteType::kBlob);
  EXPECT_EQ(select->bytes(0), "");
  EXPECT_EQ(select->type(1), SqliteType::kNull);
  EXPECT_EQ(select->bytes(1), "");
}

TEST_F(SqliteStatementTest, EndsItsReadTransactionWithTheScope) {
  SqliteConnection reader = open();
  ASSERT_TRUE(reader.execute("INSERT INTO t VALUES(1, 2), (3, 4)"));
  auto select = reader.prepare("SELECT x FROM t");
  ASSERT_TRUE(select);
  SqliteConnection writer = open();
  {
    const SqliteReset reset(*select);
    EXPECT_EQ(select->step(), true);
    EXPECT_FALSE(writer.execute("INSERT INTO t VALUES(5, 6)"));  // rollback journal: a reader keeps it from committing
  }
  EXPECT_TRUE(writer.execute("INSERT INTO t VALUES(5, 6)"));
}

TEST_F(SqliteStatementTest, SaysWhatAConstraintRefused) {
  SqliteConnection connection = open();
  ASSERT_TRUE(connection.execute("CREATE TABLE u(x INTEGER PRIMARY KEY); INSERT INTO u VALUES(1)"));
  auto insert = connection.prepare("INSERT INTO u VALUES(1)");
  ASSERT_TRUE(insert);
  const auto status = insert->run();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().problem(), SqliteProblem::kSchema);
  EXPECT_NE(status.error().message().find("UNIQUE"), std::string::npos) << status.error().message();
}

}  // namespace
}  // namespace attache
