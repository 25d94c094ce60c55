#include <attache/exec/worker_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>

namespace attache {
namespace {

using namespace std::chrono_literals;

void wait_for(const std::stop_token& stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(1ms);
}

TEST(WorkerGroup, RunsTheTaskOnceOnEveryThread) {
  std::mutex mutex;
  std::set<unsigned> workers;
  std::set<std::thread::id> threads;
  WorkerGroup group(4, {}, [&](unsigned worker, const std::stop_token&) -> Status {
    const std::lock_guard lock(mutex);
    workers.insert(worker);
    threads.insert(std::this_thread::get_id());
    return {};
  });
  EXPECT_TRUE(group.join());
  EXPECT_EQ(group.size(), 4U);
  EXPECT_EQ(workers, (std::set<unsigned>{0, 1, 2, 3}));
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(WorkerGroup, StartsAtLeastOneThread) {
  std::atomic<int> runs{0};
  WorkerGroup group(0, {}, [&](unsigned, const std::stop_token&) -> Status {
    ++runs;
    return {};
  });
  EXPECT_TRUE(group.join());
  EXPECT_EQ(runs, 1);
  EXPECT_GE(WorkerGroup::default_size(), 1U);
}

TEST(WorkerGroup, StopsTheOthersAtTheFirstErrorAndReturnsIt) {
  WorkerGroup group(3, {}, [&](unsigned worker, const std::stop_token& stop) -> Status {
    if (worker == 1) return fail(ErrorCode::kIo, "the first", "remedy");
    wait_for(stop);
    return worker == 0 ? cancelled() : fail(ErrorCode::kNetwork, "a later one", "remedy");
  });
  const Status status = group.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "the first");
}

TEST(WorkerGroup, TurnsExceptionsIntoErrors) {
  WorkerGroup memory(2, {}, [](unsigned worker, const std::stop_token& stop) -> Status {
    if (worker == 0) throw std::bad_alloc();
    wait_for(stop);
    return {};
  });
  const Status status = memory.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "not enough memory");
  WorkerGroup defect(1, {}, [](unsigned, const std::stop_token&) -> Status { throw std::runtime_error("odd\n"); });
  const Status other = defect.join();
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message(), "a worker failed: odd\\n");
  WorkerGroup unknown(1, {}, [](unsigned, const std::stop_token&) -> Status { throw 7; });
  EXPECT_FALSE(unknown.join());
}

TEST(WorkerGroup, PassesOnTheCallersCancellation) {
  std::stop_source stop;
  WorkerGroup group(2, stop.get_token(), [](unsigned, const std::stop_token& token) -> Status {
    wait_for(token);
    return cancelled();
  });
  stop.request_stop();
  const Status status = group.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

TEST(WorkerGroup, IsSuccessfulIfAllWorkWasDoneBeforeTheCancellationWasSeen) {
  std::stop_source stop;
  stop.request_stop();
  WorkerGroup group(2, stop.get_token(), [](unsigned, const std::stop_token&) -> Status { return {}; });
  EXPECT_TRUE(group.join());
}

TEST(WorkerGroup, StopsAndJoinsWhenItIsDestroyed) {
  std::atomic<int> ended{0};
  {
    WorkerGroup group(3, {}, [&](unsigned, const std::stop_token& stop) -> Status {
      wait_for(stop);
      ++ended;
      return cancelled();
    });
  }
  EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace attache
