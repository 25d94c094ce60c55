#include <attache/exec/stall_detector.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

using namespace std::chrono_literals;

const StallDetector::Time kBegin{std::chrono::hours(1)};
constexpr StallOptions kOptions{.quiet = 10s, .looks = 5};

TEST(StallDetector, SeesThatNothingMovesForLong) {
  StallDetector detector(kBegin, kOptions);
  Progress progress;
  for (int second = 1; second < 10; ++second) {
    EXPECT_FALSE(detector.look(progress, kBegin + std::chrono::seconds(second))) << second;
  }
  EXPECT_TRUE(detector.look(progress, kBegin + 10s));
  EXPECT_TRUE(detector.stalled());
  EXPECT_EQ(detector.moved_at(), kBegin);
  progress.bytes_done = 1;
  EXPECT_FALSE(detector.look(progress, kBegin + 11s)) << "one byte is an event";
  EXPECT_EQ(detector.moved_at(), kBegin + 11s);
}

TEST(StallDetector, DoesNotJudgeByBytesPerSecond) {
  StallDetector detector(kBegin, kOptions);
  Progress progress;
  for (int second = 1; second < 1000; ++second) {
    if (second % 9 == 0) ++progress.files_done;  // empty files, one in nine seconds
    EXPECT_FALSE(detector.look(progress, kBegin + std::chrono::seconds(second)));
  }
}

TEST(StallDetector, CountsWhatIsSkippedAsMoving) {
  StallDetector detector(kBegin, kOptions);
  Progress progress;
  for (int second = 1; second < 100; ++second) {
    if (second % 9 == 0) ++progress.files_skipped;
    EXPECT_FALSE(detector.look(progress, kBegin + std::chrono::seconds(second)));
  }
}

TEST(StallDetector, TakesAMachineThatSleptForOneThatMoves) {
  StallDetector detector(kBegin, kOptions);
  EXPECT_FALSE(detector.look({}, kBegin + 1h));
  EXPECT_FALSE(detector.look({}, kBegin + 1h + 1s));
}

TEST(StallDetector, CountsManyLooksWithinASecondOnce) {
  StallDetector detector(kBegin, {.quiet = 2s, .looks = 5});
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(detector.look({}, kBegin + std::chrono::milliseconds(100 * i)));
  EXPECT_TRUE(detector.look({}, kBegin + 6s) || detector.look({}, kBegin + 7s));
}

TEST(StallDetector, TakesBytesThatAreDoneAgainForNoEvent) {
  StallDetector detector(kBegin, kOptions);
  Progress progress{.bytes_done = 100};
  detector.look(progress, kBegin + 1s);
  bool stalled = false;
  for (int second = 2; second < 12; ++second) {
    progress.bytes_done = second % 2 == 0 ? 50U : 100U;  // the same part, again and again
    stalled = detector.look(progress, kBegin + std::chrono::seconds(second));
  }
  EXPECT_TRUE(stalled);
}

}  // namespace
}  // namespace attache
