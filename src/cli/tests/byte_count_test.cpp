#include "byte_count.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(ByteCount, KnowsBytesAndBinaryUnits) {
  EXPECT_EQ(parse_byte_count("1"), 1U);
  EXPECT_EQ(parse_byte_count("64KiB"), 65536U);
  EXPECT_EQ(parse_byte_count("3MiB"), 3U << 20U);
  EXPECT_EQ(parse_byte_count("2GiB"), std::uint64_t{2} << 30U);
  EXPECT_EQ(parse_byte_count("18446744073709551615"), UINT64_MAX);
}

TEST(ByteCount, RefusesEverythingElse) {
  for (const char* text : {"", "0", "0MiB", "-1", "+1", "1.5GiB", "1 MiB", "1MB", "1mib", "MiB", "18446744073709551616",
                           "18446744073709551615KiB", "1MiB "}) {
    EXPECT_EQ(parse_byte_count(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace attache
