#include "racily_clean.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'700'000'000 * kSecond;

bool is_racy(std::int64_t mtime_ns, std::int64_t ctime_ns, std::chrono::nanoseconds limit = RacilyClean::kLocal) {
  FileStatus status;
  status.mtime_ns = mtime_ns;
  status.ctime_ns = ctime_ns;
  return is_racily_clean(status, kNow, limit);
}

TEST(RacilyClean, AFileThatHasRestedIsNot) {
  EXPECT_FALSE(is_racy(kNow - 10 * kSecond, kNow - 10 * kSecond));
  EXPECT_FALSE(is_racy(kNow - 2'500'000'000, kNow - 2'500'000'000));
  EXPECT_FALSE(is_racy(0, 0));
  EXPECT_FALSE(is_racy(-kSecond, kNow - 3 * kSecond));
}

TEST(RacilyClean, AFileOfTheLastStepOfTheCoarsestClockIs) {
  EXPECT_TRUE(is_racy(kNow - 2 * kSecond, kNow - 2 * kSecond));
  EXPECT_TRUE(is_racy(kNow - 2'499'999'999, kNow - 10 * kSecond)) << "FAT: ctime may be the time of creation";
  EXPECT_TRUE(is_racy(kNow - 10 * kSecond, kNow - 1)) << "an mtime that was set";
  EXPECT_TRUE(is_racy(kNow, kNow));
}

TEST(RacilyClean, AFileThatAClockAheadOfOursStampedIs) {
  EXPECT_TRUE(is_racy(kNow - 10 * kSecond, kNow + 10 * kSecond));
  EXPECT_TRUE(is_racy(kNow + kSecond, kNow - 10 * kSecond));
}

TEST(RacilyClean, AnMtimeOfTheFarFutureWasSetOnPurpose) {
  EXPECT_FALSE(is_racy(kNow + 1000 * kSecond, kNow - 10 * kSecond));
}

TEST(RacilyClean, AServersClockMayBeAMinuteBehind) {
  EXPECT_TRUE(is_racy(kNow - 59 * kSecond, kNow - 59 * kSecond, RacilyClean::kRemote));
  EXPECT_FALSE(is_racy(kNow - 60 * kSecond, kNow - 60 * kSecond, RacilyClean::kRemote));
}

TEST(RacilyClean, ReadsTheClockThatStampsFiles) {
  EXPECT_GT(current_time_ns(), kNow);
}

}  // namespace
}  // namespace attache
