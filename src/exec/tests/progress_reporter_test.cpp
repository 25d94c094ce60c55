#include <attache/exec/progress_reporter.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace attache {
namespace {

using namespace std::chrono_literals;

class FakeClock {
 public:
  ProgressReporter::Clock function() {
    return [this] { return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(now_.load())); };
  }
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::chrono::nanoseconds::rep> now_{1'000'000'000};
};

TEST(ProgressReporter, ReportsAtMostOnceInAnInterval) {
  FakeClock clock;
  std::vector<Progress> reports;
  ProgressReporter reporter([&](const Progress& progress) { reports.push_back(progress); },
                            {.interval = 100ms, .clock = clock.function()});
  reporter.add(1, 10);
  EXPECT_TRUE(reports.empty());
  clock.advance(100ms);
  reporter.add(1, 10);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].files_done, 2U);
  EXPECT_EQ(reports[0].bytes_done, 20U);
  EXPECT_EQ(reports[0].files_total, 0U);
  for (int i = 0; i < 1000; ++i) {
    clock.advance(99us);
    reporter.add(1, 1);
  }
  EXPECT_EQ(reports.size(), 1U);
  clock.advance(1ms);
  reporter.set_totals(5000, 6000);
  reporter.add(0, 1);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[1].files_total, 5000U);
  EXPECT_EQ(reports[1].bytes_total, 6000U);
}

TEST(ProgressReporter, MakesExactlyOneFinalReport) {
  FakeClock clock;
  std::vector<Progress> reports;
  ProgressReporter reporter([&](const Progress& progress) { reports.push_back(progress); },
                            {.clock = clock.function()});
  reporter.add(3, 30);
  reporter.take_back(10);
  reporter.finish();
  reporter.finish();
  clock.advance(10s);
  reporter.add(1, 1);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].files_done, 3U);
  EXPECT_EQ(reports[0].bytes_done, 20U);
}

TEST(ProgressReporter, DoesNotHoldUpOtherThreadsWhileTheCallbackIsSlow) {
  FakeClock clock;
  std::latch inside(1);
  std::latch release(1);
  std::atomic<int> calls{0};
  ProgressReporter reporter(
      [&](const Progress&) {
        if (++calls == 1) {
          inside.count_down();
          release.wait();
        }
      },
      {.clock = clock.function()});
  clock.advance(1s);
  std::jthread slow([&] { reporter.add(1, 1); });
  inside.wait();
  clock.advance(1s);
  for (int i = 0; i < 100; ++i) reporter.add(1, 1);  // would hang if it waited for the callback
  EXPECT_EQ(calls, 1);
  release.count_down();
  slow.join();
  reporter.finish();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(reporter.progress().files_done, 101U);
}

TEST(ProgressReporter, CallsOneAtATimeAndCountsEverything) {
  std::atomic<int> inside{0};
  int calls = 0;
  Progress last;
  ProgressReporter reporter(
      [&](const Progress& progress) {
        EXPECT_EQ(++inside, 1);
        ++calls;
        last = progress;
        --inside;
      },
      {.interval = 0ms});
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) reporter.add(1, 5);
      });
    }
  }
  reporter.finish();
  EXPECT_GE(calls, 2);
  EXPECT_EQ(last.files_done, 8000U);
  EXPECT_EQ(last.bytes_done, 40000U);
}

TEST(ProgressReporter, CountsWhatWasSkippedApart) {
  FakeClock clock;
  std::vector<Progress> reports;
  ProgressReporter reporter([&](const Progress& progress) { reports.push_back(progress); },
                            {.interval = 100ms, .clock = clock.function()});
  reporter.add(1, 10);
  clock.advance(100ms);
  reporter.skip(2, 300);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports[0].files_done, 1U);
  EXPECT_EQ(reports[0].bytes_done, 10U);
  EXPECT_EQ(reports[0].files_skipped, 2U);
  EXPECT_EQ(reports[0].bytes_skipped, 300U);
}

TEST(ProgressReporter, NeedsNoCallback) {
  ProgressReporter reporter({});
  reporter.add(1, 2);
  reporter.finish();
  EXPECT_EQ(reporter.progress().bytes_done, 2U);
}

}  // namespace
}  // namespace attache
