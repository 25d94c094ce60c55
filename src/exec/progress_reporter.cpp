#include <attache/exec/progress_reporter.hpp>

#include <utility>

namespace attache {

ProgressReporter::ProgressReporter(ProgressCallback callback) : ProgressReporter(std::move(callback), Options{}) {}

ProgressReporter::ProgressReporter(ProgressCallback callback, Options options)
    : callback_(std::move(callback)),
      options_(std::move(options)),
      next_report_((options_.clock() + options_.interval).time_since_epoch().count()) {}

void ProgressReporter::set_totals(std::uint64_t files, std::uint64_t bytes) {
  files_total_.store(files, std::memory_order_relaxed);
  bytes_total_.store(bytes, std::memory_order_relaxed);
}

void ProgressReporter::add(std::uint64_t files, std::uint64_t bytes) {
  files_done_.fetch_add(files, std::memory_order_relaxed);
  bytes_done_.fetch_add(bytes, std::memory_order_relaxed);
  if (callback_) report_if_due();
}

void ProgressReporter::skip(std::uint64_t files, std::uint64_t bytes) {
  files_skipped_.fetch_add(files, std::memory_order_relaxed);
  bytes_skipped_.fetch_add(bytes, std::memory_order_relaxed);
  if (callback_) report_if_due();
}

void ProgressReporter::take_back(std::uint64_t bytes) {
  bytes_done_.fetch_sub(bytes, std::memory_order_relaxed);
}

void ProgressReporter::report_if_due() {
  const auto now = options_.clock().time_since_epoch().count();
  if (now < next_report_.load(std::memory_order_relaxed)) return;
  const std::unique_lock lock(calling_, std::try_to_lock);
  if (!lock || finished_ || now < next_report_.load(std::memory_order_relaxed)) return;
  callback_(progress());
  // Counted from the end of the call, so that a callback that takes longer than the interval leaves room for work.
  next_report_.store((options_.clock() + options_.interval).time_since_epoch().count(), std::memory_order_relaxed);
}

void ProgressReporter::finish() {
  const std::lock_guard lock(calling_);
  if (finished_) return;
  finished_ = true;
  if (callback_) callback_(progress());
}

Progress ProgressReporter::progress() const {
  return {.files_done = files_done_.load(std::memory_order_relaxed),
          .files_total = files_total_.load(std::memory_order_relaxed),
          .bytes_done = bytes_done_.load(std::memory_order_relaxed),
          .bytes_total = bytes_total_.load(std::memory_order_relaxed),
          .files_skipped = files_skipped_.load(std::memory_order_relaxed),
          .bytes_skipped = bytes_skipped_.load(std::memory_order_relaxed)};
}

}  // namespace attache
