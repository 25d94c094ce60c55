#include <attache/paths/path_format.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {

std::ostream& operator<<(std::ostream& out, const PathParts& parts) {
  out << '[' << parts.anchor << ']';
  for (const std::string& component : parts.components) out << ' ' << component;
  return out;
}

namespace {

PathParts posix(std::string_view path) {
  return split_path(PathFormat::kPosix, path);
}
PathParts windows(std::string_view path) {
  return split_path(PathFormat::kWindows, path);
}

TEST(PathFormat, HasTheNamesOfMappingRules) {
  EXPECT_EQ(to_string(PathFormat::kPosix), "posix");
  EXPECT_EQ(parse_path_format("windows"), PathFormat::kWindows);
  EXPECT_EQ(parse_path_format("POSIX"), std::nullopt);
  EXPECT_EQ(parse_path_format(""), std::nullopt);
}

TEST(PathFormat, SplitsPosixPaths) {
  EXPECT_EQ(posix("/a/b"), (PathParts{"/", {"a", "b"}}));
  EXPECT_EQ(posix("a/b"), (PathParts{"", {"a", "b"}}));
  EXPECT_EQ(posix("/a//b/./c/"), (PathParts{"/", {"a", "b", "c"}}));
  EXPECT_EQ(posix("/a/../b"), (PathParts{"/", {"a", "..", "b"}}));
  EXPECT_EQ(posix("//a"), (PathParts{"//", {"a"}}));
  EXPECT_EQ(posix("///a"), (PathParts{"/", {"a"}}));
  EXPECT_EQ(posix("//"), (PathParts{"//", {}}));
  EXPECT_EQ(posix(""), PathParts{});
  EXPECT_EQ(posix("."), PathParts{});
  EXPECT_EQ(posix("C:\\a"), (PathParts{"", {"C:\\a"}}));
}

TEST(PathFormat, SplitsWindowsPaths) {
  EXPECT_EQ(windows("C:\\a\\B"), (PathParts{"C:\\", {"a", "B"}}));
  EXPECT_EQ(windows("C:/a//b/./c/"), (PathParts{"C:\\", {"a", "b", "c"}}));
  EXPECT_EQ(windows("C:\\\\\\a"), (PathParts{"C:\\", {"a"}}));
  EXPECT_EQ(windows("C:a"), (PathParts{"C:", {"a"}}));
  EXPECT_EQ(windows("C:"), (PathParts{"C:", {}}));
  EXPECT_EQ(windows("\\a\\..\\b"), (PathParts{"\\", {"a", "..", "b"}}));
  EXPECT_EQ(windows("a/b"), (PathParts{"", {"a", "b"}}));
  EXPECT_EQ(windows("é:\\x"), (PathParts{"", {"é:", "x"}})) << "drives are ASCII letters";
  EXPECT_EQ(windows(""), PathParts{});
}

TEST(PathFormat, SplitsWindowsShares) {
  EXPECT_EQ(windows("\\\\server\\share\\a"), (PathParts{"\\\\server\\share\\", {"a"}}));
  EXPECT_EQ(windows("//server/share"), (PathParts{"\\\\server\\share\\", {}}));
  EXPECT_EQ(windows("\\\\s\\h\\\\a"), (PathParts{"\\\\s\\h\\", {"a"}}));
  EXPECT_EQ(windows("\\\\s\\"), (PathParts{"\\\\s\\\\", {}}));
  EXPECT_EQ(windows("\\\\s"), (PathParts{"\\", {"s"}})) << "no share";
  EXPECT_EQ(windows("\\\\s\\\\x"), (PathParts{"\\", {"s", "x"}}));
  EXPECT_EQ(windows("\\\\\\s\\h"), (PathParts{"\\", {"s", "h"}}));
  EXPECT_EQ(windows("\\\\"), (PathParts{"\\", {}}));
  EXPECT_EQ(windows("\\\\.\\C:\\x"), (PathParts{"\\\\.\\C:\\", {"x"}}));
}

TEST(PathFormat, SplitsExtendedWindowsPaths) {
  EXPECT_EQ(windows("\\\\?\\C:\\long\\x"), (PathParts{"\\\\?\\C:\\", {"long", "x"}}));
  EXPECT_EQ(windows("//?/C:/x"), (PathParts{"\\\\?\\C:\\", {"x"}}));
  EXPECT_EQ(windows("\\\\?\\C:x"), (PathParts{"\\\\?\\C:", {"x"}}));
  EXPECT_EQ(windows("\\\\?\\UNC\\s\\h\\x"), (PathParts{"\\\\?\\UNC\\s\\h\\", {"x"}}));
  EXPECT_EQ(windows("\\\\?\\UNC\\s"), (PathParts{"\\\\?\\UNC\\", {"s"}}));
  EXPECT_EQ(windows("\\\\?\\UNC\\s\\\\x"), (PathParts{"\\\\?\\UNC\\", {"s", "x"}}));
  EXPECT_EQ(windows("\\\\?\\UNC\\\\\\a\\b"), (PathParts{"\\\\?\\UNC\\", {"a", "b"}}));
  EXPECT_EQ(windows("\\\\?\\\\\\s\\h\\x"), (PathParts{"\\\\?\\\\s\\h\\", {"x"}}));
  EXPECT_EQ(windows("\\\\?\\\\\\s"), (PathParts{"\\\\?\\\\", {"s"}}));
  EXPECT_EQ(windows("\\\\?\\\\x"), (PathParts{"\\\\?\\\\", {"x"}}));
  EXPECT_EQ(windows("\\\\?\\foo\\x"), (PathParts{"\\\\?\\", {"foo", "x"}}));
}

TEST(PathFormat, NormalisesAsTheHostPathTypeDoes) {
  EXPECT_EQ(normalise_path(PathFormat::kPosix, "/mnt//a/./b/"), "/mnt/a/b");
  EXPECT_EQ(normalise_path(PathFormat::kPosix, "//mnt/a"), "//mnt/a");
  EXPECT_EQ(normalise_path(PathFormat::kPosix, "///mnt/../a"), "/mnt/../a");
  EXPECT_EQ(normalise_path(PathFormat::kPosix, "/"), "/");
  EXPECT_EQ(normalise_path(PathFormat::kPosix, ""), ".");
  EXPECT_EQ(normalise_path(PathFormat::kPosix, "./a"), "a");
  EXPECT_EQ(normalise_path(PathFormat::kWindows, "c:/Users/ME/"), "c:\\Users\\ME");
  EXPECT_EQ(normalise_path(PathFormat::kWindows, "C:"), "C:");
  EXPECT_EQ(normalise_path(PathFormat::kWindows, "//s/h"), "\\\\s\\h\\");
  EXPECT_EQ(normalise_path(PathFormat::kWindows, "C:a/b"), "C:a\\b");
}

TEST(PathFormat, NormalisingAPosixPathTwiceChangesNothing) {
  const std::vector<std::string> pieces{"a", "b", "/", "//", "///", "/.", "./", ".", "..", "\\", "é"};
  std::size_t tried = 0;
  for (std::size_t i = 0; i < pieces.size() * pieces.size() * pieces.size() * pieces.size(); ++i) {
    std::string path;
    for (std::size_t rest = i, n = 0; n < 4; rest /= pieces.size(), ++n) path += pieces[rest % pieces.size()];
    const std::string once = normalise_path(PathFormat::kPosix, path);
    ASSERT_EQ(normalise_path(PathFormat::kPosix, once), once);
    ++tried;
  }
  EXPECT_EQ(tried, 14641U);
}

TEST(PathFormat, AbsolutePathsNeedNoCurrentDirectory) {
  EXPECT_TRUE(is_absolute_path(PathFormat::kPosix, "/a"));
  EXPECT_FALSE(is_absolute_path(PathFormat::kPosix, "a"));
  EXPECT_FALSE(is_absolute_path(PathFormat::kPosix, "C:\\a"));
  EXPECT_TRUE(is_absolute_path(PathFormat::kWindows, "C:\\a"));
  EXPECT_TRUE(is_absolute_path(PathFormat::kWindows, "\\\\s\\h"));
  EXPECT_FALSE(is_absolute_path(PathFormat::kWindows, "C:a"));
  EXPECT_FALSE(is_absolute_path(PathFormat::kWindows, "\\a"));
  EXPECT_FALSE(is_absolute_path(PathFormat::kWindows, "\\\\?\\"));
}

TEST(PathFormat, OnlyWindowsComparesWithoutCase) {
  EXPECT_EQ(comparison_key(PathFormat::kPosix, "ÄB"), "ÄB");
  EXPECT_EQ(comparison_key(PathFormat::kWindows, "ÄB"), "äb");
}

}  // namespace
}  // namespace attache
