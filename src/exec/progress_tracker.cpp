#include <attache/base/byte_size.hpp>
#include <attache/exec/progress_tracker.hpp>

#include "decimal.hpp"

#include <fmt/format.h>

#include <utility>

namespace attache {

namespace {

bool same(const Progress& a, const Progress& b) {
  return a.files_done == b.files_done && a.files_total == b.files_total && a.bytes_done == b.bytes_done &&
         a.bytes_total == b.bytes_total && a.files_skipped == b.files_skipped && a.bytes_skipped == b.bytes_skipped;
}

std::string_view verb(ProgressStatus status) {
  switch (status) {
    case ProgressStatus::kNone:
      return "Done";
    case ProgressStatus::kPreparing:
      return "Hashed";
    case ProgressStatus::kUpload:
      return "Uploaded";
    case ProgressStatus::kDownload:
      return "Downloaded";
    case ProgressStatus::kSnapshot:
      return "Copied";
  }
  return "Done";
}

}  // namespace

std::string_view to_string(ProgressStatus status) {
  switch (status) {
    case ProgressStatus::kNone:
      return "NONE";
    case ProgressStatus::kPreparing:
      return "PREPARING_IN_PROGRESS";
    case ProgressStatus::kUpload:
      return "UPLOAD_IN_PROGRESS";
    case ProgressStatus::kDownload:
      return "DOWNLOAD_IN_PROGRESS";
    case ProgressStatus::kSnapshot:
      return "SNAPSHOT_IN_PROGRESS";
  }
  return "NONE";
}

ProgressTracker::ProgressTracker(Callback callback, Options options)
    : callback_(std::move(callback)), options_(std::move(options)) {
  progress_.files_total = options_.total_files;
  progress_.bytes_total = options_.total_bytes;
}

void ProgressTracker::set_totals(std::uint64_t files, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.files_total = files;
  progress_.bytes_total = bytes;
}

void ProgressTracker::begin(Time now) {
  if (!last_report_) last_report_ = now;
}

bool ProgressTracker::track(std::uint64_t bytes, bool file_done) {
  std::unique_lock lock(mutex_);
  const Time now = options_.clock();
  begin(now);
  progress_.bytes_done += bytes;
  if (file_done) {
    ++progress_.files_done;
    ++files_since_report_;
  }
  return report(lock, now);
}

void ProgressTracker::add_processed(std::uint64_t files, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  begin(options_.clock());
  progress_.files_done += files;
  progress_.bytes_done += bytes;
  files_since_report_ += files;
}

void ProgressTracker::add_skipped(std::uint64_t files, std::uint64_t bytes) {
  // Does not begin the work: a first report of nothing but skipped files comes at once, and has no rate.
  const std::lock_guard lock(mutex_);
  progress_.files_skipped += files;
  progress_.bytes_skipped += bytes;
  files_since_report_ += files;
}

void ProgressTracker::take_back(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  progress_.bytes_done -= bytes;
}

bool ProgressTracker::report() {
  std::unique_lock lock(mutex_);
  return report(lock, options_.clock());
}

bool ProgressTracker::update(const Progress& progress) {
  std::unique_lock lock(mutex_);
  const Time now = options_.clock();
  const std::uint64_t before = progress_.files_done + progress_.files_skipped;
  const std::uint64_t after = progress.files_done + progress.files_skipped;
  if (after > before) files_since_report_ += after - before;
  if (progress.files_done != 0 || progress.bytes_done != 0) begin(now);
  progress_ = progress;
  totals_known_ = progress.files_total != 0 || progress.bytes_total != 0;
  if (reported_any_ && same(progress_, reported_) && now - *last_report_ < options_.interval) return wanted_;
  return report(lock, now);
}

ProgressCallback ProgressTracker::callback() {
  return [this](const Progress& progress) { static_cast<void>(update(progress)); };
}

bool ProgressTracker::wanted() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

SummaryStatistics ProgressTracker::summary(double total_time) const {
  const std::lock_guard lock(mutex_);
  return {.total_time = total_time,
          .total_files = progress_.files_total,
          .total_bytes = progress_.bytes_total,
          .processed_files = progress_.files_done,
          .processed_bytes = progress_.bytes_done,
          .skipped_files = progress_.files_skipped,
          .skipped_bytes = progress_.bytes_skipped};
}

bool ProgressTracker::complete() const {
  return totals_known_ && progress_.files_done + progress_.files_skipped == progress_.files_total;
}

bool ProgressTracker::due(Time now) const {
  const std::uint64_t chunk = progress_.files_total >= options_.files_per_report ? options_.files_per_report : 1;
  return !last_report_ || now - *last_report_ >= options_.interval || files_since_report_ >= chunk || complete();
}

ProgressReport ProgressTracker::make_report(Time now) {
  const std::uint64_t done = progress_.bytes_done + progress_.bytes_skipped;
  const double seconds = last_report_ ? rounded_to(std::chrono::duration<double>(now - *last_report_).count(), 2) : 0;
  // Fewer than at the last report: some were taken back, and nothing is known of a rate.
  const std::uint64_t moved =
      progress_.bytes_done > reported_.bytes_done ? progress_.bytes_done - reported_.bytes_done : 0;
  ProgressReport report;
  report.status = options_.status;
  if (progress_.bytes_total > 0) {
    report.percent = rounded_to(static_cast<double>(done) / static_cast<double>(progress_.bytes_total) * 100, 1);
  }
  if (seconds > 0) report.transfer_rate = static_cast<double>(moved) / seconds;
  report.processed_files = progress_.files_done;
  report.progress = progress_;
  report.stalled = stall_ && stall_->stalled();
  report.message = fmt::format("{} {} of {}, {} of {} files ({}/s)", verb(options_.status), human_size(done),
                               human_size(progress_.bytes_total), progress_.files_done + progress_.files_skipped,
                               progress_.files_total, human_size(whole_bytes(report.transfer_rate)));
  return report;
}

bool ProgressTracker::report(std::unique_lock<std::mutex>& lock, Time now) {
  if (!wanted_) return false;
  if (!stall_) stall_.emplace(now, options_.stall);
  static_cast<void>(stall_->look(progress_, now));
  if (reporting_ || !due(now)) return true;
  const ProgressReport made = make_report(now);
  reported_ = progress_;
  reported_any_ = true;
  last_report_ = now;
  files_since_report_ = 0;
  if (!callback_) return true;
  reporting_ = true;
  lock.unlock();
  const bool wanted = callback_(made);
  // Without the lock: it may run the stop callbacks of a whole transfer.
  if (!wanted) options_.stop.request_stop();
  lock.lock();
  reporting_ = false;
  wanted_ = wanted;
  return wanted;
}

}  // namespace attache
