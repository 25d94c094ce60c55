#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/transfer/upload_journal.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace attache {
namespace {

namespace fs = std::filesystem;

class UploadJournalTest : public testing::Test {
 protected:
  std::unique_ptr<UploadJournal> open(const std::string& store = "s3://b/p") {
    return UploadJournal::open({.path = upload_journal_path(directory_.path() + std::string("/cache")),
                                .store = store,
                                .warn = [this](const Error&) { ++warnings_; }});
  }

  static UnfinishedPut put(const std::string& id) {
    return {.upload_id = id, .size = 100, .part_bytes = 10, .checksum = "CRC64NVME", .has_whole_checksum = true};
  }

  TemporaryDirectory directory_;
  int warnings_ = 0;
};

TEST_F(UploadJournalTest, RemembersUntilTheyEnd) {
  {
    const auto journal = open();
    ASSERT_TRUE(journal->works());
    EXPECT_FALSE(journal->unfinished("Data/a"));
    ASSERT_TRUE(journal->begun("Data/a", put("1")));
    ASSERT_TRUE(journal->begun("Data/b", put("2")));
    journal->ended("Data/b", put("2"));
  }
  const auto journal = open();
  const auto found = journal->unfinished("Data/a");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->upload_id, "1");
  EXPECT_EQ(found->size, 100U);
  EXPECT_EQ(found->part_bytes, 10U);
  EXPECT_EQ(found->checksum, "CRC64NVME");
  EXPECT_TRUE(found->has_whole_checksum);
  EXPECT_FALSE(journal->unfinished("Data/b"));
  EXPECT_EQ(warnings_, 0);
}

TEST_F(UploadJournalTest, KnowsStoresApart) {
  ASSERT_TRUE(open("s3://b/p")->begun("Data/a", put("1")));
  EXPECT_FALSE(open("s3://b/other")->unfinished("Data/a"));
  EXPECT_TRUE(open("s3://b/p")->unfinished("Data/a"));
}

TEST_F(UploadJournalTest, EndsOnlyTheUploadThatIsMeant) {
  const auto journal = open();
  ASSERT_TRUE(journal->begun("Data/a", put("1")));
  journal->ended("Data/a", put("other"));
  EXPECT_TRUE(journal->unfinished("Data/a"));
}

TEST_F(UploadJournalTest, DropsRecordsThatSayNothingAnyMore) {
  const std::string path = upload_journal_path(directory_.path() + std::string("/cache"));
  {
    const auto journal = open();
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(journal->begun("Data/a", put(std::to_string(i))));
      journal->ended("Data/a", put(std::to_string(i)));
    }
  }
  const auto before = fs::file_size(path);
  open();
  EXPECT_LT(fs::file_size(path), before / 10);
}

TEST_F(UploadJournalTest, DoesWithoutAJournalThatAnotherHas) {
  const auto first = open();
  const auto second = open();
  EXPECT_TRUE(first->works());
  EXPECT_FALSE(second->works());
  EXPECT_TRUE(second->begun("Data/a", put("1")));
  EXPECT_FALSE(second->unfinished("Data/a"));
  EXPECT_EQ(warnings_, 0);
}

TEST_F(UploadJournalTest, WarnsOfAFileThatIsNoJournalAndLeavesItAlone) {
  const std::string path = upload_journal_path(directory_.path() + std::string("/cache"));
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << "my own notes";
  const auto journal = open();
  EXPECT_FALSE(journal->works());
  EXPECT_TRUE(journal->begun("Data/a", put("1")));
  EXPECT_EQ(warnings_, 1);
  EXPECT_EQ(fs::file_size(path), 12U);
}

}  // namespace
}  // namespace attache
