#pragma once

#include <attache/base/result.hpp>

#include <functional>
#include <memory>
#include <stop_token>

namespace attache {

/// Several threads with one task and one result. The first error wins: it stops the others (their stop token fires) and
/// is what join() returns. Exceptions that leave the task (std::bad_alloc) become errors. Destroying a group stops and
/// joins it.
class WorkerGroup {
 public:
  /// Runs once on every thread; `worker` counts from 0. It must look at `stop` often enough to end within 250 ms, and
  /// return cancelled() if it left work undone because of it.
  using Task = std::function<Status(unsigned worker, std::stop_token stop)>;

  /// Starts `threads` threads (at least one). The token that tasks see fires when `stop` does, or when a task fails. If
  /// the system gives fewer threads than asked for, the group works with those; if it gives none, join() says so.
  WorkerGroup(unsigned threads, std::stop_token stop, Task task);
  WorkerGroup(const WorkerGroup&) = delete;
  WorkerGroup& operator=(const WorkerGroup&) = delete;
  ~WorkerGroup();

  /// Waits for all threads: the first error, or success if every task succeeded. Once; from the thread that owns the
  /// group.
  Status join();

  /// Threads that were started.
  unsigned size() const;

  /// One per core that this process may use, at least 1.
  static unsigned default_size();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
