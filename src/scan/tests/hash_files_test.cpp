#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/hash_files.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;

class HashFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  TemporaryDirectory directory_;
};

TEST_F(HashFiles, GivesTheHashAndSizeOfEachFileInTheirOrder) {
  std::vector<std::string> paths;
  std::vector<std::string> contents;
  // The first takes longest, so that the others wait for it.
  for (std::size_t i = 0; i < 40; ++i) {
    contents.push_back(std::string(i == 0 ? 9'000'000 : 100 * i, static_cast<char>('a' + i)));
    paths.push_back(write("f" + std::to_string(i), contents.back()));
  }
  for (const unsigned threads : {1U, 4U, 0U}) {
    std::size_t next = 0;
    const Status status = hash_files(paths, {.threads = threads},
                                     [&](std::size_t index, const Result<FileHash>& outcome) -> Status {
                                       EXPECT_EQ(index, next++);
                                       EXPECT_TRUE(outcome);
                                       if (outcome) {
                                         EXPECT_EQ(outcome->hash, xxh128(contents[index]));
                                         EXPECT_EQ(outcome->size, contents[index].size());
                                       }
                                       return {};
                                     },
                                     {});
    EXPECT_TRUE(status);
    EXPECT_EQ(next, paths.size());
  }
}

TEST_F(HashFiles, GoesOnAfterAFileThatCannotBeHashed) {
  std::filesystem::create_directory(directory_.path() + "/d");
  const std::vector<std::string> paths{directory_.path() + "/none", directory_.path() + "/d", write("a", "x")};
  std::vector<std::string> found;
  const Status status = hash_files(paths, {},
                                   [&](std::size_t, const Result<FileHash>& outcome) -> Status {
                                     found.emplace_back(outcome ? "hash" : to_string(outcome.error().code()));
                                     return {};
                                   },
                                   {});
  EXPECT_TRUE(status);
  EXPECT_THAT(found, ElementsAre(to_string(ErrorCode::kNotFound), to_string(ErrorCode::kInvalidArgument), "hash"));
}

TEST_F(HashFiles, EndsWithTheErrorOfTheOneWhoIsTold) {
  const std::vector<std::string> paths{write("a", "x"), write("b", "y"), write("c", "z")};
  std::size_t told = 0;
  const Status status = hash_files(paths, {.threads = 1},
                                   [&](std::size_t, const Result<FileHash>&) -> Status {
                                     ++told;
                                     return fail(ErrorCode::kIo, "full");
                                   },
                                   {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "full");
  EXPECT_EQ(told, 1U);
}

TEST_F(HashFiles, IsCancelledByTheToken) {
  std::stop_source source;
  const std::vector<std::string> paths{write("a", std::string(20'000'000, 'x'))};
  source.request_stop();
  const Status status = hash_files(
      paths, {}, [](std::size_t, const Result<FileHash>&) { return Status(); }, source.get_token());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

TEST_F(HashFiles, TellsNobodyOfNoFiles) {
  EXPECT_TRUE(
      hash_files({}, {}, [](std::size_t, const Result<FileHash>&) -> Status { return fail(ErrorCode::kIo, ""); }, {}));
}

}  // namespace
}  // namespace attache
