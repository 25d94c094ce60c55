#pragma once

#include <attache/exec/progress.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>

namespace attache {

/// Adds up the progress of several threads and calls a ProgressCallback now and then. Any thread may call any method.
///
/// The callback runs on the thread whose add() found a report due. While it runs, the other threads go on and their
/// reports are dropped (the numbers are not): a slow callback costs one thread, never all.
class ProgressReporter {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  struct Options {
    /// Ten a second: smooth for an eye, nothing for a CPU.
    std::chrono::milliseconds interval{100};
    /// Monotone; injected by tests.
    Clock clock = [] { return std::chrono::steady_clock::now(); };
  };

  /// An empty callback makes every method a few atomic additions.
  explicit ProgressReporter(ProgressCallback callback);
  ProgressReporter(ProgressCallback callback, Options options);
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;

  /// Once they are known; 0 until then.
  void set_totals(std::uint64_t files, std::uint64_t bytes);
  /// Counts, and reports if the last report is `interval` old. The first report comes after one interval.
  void add(std::uint64_t files, std::uint64_t bytes);
  /// The same for what was found done already.
  void skip(std::uint64_t files, std::uint64_t bytes);
  /// Takes back bytes that were counted and have to be done again. No report.
  void take_back(std::uint64_t bytes);
  /// Waits for a report that is under way, makes the last one, and none after it. Later calls do nothing.
  void finish();

  Progress progress() const;

 private:
  void report_if_due();

  const ProgressCallback callback_;
  const Options options_;
  std::atomic<std::uint64_t> files_done_{0};
  std::atomic<std::uint64_t> files_total_{0};
  std::atomic<std::uint64_t> bytes_done_{0};
  std::atomic<std::uint64_t> bytes_total_{0};
  std::atomic<std::uint64_t> files_skipped_{0};
  std::atomic<std::uint64_t> bytes_skipped_{0};
  std::atomic<std::chrono::steady_clock::rep> next_report_;
  std::mutex calling_;  ///< held while the callback runs; guards finished_
  bool finished_ = false;
};

}  // namespace attache
