#include <attache/exec/stall_detector.hpp>

namespace attache {

namespace {
constexpr std::chrono::seconds kBetweenLooks{1};
}  // namespace

bool StallDetector::look(const Progress& progress, Time now) {
  const std::uint64_t files = progress.files_done + progress.files_skipped;
  const std::uint64_t bytes = progress.bytes_done + progress.bytes_skipped;
  if (files > files_ || bytes > bytes_) {
    files_ = files > files_ ? files : files_;
    bytes_ = bytes > bytes_ ? bytes : bytes_;
    moved_at_ = now;
    looked_at_ = now;
    quiet_looks_ = 0;
    stalled_ = false;
    return false;
  }
  if (now - looked_at_ < kBetweenLooks) return stalled_;
  looked_at_ = now;
  ++quiet_looks_;
  if (quiet_looks_ >= options_.looks && now - moved_at_ >= options_.quiet) stalled_ = true;
  return stalled_;
}

}  // namespace attache
