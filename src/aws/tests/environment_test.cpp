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

}  // namespace
}  // namespace attache
