#include "progress_display.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

using namespace std::chrono_literals;

const RateMeter::Time kBegin{std::chrono::hours(1)};

Progress moved(std::uint64_t files, std::uint64_t bytes) {
  return {.files_done = files, .files_total = 100, .bytes_done = bytes, .bytes_total = 1'000'000'000};
}

TEST(RateMeter, GivesTheRateOfTheLastSeconds) {
  RateMeter meter(kBegin);
  EXPECT_EQ(meter.bytes_per_second(), 0.0);
  std::uint64_t bytes = 0;
  for (int tenth = 1; tenth <= 600; ++tenth) {
    bytes += tenth <= 500 ? 1000 : 5000;  // ten seconds ago it became five times as fast
    meter.add(moved(0, bytes), kBegin + tenth * 100ms);
  }
  EXPECT_NEAR(meter.bytes_per_second(), 50'000, 500);
}

TEST(RateMeter, FallsToNothingWhenNothingMoves) {
  RateMeter meter(kBegin);
  meter.add(moved(0, 1'000'000), kBegin + 1s);
  EXPECT_EQ(meter.bytes_per_second(), 1e6);
  for (int second = 2; second < 8; ++second) meter.add(moved(0, 1'000'000), kBegin + std::chrono::seconds(second));
  EXPECT_EQ(meter.bytes_per_second(), 0.0);
  EXPECT_EQ(meter.left(), std::nullopt);
}

TEST(RateMeter, IsNeverNegative) {
  RateMeter meter(kBegin);
  meter.add(moved(0, 1000), kBegin + 1s);
  meter.add(moved(0, 400), kBegin + 2s);  // taken back
  EXPECT_GE(meter.bytes_per_second(), 0.0);
  meter.add(moved(0, 100), kBegin + 20s);
  EXPECT_GE(meter.bytes_per_second(), 0.0);
}

TEST(RateMeter, SaysHowLongTheRestTakes) {
  RateMeter meter(kBegin);
  meter.add(moved(1, 100'000'000), kBegin + 1s);
  EXPECT_EQ(meter.left(), 9s);
  // What is skipped shortens the time, though it is no transfer.
  Progress progress = moved(1, 100'000'000);
  progress.bytes_skipped = 400'000'000;
  meter.add(progress, kBegin + 2s);
  EXPECT_EQ(meter.bytes_per_second(), 5e7);
  EXPECT_EQ(meter.left(), 2s);
  progress.bytes_skipped = 900'000'000;
  meter.add(progress, kBegin + 3s);
  EXPECT_EQ(meter.left(), 0s);
}

TEST(RateMeter, CountsFilesIfTheyHaveNoBytes) {
  RateMeter meter(kBegin);
  meter.add({.files_done = 20, .files_total = 100}, kBegin + 1s);
  EXPECT_EQ(meter.left(), 4s);
  RateMeter unknown(kBegin);
  unknown.add({.files_done = 20}, kBegin + 1s);
  EXPECT_EQ(unknown.left(), std::nullopt);
  RateMeter hopeless(kBegin);
  hopeless.add({.bytes_done = 1, .bytes_total = 1'000'000'000'000}, kBegin + 1s);
  EXPECT_EQ(hopeless.left(), std::nullopt) << "thirty thousand years are no estimate";
}

TEST(RateMeter, KeepsFewSamples) {
  RateMeter meter(kBegin, 5s);
  for (int i = 0; i < 100'000; ++i) meter.add(moved(0, static_cast<std::uint64_t>(i)), kBegin + i * 1ms);
  EXPECT_NEAR(meter.bytes_per_second(), 1000, 10);
}

TEST(ProgressPercent, IsOfTheBytesAndWholeOnlyAtTheEnd) {
  EXPECT_EQ(percent_of({}), std::nullopt);
  EXPECT_EQ(percent_of(moved(0, 0)), 0U);
  EXPECT_EQ(percent_of(moved(99, 999'999'999)), 99U);
  EXPECT_EQ(percent_of(moved(99, 1'000'000'000)), 99U) << "an empty file is missing";
  EXPECT_EQ(percent_of(moved(100, 1'000'000'000)), 100U);
  EXPECT_EQ(percent_of({.files_done = 1, .files_total = 4, .files_skipped = 1}), 50U);
}

TEST(ProgressBar, FitsIntoItsWidth) {
  RateMeter meter(kBegin);
  const Progress progress = moved(40, 400'000'000);
  meter.add(progress, kBegin + 4s);
  EXPECT_EQ(progress_bar("Uploading", progress, meter, 80),
            "Uploading  40% [===>     ]  40/100 files  400.0 MB/1.0 GB  100.0 MB/s  0:06 left");
  EXPECT_EQ(progress_bar("Uploading", progress, meter, 70),
            "Uploading  40%  40/100 files  400.0 MB/1.0 GB  100.0 MB/s  0:06 left");
  EXPECT_EQ(progress_bar("Uploading", progress, meter, 60), "Uploading  40%  400.0 MB/1.0 GB  100.0 MB/s  0:06 left");
  EXPECT_EQ(progress_bar("Uploading", progress, meter, 40), "Uploading  40%  400.0 MB/1.0 GB");
  EXPECT_EQ(progress_bar("Uploading", progress, meter, 5), "Uploa");
  for (std::size_t width = 1; width < 200; ++width) {
    EXPECT_LE(progress_bar("Uploading", progress, meter, width).size(), width);
  }
}

TEST(ProgressBar, IsThereOnlyForKnownTotals) {
  RateMeter meter(kBegin);
  const Progress progress{.files_done = 12, .bytes_done = 2'000};
  meter.add(progress, kBegin + 1s);
  EXPECT_EQ(progress_bar("Scanning", progress, meter, 80), "Scanning  12 files  2.0 KB  2.0 KB/s");
}

TEST(ProgressLine, SaysWhatTheBarSays) {
  RateMeter meter(kBegin);
  Progress progress = moved(40, 400'000'000);
  progress.files_skipped = 2;
  meter.add(progress, kBegin + 4s);
  EXPECT_EQ(progress_line("Uploading", progress, meter),
            "Uploading: 40%, 42 of 100 files (2 already there), 400.0 MB of 1.0 GB, 100.0 MB/s, 0:06 left");
}

TEST(LineSchedule, IsSlow) {
  LineSchedule schedule(kBegin);
  EXPECT_FALSE(schedule.due(moved(0, 900'000'000), kBegin + 9s));
  EXPECT_TRUE(schedule.due(moved(0, 900'000'000), kBegin + 10s)) << "a tenth more";
  EXPECT_FALSE(schedule.due(moved(0, 950'000'000), kBegin + 69s));
  EXPECT_TRUE(schedule.due(moved(0, 950'000'000), kBegin + 70s)) << "a minute";
  EXPECT_FALSE(schedule.due({}, kBegin + 129s));
  EXPECT_TRUE(schedule.due({}, kBegin + 130s)) << "also without totals";
}

TEST(DurationText, IsShort) {
  EXPECT_EQ(duration_text(5s), "0:05");
  EXPECT_EQ(duration_text(754s), "12:34");
  EXPECT_EQ(duration_text(3723s), "1:02:03");
}

}  // namespace
}  // namespace attache
