#include <attache/cache/check_cache.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/sqlite/connection.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace attache {
namespace {

constexpr double kNow = 1'750'000'000.25;
constexpr double kDay = 86'400;

class CheckCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<CheckCache> open() {
    return CheckCache::open({.directory = directory(),
                             .warn = [this](const Error& error) { warnings_.push_back(error.to_string()); },
                             .patience = std::chrono::milliseconds(300),
                             .now = [this] { return now_; }});
  }
  static std::optional<AssumedPresent> find(CheckCache& cache, const std::string& key, std::string_view bucket = "b") {
    std::optional<AssumedPresent> found = AssumedPresent{};
    cache.look_up(bucket, {&key, 1}, {&found, 1});
    return found;
  }
  std::string directory() const { return dir_ / "cache"; }
  std::string file() const { return directory() + "/s3_check_cache.db"; }
  std::string text(const std::string& sql) const {
    auto opened = SqliteConnection::open(file(), {SqliteOptions::Access::kReadWriteCreate, {}, {}});
    if (!opened) throw std::runtime_error(opened.error().message());
    const auto value = opened->text(sql);
    return value ? *value : value.error().message();
  }
  /// A row with a time as it stands in SQL.
  void row(const std::string& key, const std::string& time) {
    open()->flush();
    static_cast<void>(text("INSERT OR REPLACE INTO s3checkV1 VALUES('" + key + "', " + time + ")"));
  }

  TemporaryDirectory dir_;
  std::vector<std::string> warnings_;
  double now_ = kNow;
};

TEST_F(CheckCacheTest, KnowsWhatWasSeenAndHowLongAgo) {
  open()->record("b", "root/Data/h.xxh128");
  now_ += 100.5;
  auto cache = open();
  const auto found = find(*cache, "root/Data/h.xxh128");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->age.count(), 100);
  EXPECT_FALSE(find(*cache, "root/Data/other.xxh128"));
  EXPECT_FALSE(find(*cache, "root/Data/h.xxh128", "B")) << "another bucket";
  EXPECT_FALSE(find(*cache, "root/Data/H.xxh128"));
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(CheckCacheTest, WritesTheRowThatTheIncumbentReads) {
  open()->record("bucket", "root/Data/h.xxh128");
  EXPECT_EQ(text("SELECT s3_key || ' ' || last_seen_time || ' ' || typeof(last_seen_time) FROM s3checkV1"),
            "bucket/root/Data/h.xxh128 1750000000.25 real");
  EXPECT_EQ(text("SELECT sql FROM sqlite_master WHERE name = 's3checkV1'"),
            "CREATE TABLE s3checkV1(s3_key text primary key, last_seen_time timestamp)");
}

TEST_F(CheckCacheTest, KnowsAtOnceWhatItWasTold) {
  auto cache = open();
  cache->record("b", "k");
  EXPECT_TRUE(find(*cache, "k"));
  cache->record("b", "k");
  cache->flush();
  EXPECT_EQ(text("SELECT count(*) FROM s3checkV1"), "1");
}

TEST_F(CheckCacheTest, CountsWholeDays) {
  now_ = 1'750'000'000;
  row("b/young", "1747408001");
  row("b/old", "1747408000");
  row("b/future", "1850000000.5");
  auto cache = open();
  ASSERT_TRUE(find(*cache, "young"));
  EXPECT_EQ(find(*cache, "young")->age.count(), 30 * static_cast<std::int64_t>(kDay) - 1);
  EXPECT_FALSE(find(*cache, "old"));
  EXPECT_EQ(text("SELECT count(*) FROM s3checkV1"), "3") << "what has expired stays";
  ASSERT_TRUE(find(*cache, "future"));
  EXPECT_LT(find(*cache, "future")->age.count(), 0);
}

TEST_F(CheckCacheTest, ReadsTimesOfEveryType) {
  row("b/text", "'1750000000.0'");
  row("b/spaces", "' 1749999999.5 '");
  row("b/exponent", "'1.749999999e9'");
  row("b/real", "1749999999.5");
  row("b/integer", "1749999999");
  auto cache = open();
  for (const char* key : {"text", "spaces", "exponent", "real", "integer"}) EXPECT_TRUE(find(*cache, key)) << key;
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CheckCacheTest, WarnsOnceOfTimesThatAreNone) {
  int number = 0;
  for (const char* time :
       {"'yesterday'", "''", "'nan'", "'inf'", "'-inf'", "NULL", "x'31'", "'1e300'", "'12 34'", "1e300"}) {
    row("b/" + std::to_string(number++), time);
  }
  auto cache = open();
  for (int i = 0; i < number; ++i) EXPECT_FALSE(find(*cache, std::to_string(i))) << i;
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("'yesterday' of 'b/0'"), std::string::npos) << warnings_[0];
}

TEST_F(CheckCacheTest, DropsTheRowsItIsToldToAndNoOthers) {
  auto cache = open();
  for (const char* key : {"a", "b", "c"}) cache->record("b", key);
  cache->flush();
  cache->record("b", "pending");
  cache->drop("b", std::vector<std::string>{"b", "pending", "unknown"});
  EXPECT_TRUE(find(*cache, "a"));
  EXPECT_FALSE(find(*cache, "b"));
  EXPECT_FALSE(find(*cache, "pending"));
  EXPECT_TRUE(find(*open(), "c"));
}

TEST_F(CheckCacheTest, HasNoRowForWhatIsNoText) {
  auto cache = open();
  cache->record("b", "\xff");
  cache->record("b", std::string_view("a\0b", 3));
  EXPECT_FALSE(find(*cache, "\xff"));
  EXPECT_FALSE(find(*cache, std::string("a\0b", 3)));
  EXPECT_EQ(text("SELECT count(*) FROM s3checkV1"), "0");
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CheckCacheTest, ForgetsWhatTheIncumbentDeleted) {
  auto cache = open();
  cache->record("b", "k");
  cache->flush();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file() + suffix);
  EXPECT_FALSE(find(*cache, "k"));
  cache->record("b", "k2");
  cache->flush();
  EXPECT_TRUE(find(*open(), "k2"));
  EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(CheckCacheTest, WithoutAUsableFileItWarnsOnceAndKnowsNothing) {
  for (const char* state : {"not a database", "another shape", "a directory", "locked"}) {
    std::filesystem::remove_all(directory());
    std::filesystem::create_directories(directory());
    std::optional<SqliteConnection> holder;
    const std::string what = state;
    if (what == "not a database") std::ofstream(file()) << std::string(5000, 'x');
    if (what == "another shape") static_cast<void>(text("CREATE TABLE s3checkV1(s3_key text, seen)"));
    if (what == "a directory") std::filesystem::create_directory(file());
    if (what == "locked") {
      holder = *SqliteConnection::open(file(), {SqliteOptions::Access::kReadWriteCreate, {}, {}});
      ASSERT_TRUE(holder->execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE t(x)"));
    }
    warnings_.clear();
    auto cache = open();
    cache->record("b", "k");
    cache->flush();
    EXPECT_EQ(find(*cache, "k").has_value(), what == "not a database") << what << " (that one is made anew)";
    cache->drop("b", std::vector<std::string>{"k"});
    EXPECT_FALSE(find(*cache, "k"));
    EXPECT_EQ(warnings_.size(), 1U) << what;
  }
}

}  // namespace
}  // namespace attache
