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
  EXPECT_EQ(joined("C:\\r", "c:x"), "c:\\r\\x") << "the drive as the path writes it, as Python does";
  EXPECT_EQ(joined("C:\\r", "D:x"), "D:x");
  EXPECT_EQ(joined("C:\\r", "D:\\x"), "D:\\x");
  EXPECT_EQ(joined("\\\\srv\\sh\\d", "x/y"), "\\\\srv\\sh\\d\\x\\y");
  EXPECT_EQ(joined("\\\\srv\\sh\\d", "\\y"), "\\\\srv\\sh\\y");
  EXPECT_EQ(joined("C:", "..\\x"), "C:..\\x");
  EXPECT_EQ(joined("D:\\", "\\\\x y"), "\\x y") << "no share, and not on the base's drive";
  EXPECT_EQ(joined("C:\\r", "//a/b/c"), "\\\\a\\b\\c");
}

}  // namespace
}  // namespace attache
