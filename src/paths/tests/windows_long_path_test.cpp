#include <attache/paths/windows_long_path.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

std::string compatible(const std::string& path) {
  const auto result = long_path_compatible(path);
  return result ? *result : "error: " + result.error().message();
}

TEST(WindowsLongPath, GetsThePrefixWhenATemporaryNameWouldNotFit) {
  const std::string fits = "C:\\" + std::string(247, 'x');  // 250 units
  EXPECT_EQ(compatible(fits), fits);
  EXPECT_EQ(compatible(fits + "x"), "\\\\?\\" + fits + "x");
  EXPECT_EQ(compatible("\\\\srv\\share\\" + std::string(300, 'y')), "\\\\?\\UNC\\srv\\share\\" + std::string(300, 'y'));
  EXPECT_EQ(compatible("C:/a/./" + std::string(300, 'y')), "\\\\?\\C:\\a\\" + std::string(300, 'y'));
}

TEST(WindowsLongPath, CountsUtf16Units) {
  EXPECT_EQ(utf16_length("a\xC3\xA9\xE6\x97\xA5\xF0\x9F\x98\x80"), 5U);
  std::string path = "C:\\";
  for (int i = 0; i < 124; ++i) path += "\xF0\x9F\x98\x80";  // 251 units in 127 characters
  EXPECT_EQ(compatible(path), "\\\\?\\" + path);
}

TEST(WindowsLongPath, RelativePathsAndThoseThatHaveItStay) {
  for (const std::string head : {"rel\\", "\\rooted\\", "C:rel\\", "\\\\?\\C:\\", "\\\\?\\UNC\\s\\h\\"}) {
    EXPECT_EQ(compatible(head + std::string(300, 'z')), head + std::string(300, 'z'));
  }
}

TEST(WindowsLongPath, RefusesDotsThatItWouldHaveToDrop) {
  EXPECT_EQ(compatible("C:\\a\\..\\b"), "C:\\a\\..\\b");
  EXPECT_EQ(compatible("C:\\a\\..\\" + std::string(300, 'b')).substr(0, 6), "error:");
  EXPECT_FALSE(extended_length_path("C:\\a\\..\\b"));
  EXPECT_FALSE(extended_length_path("a\\b"));
  EXPECT_EQ(*extended_length_path("C:\\a"), "\\\\?\\C:\\a");
  EXPECT_EQ(*extended_length_path("//s/h"), "\\\\?\\UNC\\s\\h");
  EXPECT_EQ(*extended_length_path("C:/"), "\\\\?\\C:\\");
}

TEST(WindowsLongPath, LosesThePrefixWhereItIsShown) {
  EXPECT_EQ(without_extended_prefix("\\\\?\\C:\\a"), "C:\\a");
  EXPECT_EQ(without_extended_prefix("\\\\?\\UNC\\srv\\share\\a"), "\\\\srv\\share\\a");
  EXPECT_EQ(without_extended_prefix("C:/a\\.\\b"), "C:/a\\.\\b");
}

}  // namespace
}  // namespace attache
