#include <attache/aws/environment.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace attache {
namespace {

TEST(Environment, TakesAnEmptyVariableForUnset) {
  const auto environment = environment_of({{"A", "1"}, {"B", ""}});
  EXPECT_EQ(environment("A"), "1");
  EXPECT_EQ(environment("B"), "");
  EXPECT_FALSE(environment("C"));
  EXPECT_EQ(non_empty(environment, "A"), "1");
  EXPECT_FALSE(non_empty(environment, "B"));
  EXPECT_FALSE(non_empty(environment, "C"));
}

TEST(ReadTextFile, ReadsWholeFilesAndTellsAbsenceFromFailure) {
  const auto directory = std::filesystem::temp_directory_path() / ("attache-environment-" + std::to_string(getpid()));
  std::filesystem::create_directory(directory);
  const std::string path = directory / "config";
  const std::string text(100'000, 'x');
  std::ofstream(path) << text;
  const auto read = read_text_file(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, text);

  const auto missing = read_text_file(directory / "missing");
  ASSERT_TRUE(missing);
  EXPECT_FALSE(*missing);
  const auto below_a_file = read_text_file(path + "/x");
  ASSERT_TRUE(below_a_file);
  EXPECT_FALSE(*below_a_file);

  const auto failed = read_text_file(directory);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kIo);
  EXPECT_NE(failed.error().message().find(directory.string()), std::string::npos);

  std::ofstream(path) << std::string(5'000'000, 'x');
  const auto large = read_text_file(path);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code(), ErrorCode::kInvalidArgument);
  std::filesystem::remove_all(directory);
}

TEST(PrivateFile, IsReplacedWholeAndReadableByItsOwnerOnly) {
  const auto directory = std::filesystem::temp_directory_path() / ("attache-private-" + std::to_string(getpid()));
  std::filesystem::create_directory(directory);
  const std::string path = directory / "token.json";
  std::ofstream(path) << std::string(1000, 'x');
  ASSERT_TRUE(write_private_file(path, "new"));
  EXPECT_EQ(read_text_file(path).value(), "new");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 1);

  const Status missing = write_private_file(directory / "no" / "file", "hunter2");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kIo);
  EXPECT_EQ(missing.error().to_string().find("hunter2"), std::string::npos);
  std::filesystem::create_directory(directory / "folder");
  EXPECT_FALSE(write_private_file(directory / "folder", "x"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 2);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace attache
