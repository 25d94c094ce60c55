#include "work_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace attache {
namespace {

DirectoryTask directory(std::string name) {
  return {nullptr, std::move(name), {}, GlobMatch::kNone};
}

std::string name_of(const std::optional<WorkQueue::Task>& task) {
  if (!task) return "nothing";
  if (const auto* found = std::get_if<DirectoryTask>(&*task)) return found->name;
  return std::get<FileBatch>(*task).names.at(0);
}

TEST(WorkQueue, GivesTheNewestDirectoryFirstAndThenTheOldestFiles) {
  WorkQueue queue;
  queue.push(FileBatch{nullptr, {"f1", "f2"}});
  queue.push(FileBatch{nullptr, {"g"}});
  queue.push(directory("a"));
  queue.push(directory("b"));
  EXPECT_FALSE(queue.total_files());
  std::vector<WorkQueue::Task> active;
  for (const char* expected : {"b", "a", "f1", "g"}) {
    auto task = queue.pop({});
    EXPECT_EQ(name_of(task), expected);
    active.push_back(*std::move(task));
  }
  EXPECT_FALSE(queue.total_files()) << "the directories may still hold more";
  queue.done(active[0]);
  queue.done(active[1]);
  EXPECT_EQ(queue.total_files(), 3U);
  queue.give_back(FileBatch{nullptr, {"f2"}});
  EXPECT_EQ(queue.total_files(), 3U) << "counted once";
  EXPECT_EQ(name_of(queue.pop({})), "f2");
}

TEST(WorkQueue, EndsWhenNothingIsQueuedAndNobodyCanQueueMore) {
  WorkQueue queue;
  queue.push(directory("a"));
  auto task = queue.pop({});
  std::jthread waiting([&] {
    const auto later = queue.pop({});
    EXPECT_EQ(name_of(later), "f");
    queue.done(*later);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  queue.push(FileBatch{nullptr, {"f"}});
  waiting.join();
  queue.done(*task);
  EXPECT_FALSE(queue.pop({}));
}

TEST(WorkQueue, StopsWaitingWhenAsked) {
  WorkQueue queue;
  queue.push(directory("a"));
  const auto task = queue.pop({});
  std::stop_source stop;
  std::jthread waiting([&] { EXPECT_FALSE(queue.pop(stop.get_token())); });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop.request_stop();
}

TEST(DirectoryNode, KnowsItsPath) {
  const auto root = std::make_shared<DirectoryNode>();
  const auto a = std::make_shared<DirectoryNode>(DirectoryNode{root, "a", 1});
  const auto b = std::make_shared<DirectoryNode>(DirectoryNode{a, "b", 2});
  EXPECT_EQ(root->path(), "");
  EXPECT_EQ(a->path(), "a");
  EXPECT_EQ(b->path(), "a/b");
  EXPECT_EQ(join("", "x"), "x");
  EXPECT_EQ(join("a/b", "x"), "a/b/x");
}

}  // namespace
}  // namespace attache
