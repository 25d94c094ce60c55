#include "checksum_list.hpp"

#include <attache/hash/xxh3.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;

const std::string kHash = "0123456789abcdef0123456789abcdef";

std::vector<std::string> names_in(std::string_view text) {
  std::vector<std::string> names;
  for (const ChecksumLine& line : parse_checksum_list(text).lines) {
    EXPECT_EQ(line.hash.to_hex(), kHash);
    names.push_back(line.name);
  }
  return names;
}

TEST(ChecksumList, ReadsWhatItWrites) {
  for (const std::string name :
       {"a", "a b  c", " a", "*a", "a\nb", "a\\b", "\\", "a\r", "\xFF", "#a", "XXH128 (a) = b"}) {
    const Digest hash = xxh128(std::string_view(name));
    const std::string line = checksum_line(hash, name);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const ChecksumList list = parse_checksum_list(line + "\n");
    ASSERT_EQ(list.lines.size(), 1U) << line;
    EXPECT_EQ(list.lines[0].name, name);
    EXPECT_EQ(list.lines[0].hash, hash);
    EXPECT_TRUE(list.malformed.empty());
  }
}

TEST(ChecksumList, ReadsTheListsOfOtherPrograms) {
  EXPECT_THAT(names_in("# made by xxhsum\n" + kHash + "  a\n\n" + kHash + " *b\r\n" + kHash + "  c"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(names_in("XXH128 (a (1) = x) = " + kHash + "\n"), ElementsAre("a (1) = x"));
  EXPECT_THAT(names_in("0123456789ABCDEF0123456789abcdef  a\n"), ElementsAre("a"));
}

TEST(ChecksumList, CountsLinesThatAreNone) {
  const ChecksumList list =
      parse_checksum_list("x\n" + kHash + "\n" + kHash + "  \n" + kHash + " a\n" + kHash + "  good\n0" + kHash +
                          "  a\n\\" + kHash + "  a\\b\nXXH64 (a) = " + kHash + "\n" + kHash.substr(1) + "g  a");
  ASSERT_EQ(list.lines.size(), 1U);
  EXPECT_EQ(list.lines[0].name, "good");
  EXPECT_EQ(list.lines[0].line, 5U);
  EXPECT_THAT(list.malformed, ElementsAre(1, 2, 3, 4, 6, 7, 8, 9));
}

}  // namespace
}  // namespace attache
