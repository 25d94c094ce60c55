#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/progress_tracker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace attache {
namespace {

using namespace std::chrono_literals;

class Tracking : public testing::Test {
 protected:
  ProgressTracker::Options options(std::uint64_t files, std::uint64_t bytes) {
    return {.total_files = files, .total_bytes = bytes, .clock = [this] {
              return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(now.load()));
            }};
  }
  ProgressTracker::Callback keep() {
    return [this](const ProgressReport& report) {
      reports.push_back(report);
      return answer;
    };
  }
  void advance(std::chrono::nanoseconds by) { now += by.count(); }

  std::atomic<std::chrono::nanoseconds::rep> now{1'000'000'000};
  std::vector<ProgressReport> reports;
  bool answer = true;
};

TEST_F(Tracking, ReportsOnceASecondWithTheRateSinceTheLastReport) {
  ProgressTracker tracker(keep(), options(2, 10'000));
  EXPECT_TRUE(tracker.track(1000));
  EXPECT_TRUE(reports.empty());
  advance(999ms);
  tracker.track(1000);
  EXPECT_TRUE(reports.empty());
  advance(1ms);
  tracker.track(1000);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].status, ProgressStatus::kUpload);
  EXPECT_EQ(reports[0].percent, 30.0);
  EXPECT_EQ(reports[0].transfer_rate, 3000.0);
  EXPECT_EQ(reports[0].processed_files, 0U);
  EXPECT_EQ(reports[0].message, "Uploaded 3.0 KB of 10.0 KB, 0 of 2 files (3.0 KB/s)");
  advance(2s);
  tracker.track(1000);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[1].transfer_rate, 500.0);
}

TEST_F(Tracking, ReportsEachOfAFewFilesAndEveryFiftiethOfMany) {
  ProgressTracker few(keep(), options(49, 49));
  for (int i = 0; i < 49; ++i) few.track(1, true);
  EXPECT_EQ(reports.size(), 49U);
  reports.clear();
  ProgressTracker many(keep(), options(120, 120));
  for (int i = 0; i < 120; ++i) many.track(1, true);
  ASSERT_EQ(reports.size(), 3U) << "the 50th, the 100th and the last";
  EXPECT_EQ(reports[1].processed_files, 100U);
  EXPECT_EQ(reports[2].percent, 100.0);
}

TEST_F(Tracking, CountsWhatIsSkippedInThePercentageOnly) {
  ProgressTracker tracker(keep(), options(2, 1000));
  tracker.add_skipped(1, 995);
  EXPECT_TRUE(tracker.report()) << "no work has begun: a report at once";
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].percent, 99.5);
  EXPECT_EQ(reports[0].transfer_rate, 0.0);
  EXPECT_EQ(reports[0].processed_files, 0U);
  tracker.add_processed(1, 5);
  EXPECT_TRUE(tracker.report());
  EXPECT_EQ(tracker.summary(2.0), (SummaryStatistics{.total_time = 2.0,
                                                     .total_files = 2,
                                                     .total_bytes = 1000,
                                                     .processed_files = 1,
                                                     .processed_bytes = 5,
                                                     .skipped_files = 1,
                                                     .skipped_bytes = 995}));
}

TEST_F(Tracking, CancelsWhenTheCallbackSaysNo) {
  const std::stop_source stop;
  auto with_stop = options(2, 100);
  with_stop.stop = stop;
  ProgressTracker tracker(keep(), with_stop);
  answer = false;
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_FALSE(tracker.track(50, true));
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_FALSE(tracker.wanted());
  answer = true;
  EXPECT_FALSE(tracker.track(50, true));
  EXPECT_FALSE(tracker.report());
  EXPECT_FALSE(tracker.update({.files_done = 2, .files_total = 2}));
  EXPECT_EQ(reports.size(), 1U) << "and is not asked again";
}

TEST_F(Tracking, MakesNoNegativeRateOfWhatIsTakenBack) {
  ProgressTracker tracker(keep(), options(1, 1000));
  tracker.track(0);
  advance(1s);
  tracker.track(800);
  tracker.take_back(700);
  advance(1s);
  tracker.track(100);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[1].transfer_rate, 0.0);
  EXPECT_EQ(reports[1].percent, 20.0);
}

TEST_F(Tracking, HearsOfATransferThroughItsProgressCallback) {
  ProgressTracker tracker(keep(), options(0, 0));
  const ProgressCallback callback = tracker.callback();
  Progress progress{.files_done = 1, .bytes_done = 10};
  callback(progress);
  EXPECT_EQ(reports.size(), 1U) << "a file";
  progress.bytes_done = 20;
  callback(progress);
  EXPECT_EQ(reports.size(), 1U) << "without totals nothing is complete";
  progress.files_total = 2;
  progress.bytes_total = 30;
  progress.files_skipped = 1;
  progress.bytes_skipped = 10;
  callback(progress);
  callback(progress);
  ASSERT_EQ(reports.size(), 2U) << "the end is said once";
  EXPECT_EQ(reports[1].percent, 100.0);
  EXPECT_EQ(reports[1].processed_files, 1U);
  EXPECT_EQ(tracker.summary(1).skipped_bytes, 10U);
}

TEST_F(Tracking, ReportsTheEndThatAReporterMakes) {
  ProgressTracker tracker(keep(), options(0, 0));
  ProgressReporter reporter(tracker.callback());
  reporter.set_totals(3, 30);
  reporter.add(2, 20);
  reporter.skip(1, 10);
  reporter.finish();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().percent, 100.0);
  EXPECT_EQ(reports.back().processed_files, 2U);
}

TEST_F(Tracking, SaysThatNothingMovesIfATimerAsks) {
  auto quick = options(2, 100);
  quick.stall = {.quiet = 5s, .looks = 3};
  ProgressTracker tracker(keep(), quick);
  tracker.track(1);
  for (int i = 0; i < 5; ++i) {
    advance(1s);
    tracker.report();
  }
  ASSERT_EQ(reports.size(), 5U);
  EXPECT_FALSE(reports[3].stalled);
  EXPECT_TRUE(reports[4].stalled);
  advance(1s);
  tracker.track(1);
  EXPECT_FALSE(reports.back().stalled);
}

TEST_F(Tracking, NeverLetsAThreadWaitForTheCallbackOfAnother) {
  std::latch inside(1);
  std::latch leave(1);
  std::atomic<int> calls{0};
  ProgressTracker tracker(
      [&](const ProgressReport&) {
        ++calls;
        inside.count_down();
        leave.wait();
        return true;
      },
      options(3, 3));
  std::jthread slow([&] { tracker.track(1, true); });
  inside.wait();
  EXPECT_TRUE(tracker.track(1, true)) << "goes on, and its report is dropped";
  EXPECT_EQ(tracker.summary(0).processed_files, 2U) << "not its count";
  EXPECT_EQ(calls, 1);
  leave.count_down();
  slow.join();
}

TEST_F(Tracking, WorksWithoutACallback) {
  ProgressTracker tracker({}, options(1, 1));
  EXPECT_TRUE(tracker.track(1, true));
  EXPECT_TRUE(tracker.report());
}

}  // namespace
}  // namespace attache
