#include <attache/hash/digest.hpp>

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace attache {
namespace {

constexpr const char* kText = "0123456789abcdeffedcba9876543210";

TEST(Digest, ReadsAndWritesThirtyTwoLowerCaseDigits) {
  const std::optional<Digest> digest = Digest::parse(kText);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->to_hex(), kText);
  EXPECT_EQ(digest->bytes()[0], 0x01);
  EXPECT_EQ(digest->bytes()[15], 0x10);
  std::string padded(34, '.');
  digest->write_hex(padded.data() + 1);
  EXPECT_EQ(padded, "." + std::string(kText) + ".");
}

TEST(Digest, RefusesEverythingElse) {
  const std::string good = kText;
  EXPECT_FALSE(Digest::parse(""));
  EXPECT_FALSE(Digest::parse(good.substr(1)));
  EXPECT_FALSE(Digest::parse(good + "0"));
  for (const char bad : {'A', 'F', 'g', '/', ':', '`', ' ', '\0', '\xC3'}) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string text = good;
      text[at] = bad;
      EXPECT_FALSE(Digest::parse(text)) << at << ' ' << static_cast<int>(bad);
    }
  }
}

TEST(Digest, OrdersAsItsTextDoes) {
  const Digest low = Digest::parse("00ff0000000000000000000000000000").value();
  const Digest high = Digest::parse("0100000000000000000000000000000f").value();
  EXPECT_LT(low, high);
  EXPECT_NE(low, high);
  EXPECT_EQ(Digest().to_hex(), std::string(32, '0'));
}

TEST(Digest, HashesWithItsOwnBytes) {
  const Digest one = Digest::parse(kText).value();
  const Digest two = Digest::parse("1123456789abcdeffedcba9876543210").value();
  const std::unordered_set<Digest> set{one, two, one};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_NE(std::hash<Digest>()(one), std::hash<Digest>()(two));
}

TEST(Digest, HashesOfDigestsThatBeginAlikeAreSpread) {
  std::unordered_set<std::size_t> places;
  for (int number = 0; number < 1000; ++number) {
    const std::string text = std::to_string(number);
    const Digest digest = Digest::parse(std::string(32 - text.size(), '0') + text).value();
    places.insert(std::hash<Digest>()(digest) % 65'536);
  }
  EXPECT_GT(places.size(), 950U);
}

}  // namespace
}  // namespace attache
