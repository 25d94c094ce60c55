#include <attache/base/number.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace attache {
namespace {

TEST(ParseNumber, TakesAllOfTheText) {
  EXPECT_EQ(parse_number<std::uint64_t>("0"), 0U);
  EXPECT_EQ(parse_number<std::uint64_t>("007"), 7U);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_number<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_number<std::uint32_t>("0640", 8), 0640U);
  for (const char* text : {"", "+1", " 1", "1 ", "1 KiB", "0x1", "1.0", "-", "18446744073709551616", "-1"}) {
    EXPECT_EQ(parse_number<std::uint64_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint32_t>("0648", 8), std::nullopt);
  EXPECT_EQ(parse_number<std::uint64_t>(std::string_view("12345", 2)), 12U) << "reads nothing behind its end";
}

}  // namespace
}  // namespace attache
