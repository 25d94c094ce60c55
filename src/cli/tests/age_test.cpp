#include "age.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(Age, ReadsANumberAndAUnit) {
  EXPECT_EQ(parse_age("90s"), 90U);
  EXPECT_EQ(parse_age("15m"), 900U);
  EXPECT_EQ(parse_age("36h"), 129'600U);
  EXPECT_EQ(parse_age("7d"), 604'800U);
  EXPECT_EQ(parse_age("2w"), 1'209'600U);
  EXPECT_EQ(parse_age("0s"), 0U);
  for (const char* bad : {"", "7", "d", "7 d", "-7d", "7dd", "7y", "1.5d", "99999999999999999999d", "999999999999d"}) {
    EXPECT_FALSE(parse_age(bad)) << bad;
  }
}

TEST(Age, IsSaidInOneUnit) {
  EXPECT_EQ(age_text(0.5), "just now");
  EXPECT_EQ(age_text(1), "1 second ago");
  EXPECT_EQ(age_text(7'300), "2 hours ago");
  EXPECT_EQ(age_text(86'400 * 3.9), "3 days ago");
  EXPECT_EQ(age_text(-1), "in the future");
}

}  // namespace
}  // namespace attache
