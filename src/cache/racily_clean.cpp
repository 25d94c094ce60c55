#include "racily_clean.hpp"

namespace attache {

bool is_racily_clean(const FileStatus& status, std::int64_t seen_at_ns, std::chrono::nanoseconds limit) {
  const std::int64_t oldest = seen_at_ns - limit.count();
  // A ctime of the future comes from another clock, and nothing is known about that one's steps. An mtime of the far
  // future was set on purpose: a write would replace it by the present.
  if (status.ctime_ns > oldest) return true;
  return status.mtime_ns > oldest && status.mtime_ns < seen_at_ns + limit.count();
}

std::int64_t current_time_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace attache
