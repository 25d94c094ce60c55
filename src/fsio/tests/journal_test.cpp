#include <attache/fsio/file.hpp>
#include <attache/fsio/journal.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class JournalTest : public testing::Test {
 protected:
  Journal open() const {
    auto journal = Journal::open(path_, "test");
    EXPECT_TRUE(journal) << journal.error().to_string();
    EXPECT_TRUE(*journal);
    return **std::move(journal);
  }
  std::vector<std::string> records() const { return open().records(); }
  std::string bytes() const { return read_file(path_, 1 << 20).value(); }
  void put_bytes(const std::string& bytes) const { std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes; }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal";
};

TEST_F(JournalTest, GivesBackWhatWasAppendedInOrder) {
  const std::string binary("\0\xff\n\0", 4);
  {
    Journal journal = open();
    EXPECT_THAT(journal.records(), IsEmpty());
    ASSERT_TRUE(journal.append("one"));
    ASSERT_TRUE(journal.append(std::vector<std::string>{binary, ""}));
    EXPECT_EQ(journal.size(), fs::file_size(path_));
  }
  const Journal again = open();
  EXPECT_THAT(again.records(), ElementsAre("one", binary, ""));
  EXPECT_EQ(again.bytes_cut(), 0U);
  EXPECT_EQ(again.path(), path_);
}

TEST_F(JournalTest, CutsAnEndThatIsNotWholeWhereverItWasTorn) {
  std::vector<std::size_t> ends;  // of the file after each record
  {
    Journal journal = open();
    ends.push_back(static_cast<std::size_t>(journal.size()));
    for (const char* record : {"first", "", "third"}) {
      ASSERT_TRUE(journal.append(record));
      ends.push_back(static_cast<std::size_t>(journal.size()));
    }
  }
  const std::string whole = bytes();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    put_bytes(whole.substr(0, length));
    std::size_t expected = 0;
    while (expected + 1 < ends.size() && ends[expected + 1] <= length) ++expected;
    {
      Journal journal = open();
      EXPECT_EQ(journal.records().size(), expected) << length;
      ASSERT_TRUE(journal.append("later"));
    }
    const auto after = records();
    ASSERT_EQ(after.size(), expected + 1) << length;
    EXPECT_EQ(after.back(), "later");
  }
}

TEST_F(JournalTest, BelievesNoByteThatWasChanged) {
  {
    Journal journal = open();
    ASSERT_TRUE(journal.append("first"));
    ASSERT_TRUE(journal.append("second"));
    ASSERT_TRUE(journal.append("third"));
  }
  const std::string whole = bytes();
  const std::size_t header = whole.find('\n') + 1;
  const std::size_t record = 8 + 5;
  for (std::size_t at = header; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put_bytes(damaged);
    const auto read = records();
    const std::size_t intact = at < header + record ? 0 : at < header + record + 8 + 6 ? 1 : 2;
    EXPECT_EQ(read.size(), intact) << at;
  }
}

TEST_F(JournalTest, ReadsNoRecordsInZerosThatAPowerFailureLeft) {
  ASSERT_TRUE(open().append("first"));
  put_bytes(bytes() + std::string(4096, '\0'));
  EXPECT_THAT(records(), ElementsAre("first"));
}

TEST_F(JournalTest, IsHadByOneAtATime) {
  {
    const Journal journal = open();
    EXPECT_FALSE(Journal::open(path_, "test").value());
  }
  EXPECT_TRUE(Journal::open(path_, "test").value());
}

TEST_F(JournalTest, StaysLockedWhenItIsRewritten) {
  Journal journal = open();
  ASSERT_TRUE(journal.append("old"));
  ASSERT_TRUE(journal.rewrite(std::vector<std::string>{"new"}));
  EXPECT_FALSE(Journal::open(path_, "test").value());
  ASSERT_TRUE(journal.append("later"));
  { const Journal moved = std::move(journal); }
  EXPECT_THAT(records(), ElementsAre("new", "later"));
}

TEST_F(JournalTest, RemovesWhatARewriteThatDiedHasLeft) {
  { open(); }
  std::ofstream(path_ + ".new") << "half";
  { open(); }
  EXPECT_FALSE(fs::exists(path_ + ".new"));
}

TEST_F(JournalTest, IsGoneOnceItIsRemoved) {
  Journal journal = open();
  ASSERT_TRUE(journal.append("x"));
  ASSERT_TRUE(journal.remove());
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_FALSE(journal.append("y"));
  EXPECT_FALSE(journal.rewrite({}));
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_THAT(records(), IsEmpty());
}

TEST_F(JournalTest, LeavesOtherFilesAsTheyAre) {
  for (const std::string& text : {std::string("something else"), std::string("attache-journal 1 other\n"),
                                  std::string("attache-journal 2 test\n")}) {
    put_bytes(text);
    const auto opened = Journal::open(path_, "test");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(opened.error().message(), HasSubstr(path_));
    EXPECT_NE(opened.error().remedy(), "");
    EXPECT_EQ(bytes(), text);
  }
}

TEST_F(JournalTest, FollowsNoLinkAndTakesNoDirectory) {
  fs::create_symlink("elsewhere", path_);
  EXPECT_EQ(Journal::open(path_, "test").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(directory_ / "elsewhere"));
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(Journal::open(path_, "test").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Journal::open(directory_ / "no/journal", "test").error().code(), ErrorCode::kNotFound);
}

TEST_F(JournalTest, IsForItsUserAloneUnlessItIsSaid) {
  { open(); }
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms{0600});
  const std::string shared = directory_ / "shared";
  {
    auto journal = Journal::open(shared, "test", 0640);
    ASSERT_TRUE((*journal)->rewrite(std::vector<std::string>{"x"}));
  }
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(fs::status(shared).permissions(), fs::perms{0640U & ~mask});
}

TEST_F(JournalTest, RefusesKindsThatCouldNotBeReadBack) {
  for (const std::string& kind : {std::string(), std::string("a b"), std::string("a\n"), std::string(65, 'a')}) {
    EXPECT_FALSE(Journal::open(path_, kind)) << kind;
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(JournalTest, TakesRecordsFromManyThreads) {
  {
    Journal journal = open();
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&journal, thread] {
        for (int i = 0; i < 200; ++i) {
          EXPECT_TRUE(journal.append(std::string(static_cast<std::size_t>(i), static_cast<char>('a' + thread))));
        }
      });
    }
  }
  EXPECT_EQ(records().size(), 800U);
}

TEST_F(JournalTest, RefusesARecordThatIsTooLong) {
  Journal journal = open();
  EXPECT_EQ(journal.append(std::string(Journal::kMaxRecordBytes + 1, 'x')).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(journal.append("x"));
}

// In a process of its own, since the limit holds for all files of one.
TEST_F(JournalTest, HasNothingOfARecordForWhichThereWasNoSpace) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    auto journal = Journal::open(path_, "test");
    if (!journal || !*journal || !(*journal)->append("first")) ::_exit(2);
    const struct rlimit limit { 100, 100 };
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(3);
    if ((*journal)->append(std::string(200, 'x'))) ::_exit(4);
    if (!(*journal)->append("last")) ::_exit(5);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(records(), ElementsAre("first", "last"));
}

TEST_F(JournalTest, SurvivesTheDeathOfItsProcess) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto journal = Journal::open(path_, "test");
    if (!journal || !*journal || !(*journal)->append("kept")) ::_exit(2);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(records(), ElementsAre("kept"));
}

}  // namespace
}  // namespace attache
