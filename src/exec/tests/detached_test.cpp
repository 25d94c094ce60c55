#include <attache/exec/detached.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <new>
#include <string>
#include <thread>

namespace attache {
namespace {

TEST(RunUnlessStopped, GivesWhatTheWorkReturns) {
  const std::stop_source stop;
  const auto result = run_unless_stopped<std::string>([] { return std::string("done"); }, stop.get_token());
  EXPECT_EQ(result, "done");
}

TEST(RunUnlessStopped, ThrowsWhatTheWorkThrows) {
  const std::stop_source stop;
  EXPECT_THROW(run_unless_stopped<int>([]() -> int { throw std::bad_alloc(); }, stop.get_token()), std::bad_alloc);
}

TEST(RunUnlessStopped, LeavesTheWorkBehindWhenItIsStopped) {
  struct Scene {
    std::latch has_begun{1};
    std::latch may_end{1};
    std::promise<void> has_ended;
  };
  const auto scene = std::make_shared<Scene>();  // the work's own: it outlives the call
  std::future<void> ended = scene->has_ended.get_future();
  std::stop_source stop;
  std::jthread stopper([&] {
    scene->has_begun.wait();
    stop.request_stop();
  });
  const auto result = run_unless_stopped<int>(
      [scene] {
        scene->has_begun.count_down();
        scene->may_end.wait();
        scene->has_ended.set_value();
        return 1;
      },
      stop.get_token());
  EXPECT_FALSE(result) << "it waits for the test, which would wait for it";
  scene->may_end.count_down();
  ended.wait();  // it went on to its end
}

TEST(RunUnlessStopped, RunsHereIfNothingCanStopIt) {
  const auto id = run_unless_stopped<std::thread::id>([] { return std::this_thread::get_id(); }, {});
  EXPECT_EQ(id, std::this_thread::get_id());
}

TEST(StartDetached, RunsElsewhere) {
  std::promise<std::thread::id> id;
  std::future<std::thread::id> told = id.get_future();
  ASSERT_TRUE(start_detached([&] { id.set_value(std::this_thread::get_id()); }));
  EXPECT_NE(told.get(), std::this_thread::get_id());
}

}  // namespace
}  // namespace attache
