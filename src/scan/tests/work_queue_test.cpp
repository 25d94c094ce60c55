#include "work_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace attache {
namespace {

class WorkQueueTest : public testing::Test {
 protected:
  ListTask directory(std::string name) {
    ScanDirectory& node = tree_.add(0, tree_.root(), name);
    return {&node, {}, GlobMatch::kNone};
  }
  ReadTask files(std::string name, std::size_t count = 1) {
    ScanDirectory& node = tree_.add(0, tree_.root(), name);
    return {&node, std::vector<PendingFile>(count)};
  }
  LookTask look(std::string name) { return {&tree_.add(0, tree_.root(), name), 0, 1}; }
  static std::string name_of(const std::optional<WorkQueue::Task>& task) {
    if (!task) return "nothing";
    if (const auto* found = std::get_if<ListTask>(&*task)) return found->directory->name;
    if (const auto* found = std::get_if<LookTask>(&*task)) return found->directory->name;
    if (const auto* found = std::get_if<ChunkTask>(&*task)) return found->file ? "chunked" : "chunks";
    return std::get<ReadTask>(*task).directory->name;
  }

  ScanTree tree_{1};
  WorkQueue queue_;
};

TEST_F(WorkQueueTest, GivesTheNewestDirectoryFirstThenWhatIsToBeReadThenWhatIsToBeLookedAt) {
  queue_.push(look("l"));
  queue_.push(files("f"));
  queue_.push(files("g"));
  queue_.push(directory("a"));
  queue_.push(directory("b"));
  queue_.count_files(3);
  EXPECT_TRUE(queue_.listing());
  EXPECT_FALSE(queue_.total_files());
  std::vector<WorkQueue::Task> active;
  for (const char* expected : {"b", "a", "f", "g", "l"}) {
    auto task = queue_.pop({});
    EXPECT_EQ(name_of(task), expected);
    active.push_back(*std::move(task));
  }
  EXPECT_FALSE(queue_.listing());
  EXPECT_FALSE(queue_.total_files()) << "the directories may still hold more";
  queue_.done(active[0]);
  queue_.done(active[1]);
  EXPECT_EQ(queue_.total_files(), 3U);
}

TEST_F(WorkQueueTest, ReadsBeforeItListsWhenTooManyFilesWait) {
  queue_.push(files("many", WorkQueue::kMaxWaiting));
  queue_.push(directory("a"));
  EXPECT_FALSE(queue_.listing());
  EXPECT_EQ(name_of(queue_.pop({})), "many");
  EXPECT_TRUE(queue_.listing());
  EXPECT_EQ(name_of(queue_.pop({})), "a");
}

TEST_F(WorkQueueTest, GivesChunksOfAFileToSeveralWorkersBeforeAnythingElse) {
  queue_.push(directory("a"));
  queue_.push(ChunkTask{}, 2);
  EXPECT_EQ(name_of(queue_.pop({})), "chunks");
  EXPECT_EQ(name_of(queue_.pop({})), "chunks");
  EXPECT_EQ(name_of(queue_.pop({})), "a");
}

TEST_F(WorkQueueTest, EndsWhenNothingIsQueuedAndNobodyCanQueueMore) {
  queue_.push(directory("a"));
  auto task = queue_.pop({});
  std::jthread waiting([&] {
    const auto later = queue_.pop({});
    EXPECT_EQ(name_of(later), "f");
    queue_.done(*later);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  queue_.push(files("f"));
  waiting.join();
  queue_.done(*task);
  EXPECT_FALSE(queue_.pop({}));
}

TEST_F(WorkQueueTest, StopsWaitingWhenAsked) {
  queue_.push(directory("a"));
  const auto task = queue_.pop({});
  std::stop_source stop;
  std::jthread waiting([&] { EXPECT_FALSE(queue_.pop(stop.get_token())); });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop.request_stop();
}

}  // namespace
}  // namespace attache
