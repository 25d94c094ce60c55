#include "lexical_path.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(LexicalPath, JoinsAsPosixDoes) {
  const auto joined = [](std::string_view base, std::string_view path) {
    return join_lexically(PathFormat::kPosix, base, path);
  };
  EXPECT_EQ(joined("/r", "a/b"), "/r/a/b");
  EXPECT_EQ(joined("/r/", "./a//b/"), "/r/a/b");
  EXPECT_EQ(joined("/r", "../x"), "/x");
  EXPECT_EQ(joined("/r", "../../../x"), "/x");
  EXPECT_EQ(joined("/r", "/abs"), "/abs");
  EXPECT_EQ(joined("/r", ""), "/r");
  EXPECT_EQ(joined("r", "../../x"), "../x");
  EXPECT_EQ(joined("C:\\r", "a"), "C:\\r/a");
}

TEST(LexicalPath, JoinsAsWindowsDoes) {
  const auto joined = [](std::string_view base, std::string_view path) {
    return join_lexically(PathFormat::kWindows, base, path);
  };
  EXPECT_EQ(joined("C:\\r", "a/b"), "C:\\r\\a\\b");
  EXPECT_EQ(joined("C:\\r", "..\\..\\z"), "C:\\z");
  EXPECT_EQ(joined("C:\\r", "\\x"), "C:\\x");
  EXPECT_EQ(joined("C:\\r", "c:x"), "C:\\r\\x");
  EXPECT_EQ(joined("C:\\r", "D:x"), "D:x");
  EXPECT_EQ(joined("C:\\r", "D:\\x"), "D:\\x");
  EXPECT_EQ(joined("\\\\srv\\sh\\d", "x/y"), "\\\\srv\\sh\\d\\x\\y");
  EXPECT_EQ(joined("\\\\srv\\sh\\d", "\\y"), "\\\\srv\\sh\\y");
  EXPECT_EQ(joined("C:", "..\\x"), "C:..\\x");
}

TEST(LexicalPath, KnowsWhatIsWithin) {
  EXPECT_TRUE(is_within(PathFormat::kPosix, "/r", "/r/a"));
  EXPECT_TRUE(is_within(PathFormat::kPosix, "/r", "/r"));
  EXPECT_FALSE(is_within(PathFormat::kPosix, "/r", "/r2/a"));
  EXPECT_FALSE(is_within(PathFormat::kPosix, "/r/a", "/r"));
  EXPECT_FALSE(is_within(PathFormat::kPosix, "/R", "/r/a"));
  EXPECT_TRUE(is_within(PathFormat::kWindows, "c:\\R", "C:\\r\\a"));
  EXPECT_FALSE(is_within(PathFormat::kWindows, "C:\\r", "D:\\r\\a"));
}

}  // namespace
}  // namespace attache
