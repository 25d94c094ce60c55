#include "aws_time.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

constexpr std::chrono::sys_seconds kTime{std::chrono::seconds(1'780'315'200)};  // 2026-06-01T12:00:00Z

TEST(AwsTime, IsReadInEveryFormThatSourcesWrite) {
  for (const char* text :
       {"2026-06-01T12:00:00Z", "2026-06-01T12:00:00.123456Z", "2026-06-01T12:00:00UTC", "2026-06-01 12:00:00Z",
        "2026-06-01T12:00:00+00:00", "2026-06-01T14:30:00+02:30", "2026-06-01T07:00:00-0500"}) {
    EXPECT_EQ(parse_aws_time(text), kTime) << text;
  }
  EXPECT_EQ(parse_aws_time("2024-02-29T23:59:60Z"), parse_aws_time("2024-03-01T00:00:00Z"));
}

TEST(AwsTime, IsNothingWithoutAZoneOrThatIsNoTime) {
  for (const char* text :
       {"", "2026-06-01", "2026-06-01T12:00:00", "2026-06-01T12:00Z", "2026-13-01T12:00:00Z", "2026-02-30T12:00:00Z",
        "2026-06-01T24:00:00Z", "2026-06-01T12:60:00Z", "2026-06-01T12:00:61Z", "2026-06-01T12:00:00Zx",
        "2026-06-01T12:00:00.Z", "2026-06-01T12:00:00+15:00", "2026-06-01T12:00:00+0", "soon", "1780315200",
        "+026-06-01T12:00:00Z"}) {
    EXPECT_FALSE(parse_aws_time(text)) << text;
  }
}

TEST(AwsTime, IsWrittenAsItIsRead) {
  EXPECT_EQ(format_aws_time(kTime), "2026-06-01T12:00:00Z");
  EXPECT_EQ(format_aws_time(std::chrono::sys_seconds{}), "1970-01-01T00:00:00Z");
}

}  // namespace
}  // namespace attache
