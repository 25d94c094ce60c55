#include <attache/base/timestamp.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

namespace attache {
namespace {

std::string shown(double seconds) {
  const Result<std::string> timestamp = iso_timestamp(seconds);
  return timestamp ? *timestamp : timestamp.error().message();
}

TEST(Timestamp, ShowsMicrosecondsInUtc) {
  EXPECT_EQ(shown(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(1700000000.123456), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(shown(1735689599.999999), "2024-12-31T23:59:59.999999Z");
}

TEST(Timestamp, TruncatesTheFractionAsDoublePrecisionHasIt) {
  EXPECT_EQ(shown(1710000000.1), "2024-03-09T16:00:00.099999Z");
  EXPECT_EQ(shown(1234567890.987654), "2009-02-13T23:31:30.987653Z");
  EXPECT_EQ(shown(std::nextafter(1.0, 0.0)), "1970-01-01T00:00:00.999999Z");
  EXPECT_EQ(shown(1.9e-6), "1970-01-01T00:00:00.000001Z");
}

TEST(Timestamp, TruncatesTimesBefore1970TowardsZero) {
  EXPECT_EQ(shown(-0.0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(-1e-7), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(-0.5), "1969-12-31T23:59:59.500000Z");
  EXPECT_EQ(shown(-1), "1969-12-31T23:59:59.000000Z");
  EXPECT_EQ(shown(-1.5), "1969-12-31T23:59:58.500000Z");
}

TEST(Timestamp, KnowsLeapYears) {
  EXPECT_EQ(shown(951782400), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(shown(951868800), "2000-03-01T00:00:00.000000Z");
  EXPECT_EQ(shown(1709164800), "2024-02-29T00:00:00.000000Z");
  EXPECT_EQ(shown(4107456000), "2100-02-28T00:00:00.000000Z");
  EXPECT_EQ(shown(4107542400), "2100-03-01T00:00:00.000000Z");
}

// Every day of four centuries and of the years at both ends, against a calendar that only counts on.
TEST(Timestamp, CountsDaysAsACalendarDoes) {
  const auto is_leap = [](int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); };
  double seconds = -62135596800;
  for (int year = 1; year <= 9999; ++year) {
    const int lengths[] = {31, is_leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool all_days = year < 3 || (year >= 1800 && year <= 2200) || year > 9997;
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= lengths[month - 1]; ++day, seconds += 86400) {
        if (!all_days && day > 1) continue;
        char expected[32];
        std::snprintf(expected, sizeof expected, "%04d-%02d-%02dT", year, month, day);
        ASSERT_EQ(shown(seconds).substr(0, 11), expected);
      }
    }
  }
}

TEST(Timestamp, RefusesWhatIsOutsideOfTheYears1To9999) {
  EXPECT_EQ(shown(-62135596800.0), "0001-01-01T00:00:00.000000Z");
  EXPECT_EQ(shown(253402300799.0), "9999-12-31T23:59:59.000000Z");
  EXPECT_EQ(shown(-62135596800.5), "no timestamp can show the time -62135596800.5 s");
  EXPECT_EQ(shown(253402300800.0), "no timestamp can show the time 253402300800 s");
  EXPECT_EQ(shown(1e300), "no timestamp can show the time 1e+300 s");
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "no timestamp can show the time inf s");
  EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "no timestamp can show the time nan s");
  const Result<std::string> refused = iso_timestamp(1e20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().remedy(), "give seconds since 1970 in the years 1 to 9999");
}

}  // namespace
}  // namespace attache
