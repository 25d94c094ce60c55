#include "utc_time.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace attache {
namespace {

TEST(UtcText, IsExactToTheMicrosecond) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(utc_text(1'700'000'000'000'001), "2023-11-14T22:13:20.000001Z");
  EXPECT_EQ(utc_text(1'709'164'800'000'000), "2024-02-29T00:00:00.000000Z");
}

TEST(UtcText, KnowsTimesBeforeTheEpoch) {
  EXPECT_EQ(utc_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(utc_text(-62'167'219'200'000'000), "0000-01-01T00:00:00.000000Z");
}

TEST(UtcText, KnowsEveryNumberThatAManifestCanHold) {
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::max()), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(utc_text(std::numeric_limits<std::int64_t>::min()), "-290308-12-21T19:59:05.224192Z");
}

TEST(ParseUtc, ReadsWhatUtcTextWrites) {
  for (const std::int64_t time : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'700'000'000'000'001},
                                  std::int64_t{-62'167'219'200'000'000}, std::int64_t{253'402'300'799'999'999}}) {
    EXPECT_EQ(parse_utc(utc_text(time)), time);
  }
}

TEST(ParseUtc, KnowsOffsetsAndDecimals) {
  EXPECT_EQ(parse_utc("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(parse_utc("1969-12-31t23:30:00.5-00:30"), 500'000);
  EXPECT_EQ(parse_utc("1970-01-01 00:00:00.0000019Z"), 1);
  EXPECT_EQ(parse_utc("1972-06-30T23:59:60Z"), parse_utc("1972-07-01T00:00:00Z"));
}

TEST(ParseUtc, RefusesEverythingElse) {
  for (const char* text :
       {"", "1970", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "2023-02-29T00:00:00Z",
        "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Z ", "1970-01-01T00:00:00+1",
        "70-01-01T00:00:00Z", "1970-01-00T00:00:00Z"}) {
    EXPECT_EQ(parse_utc(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace attache
