#include <attache/cache/cache_directory.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/cache/hash_cache.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/hash/xxh3.hpp>

#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <limits>

namespace attache {
namespace {

using testing::HasSubstr;
using testing::Not;

/// `attache cache`, with a home of the test.
class CacheCommand : public ProgramTest {
 protected:
  CacheCommand() { variables["HOME"] = home(); }

  Outcome attache(std::vector<std::string> args) { return run_program("cache", std::move(args)); }

  std::string home() const { return dir_.path(); }
  std::string directory() const { return usual_cache_directory(home()); }

  /// Stores the hash of a file of the test, or another one.
  void remember(const std::string& name, const std::string& content, const std::string& hashed) {
    std::ofstream(dir_ / name) << content;
    const auto folder = Directory::open(dir_.path());
    const auto status = folder->status(name);
    HashCache::open({.directory = directory()})
        ->store(dir_.path(), {name, &**status, std::numeric_limits<std::int64_t>::max() / 2}, xxh128(hashed));
  }
};

TEST_F(CacheCommand, PrintsWhereTheCachesAre) {
  EXPECT_EQ(attache({"path"}).out, home() + "/.deadline/cache\n");
  EXPECT_EQ(attache({"path", "--cache-dir", "/x/y"}).out, "/x/y\n");
  EXPECT_EQ(attache({"path", "--json", "--cache-dir", "/x/\xff"}).out,
            "{\"schemaVersion\":1,\"directory\":\"/x/\\udcff\"}\n");
  EXPECT_FALSE(std::filesystem::exists(directory())) << "and makes nothing";
  variables.clear();
  const Outcome outcome = attache({"path"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--cache-dir"));
}

TEST_F(CacheCommand, ShowsBothFiles) {
  EXPECT_THAT(attache({"info"}).out, HasSubstr("hash_cache.db: not there\n"));
  remember("a", "a", "a");
  CheckCache::open({.directory = directory()})->record("bucket", "key");
  Outcome outcome = attache({"info"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr(directory() + "/hash_cache.db\n  Size "));
  EXPECT_THAT(outcome.out, HasSubstr("  hashesV4         1 row\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  Files            1 with all of their status\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  s3checkV1        1 row\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  Journal mode     wal\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  Expired          0\n"));
  outcome = attache({"info", "--json"});
  EXPECT_THAT(outcome.out, HasSubstr("{\"name\":\"hashesV4\",\"rows\":1}"));
  EXPECT_THAT(outcome.out, HasSubstr("\"journalMode\":\"wal\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"newestSeen\":"));
}

TEST_F(CacheCommand, ShowsWhyAFileIsNotUsable) {
  std::filesystem::create_directories(directory());
  std::ofstream(directory() + "/hash_cache.db") << std::string(5000, 'x');
  const Outcome outcome = attache({"info"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("  Not usable     "));
  EXPECT_THAT(outcome.out, HasSubstr("not a database"));
  EXPECT_THAT(attache({"info", "--json"}).out, HasSubstr("\"problem\":\""));
}

TEST_F(CacheCommand, EmptiesBothWithoutAsking) {
  remember("a", "a", "a");
  CheckCache::open({.directory = directory()})->record("bucket", "key");
  Outcome outcome = attache({"clear"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "hash_cache.db: 2 rows removed\ns3_check_cache.db: 1 row removed\n");
  outcome = attache({"clear", "--json"});
  EXPECT_THAT(outcome.out, HasSubstr("{\"file\":\"hash_cache.db\",\"rows\":0,\"removedFile\":false}"));
  std::ofstream(directory() + "/hash_cache.db") << std::string(5000, 'x');
  EXPECT_THAT(attache({"clear"}).out, HasSubstr("hash_cache.db: removed, it was not usable\n"));
  EXPECT_EQ(attache({"clear", "--cache-dir", dir_ / "missing"}).status, 0);
}

TEST_F(CacheCommand, FindsRowsThatAreWrong) {
  remember("right", "x", "x");
  remember("changed", "x", "x");
  std::ofstream(dir_ / "changed") << "longer";
  Outcome outcome = attache({"verify", "--hash", "-v"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Current     1, hashed again\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Stale       1 "));
  EXPECT_THAT(outcome.err, HasSubstr("stale: " + (dir_ / "changed")));
  remember("lied", "truth", "lie");
  EXPECT_EQ(attache({"verify"}).status, 0) << "without a look at the content nothing can be wrong";
  outcome = attache({"verify", "--hash"});
  EXPECT_EQ(outcome.status, 6);
  EXPECT_THAT(outcome.out, HasSubstr("wrong: " + (dir_ / "lied") + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Wrong       1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("attache cache clear"));
  outcome = attache({"verify", "--hash", "--json"});
  EXPECT_THAT(outcome.out, HasSubstr("\"state\":\"wrong\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"sound\":false"));
}

TEST_F(CacheCommand, CannotVerifyWhatIsNotThere) {
  const Outcome outcome = attache({"verify"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr(directory() + "/hash_cache.db"));
}

}  // namespace
}  // namespace attache
