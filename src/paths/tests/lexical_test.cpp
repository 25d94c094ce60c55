#include <attache/paths/lexical.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

constexpr PathFormat kPosix = PathFormat::kPosix;
constexpr PathFormat kWindows = PathFormat::kWindows;

TEST(LexicalPath, TakesDotsAwayOnPosix) {
  const auto normal = [](std::string_view path) { return lexically_normal_path(kPosix, path); };
  EXPECT_EQ(normal("/a/./b/../c"), "/a/c");
  EXPECT_EQ(normal("a/../.."), "..");
  EXPECT_EQ(normal("../a/../b"), "../b");
  EXPECT_EQ(normal("/../x"), "/x");
  EXPECT_EQ(normal("//net/../../x"), "//x");
  EXPECT_EQ(normal("///a//b/"), "/a/b");
  EXPECT_EQ(normal(""), ".");
  EXPECT_EQ(normal("a\\..\\b"), "a\\..\\b") << "a backslash is a character";
}

TEST(LexicalPath, TakesDotsAwayOnWindows) {
  const auto normal = [](std::string_view path) { return lexically_normal_path(kWindows, path); };
  EXPECT_EQ(normal("C:/a/../b\\.\\c"), "C:\\b\\c");
  EXPECT_EQ(normal("C:\\..\\x"), "C:\\x");
  EXPECT_EQ(normal("C:..\\x"), "C:..\\x") << "relative to a directory that is not known";
  EXPECT_EQ(normal("\\\\srv\\share\\..\\x"), "\\\\srv\\share\\x");
}

TEST(LexicalPath, IsSeenFromTheCurrentDirectory) {
  EXPECT_EQ(absolute_path(kPosix, "/w/d", "../x"), "/w/x");
  EXPECT_EQ(absolute_path(kPosix, "/w/d", "~/x"), "/w/d/~/x");
  EXPECT_EQ(absolute_path(kPosix, "/w/d", "//x/y"), "/x/y");
  EXPECT_EQ(absolute_path(kPosix, "/w", "/"), "/");
  EXPECT_EQ(absolute_path(kWindows, "C:\\w\\d", "..\\x"), "C:\\w\\x");
  EXPECT_EQ(absolute_path(kWindows, "C:\\w", "\\x"), "C:\\x");
  EXPECT_EQ(absolute_path(kWindows, "C:\\w", "c:x"), "C:\\w\\x");
  EXPECT_EQ(absolute_path(kWindows, "C:\\w", "D:x"), "D:\\x");
  EXPECT_EQ(absolute_path(kWindows, "C:\\w", "//srv/share/x"), "\\\\srv\\share\\x");
}

TEST(LexicalPath, IsWithinByWholeComponents) {
  EXPECT_TRUE(is_path_within(kPosix, "/r/a", "/r"));
  EXPECT_TRUE(is_path_within(kPosix, "/r", "/r/"));
  EXPECT_TRUE(is_path_within(kPosix, "/x", "/"));
  EXPECT_FALSE(is_path_within(kPosix, "/rx", "/r"));
  EXPECT_FALSE(is_path_within(kPosix, "/r/../x", "/r"));
  EXPECT_FALSE(is_path_within(kPosix, "/R/a", "/r"));
  EXPECT_FALSE(is_path_within(kPosix, "a", "/"));
  EXPECT_FALSE(is_path_within(kPosix, "..", "."));
  EXPECT_TRUE(is_path_within(kWindows, "c:/PROJ/x", "C:\\proj"));
  EXPECT_FALSE(is_path_within(kWindows, "D:\\proj", "C:\\proj"));
  EXPECT_EQ(path_below(kPosix, "/r/a/./b", "/r"), "a/b");
  EXPECT_EQ(path_below(kPosix, "/r/", "/r"), ".");
  EXPECT_EQ(path_below(kWindows, "C:/P/Q/r", "c:\\p"), "Q\\r");
  EXPECT_EQ(path_below(kPosix, "/x", "/r"), std::nullopt);
}

TEST(LexicalPath, HasACommonPathWithOthers) {
  using Paths = std::vector<std::string>;
  EXPECT_EQ(common_path(kPosix, Paths{"/a/b/c", "/a/b/d", "/a/bx"}), "/a");
  EXPECT_EQ(common_path(kPosix, Paths{"/a/b", "/a/b/c"}), "/a/b");
  EXPECT_EQ(common_path(kPosix, Paths{"/a", "/b"}), "/");
  EXPECT_EQ(common_path(kPosix, Paths{"/a"}), "/a");
  EXPECT_EQ(common_path(kPosix, Paths{"/a", "b"}), std::nullopt);
  EXPECT_EQ(common_path(kPosix, Paths{}), std::nullopt);
  EXPECT_EQ(common_path(kWindows, Paths{"C:\\Proj\\a", "c:\\proj\\b"}), "C:\\Proj");
  EXPECT_EQ(common_path(kWindows, Paths{"C:\\a", "D:\\a"}), std::nullopt);
}

}  // namespace
}  // namespace attache
