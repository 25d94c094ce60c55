#include "work_queue.hpp"

#include <utility>

namespace attache {

namespace {

// Wakes one sleeper, or all; outside of the lock.
void wake(std::condition_variable_any& changed, unsigned sleepers, bool all) {
  if (sleepers == 0) return;
  if (all) {
    changed.notify_all();
  } else {
    changed.notify_one();
  }
}

}  // namespace

void WorkQueue::push(ListTask task) {
  unsigned sleepers = 0;
  {
    const std::lock_guard lock(mutex_);
    lists_.push_back(std::move(task));
    sleepers = sleepers_;
  }
  wake(changed_, sleepers, false);
}

void WorkQueue::push(LookTask task) {
  unsigned sleepers = 0;
  {
    const std::lock_guard lock(mutex_);
    looks_.push_back(task);
    sleepers = sleepers_;
  }
  wake(changed_, sleepers, false);
}

void WorkQueue::push(ReadTask task) {
  unsigned sleepers = 0;
  {
    const std::lock_guard lock(mutex_);
    waiting_ += task.files.size();
    reads_.push_back(std::move(task));
    sleepers = sleepers_;
  }
  wake(changed_, sleepers, false);
}

void WorkQueue::push(const ChunkTask& task, unsigned helpers) {
  unsigned sleepers = 0;
  {
    const std::lock_guard lock(mutex_);
    for (unsigned i = 0; i < helpers; ++i) chunks_.push_back(task);
    sleepers = sleepers_;
  }
  wake(changed_, sleepers, true);
}

void WorkQueue::count_files(std::uint64_t files) {
  const std::lock_guard lock(mutex_);
  file_count_ += files;
}

WorkQueue::Task WorkQueue::take() {
  if (!chunks_.empty()) {
    Task task = std::move(chunks_.front());
    chunks_.pop_front();
    return task;
  }
  if (!lists_.empty() && waiting_ < kMaxWaiting) {
    Task task = std::move(lists_.back());
    lists_.pop_back();
    ++active_lists_;
    return task;
  }
  if (!reads_.empty()) {
    waiting_ -= reads_.front().files.size();
    Task task = std::move(reads_.front());
    reads_.pop_front();
    return task;
  }
  Task task = looks_.front();
  looks_.pop_front();
  return task;
}

std::optional<WorkQueue::Task> WorkQueue::pop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (empty() && !finished()) {
    ++sleepers_;
    changed_.wait(lock, stop, [this] { return !empty() || finished(); });
    --sleepers_;
  }
  if (stop.stop_requested() || finished()) return std::nullopt;
  ++active_;
  return take();
}

void WorkQueue::done(const Task& task) {
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    --active_;
    if (std::holds_alternative<ListTask>(task)) --active_lists_;
    all = finished();
  }
  if (all) changed_.notify_all();
}

bool WorkQueue::listing() const {
  const std::lock_guard lock(mutex_);
  return !lists_.empty() && waiting_ < kMaxWaiting;
}

std::optional<std::uint64_t> WorkQueue::total_files() const {
  const std::lock_guard lock(mutex_);
  if (active_lists_ > 0 || !lists_.empty()) return std::nullopt;
  return file_count_;
}

}  // namespace attache
