#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace attache {

/// A first-in first-out queue between threads, bounded by the number of items and by the bytes they stand for. Any
/// number of producers and consumers. push() blocks while the queue is full, pop() while it is empty; closing or
/// stopping wakes both.
template <typename T>
class BoundedQueue {
 public:
  struct Limits {
    std::size_t items = 1024;
    /// Sum of what push() was told. An item larger than this passes alone, through an empty queue.
    std::uint64_t bytes = UINT64_MAX;
  };

  explicit BoundedQueue(Limits limits) : limits_{std::max<std::size_t>(limits.items, 1), limits.bytes} {}

  /// False, and the item is dropped, if the queue is closed or `stop` fires first.
  bool push(T item, std::uint64_t bytes, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!space_.wait(lock, stop, [&] { return closed_ || fits(bytes); })) return false;
    if (closed_ || stop.stop_requested()) return false;
    items_.push_back({std::move(item), bytes});
    bytes_ += bytes;
    lock.unlock();
    available_.notify_one();
    return true;
  }

  /// The oldest item; nothing once the queue is closed and empty, or when `stop` fires.
  std::optional<T> pop(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!available_.wait(lock, stop, [&] { return closed_ || !items_.empty(); })) return std::nullopt;
    if (stop.stop_requested()) return std::nullopt;
    return take(std::move(lock));
  }

  /// The oldest item if there is one now.
  std::optional<T> try_pop() { return take(std::unique_lock(mutex_)); }

 private:
  std::optional<T> take(std::unique_lock<std::mutex> lock) {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front().value));
    bytes_ -= items_.front().bytes;
    items_.pop_front();
    lock.unlock();
    // One large item may make room for several small ones, so every producer looks.
    space_.notify_all();
    return item;
  }

 public:
  /// No further items; those inside can still be taken.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    space_.notify_all();
    available_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  struct Slot {
    T value;
    std::uint64_t bytes;
  };

  bool fits(std::uint64_t bytes) const {
    if (items_.empty()) return true;
    return items_.size() < limits_.items && bytes <= limits_.bytes && bytes_ <= limits_.bytes - bytes;
  }

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any space_;
  std::condition_variable_any available_;
  std::deque<Slot> items_;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace attache
