#pragma once

#include <attache/exec/progress.hpp>
#include <attache/exec/stall_detector.hpp>
#include <attache/exec/summary_statistics.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// What kind of work is reported; the texts are the incumbent's.
enum class ProgressStatus { kNone, kPreparing, kUpload, kDownload, kSnapshot };
/// "UPLOAD_IN_PROGRESS", ...
std::string_view to_string(ProgressStatus status);

/// What a caller of the incumbent is told (incumbent formats, 14a), and more.
struct ProgressReport {
  ProgressStatus status = ProgressStatus::kNone;
  double percent = 0;        ///< of the bytes, processed and skipped, one decimal; 0 if there are none. May exceed 100
  double transfer_rate = 0;  ///< bytes per second since the last report; 0 in the first
  std::uint64_t processed_files = 0;
  std::string message{};  ///< for people: how much of what, and how fast
  Progress progress{};    ///< all counts
  bool stalled = false;   ///< nothing has moved for long (StallDetector)
};

/// Reports progress by the incumbent's rules, for programs that were written for it: a report is made if none was made
/// and no work has begun; if the last, or the beginning, is `interval` ago; if `files_per_report` files were completed
/// since; and whenever all files are. A callback that returns false gets no more reports, every later call returns
/// false, and the work is cancelled through `stop`.
///
/// Any thread may call any method. A call never waits for a callback that runs on another thread: its report is dropped
/// (what it counted is not), as a transfer must not wait for whoever watches it.
class ProgressTracker {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  /// False cancels. Must not throw, and not call the tracker.
  using Callback = std::function<bool(const ProgressReport&)>;

  struct Options {
    ProgressStatus status = ProgressStatus::kUpload;
    std::uint64_t total_files = 0;
    std::uint64_t total_bytes = 0;
    std::chrono::nanoseconds interval{std::chrono::seconds(1)};
    /// Of at least that many; with fewer files, each is reported.
    std::uint64_t files_per_report = 50;
    StallOptions stall{};
    /// Fires when the callback returns false. By default there is none.
    std::stop_source stop{std::nostopstate};
    /// Monotone; injected by tests.
    Clock clock = [] { return std::chrono::steady_clock::now(); };
  };

  /// An empty callback is one that returns true.
  ProgressTracker(Callback callback, Options options);
  ProgressTracker(const ProgressTracker&) = delete;
  ProgressTracker& operator=(const ProgressTracker&) = delete;

  void set_totals(std::uint64_t files, std::uint64_t bytes);

  /// Counts bytes, and a file if its last byte is among them; reports if a report is due. False: cancelled.
  bool track(std::uint64_t bytes, bool file_done = false);
  /// Counts, without a report.
  void add_processed(std::uint64_t files, std::uint64_t bytes);
  void add_skipped(std::uint64_t files, std::uint64_t bytes);
  /// Takes back bytes that were counted and have to be done again.
  void take_back(std::uint64_t bytes);
  /// Reports if a report is due. False: cancelled. What has stopped moving calls nothing else: call this from a timer
  /// (Ticker) for reports that say `stalled`.
  bool report();

  /// Takes all counts from a Progress, reports if a report is due and anything has changed since the last.
  bool update(const Progress& progress);
  /// update() for UploadOptions::progress and its like. The tracker must outlive it. Such callbacks cannot say no: give
  /// the call the token of Options::stop.
  ProgressCallback callback();

  /// False once the callback has returned false.
  bool wanted() const;
  /// With the time that the caller has measured, in seconds.
  SummaryStatistics summary(double total_time) const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void begin(Time now);
  bool complete() const;
  bool due(Time now) const;
  ProgressReport make_report(Time now);
  bool report(std::unique_lock<std::mutex>& lock, Time now);

  const Callback callback_;
  Options options_;
  mutable std::mutex mutex_;  // guards all below; not held while the callback runs
  Progress progress_;
  bool totals_known_ = true;
  std::optional<StallDetector> stall_;
  std::optional<Time> last_report_;  // or when work began
  Progress reported_;                // of the last report
  bool reported_any_ = false;
  std::uint64_t files_since_report_ = 0;
  bool reporting_ = false;
  bool wanted_ = true;
};

}  // namespace attache
