#include "work_queue.hpp"

#include <utility>

namespace attache {

std::string DirectoryNode::path() const {
  std::size_t length = 0;
  for (const DirectoryNode* node = this; node->parent; node = node->parent.get()) length += node->name.size() + 1;
  if (length == 0) return {};
  // From the end, so that a deep path is copied once.
  std::string result(length - 1, '/');
  std::size_t end = result.size();
  for (const DirectoryNode* node = this; node->parent; node = node->parent.get()) {
    end -= node->name.size();
    result.replace(end, node->name.size(), node->name);
    if (end > 0) --end;
  }
  return result;
}

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + '/' + name;
}

void WorkQueue::push(DirectoryTask task) {
  {
    const std::lock_guard lock(mutex_);
    directories_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void WorkQueue::push(FileBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    file_count_ += batch.names.size();
    files_.push_back(std::move(batch));
  }
  changed_.notify_one();
}

void WorkQueue::give_back(FileBatch batch) {
  {
    const std::lock_guard lock(mutex_);
    files_.push_front(std::move(batch));
  }
  changed_.notify_one();
}

std::optional<WorkQueue::Task> WorkQueue::pop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return !directories_.empty() || !files_.empty() || finished(); });
  if (stop.stop_requested() || finished()) return std::nullopt;
  ++active_;
  if (!directories_.empty()) {
    ++active_directories_;
    std::optional<Task> task(std::move(directories_.back()));
    directories_.pop_back();
    return task;
  }
  std::optional<Task> task(std::move(files_.front()));
  files_.pop_front();
  return task;
}

void WorkQueue::done(const Task& task) {
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    --active_;
    if (std::holds_alternative<DirectoryTask>(task)) --active_directories_;
    all = finished();
  }
  if (all) changed_.notify_all();
}

std::optional<std::uint64_t> WorkQueue::total_files() const {
  const std::lock_guard lock(mutex_);
  if (active_directories_ > 0 || !directories_.empty()) return std::nullopt;
  return file_count_;
}

}  // namespace attache
