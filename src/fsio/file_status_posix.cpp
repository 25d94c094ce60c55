#include <attache/fsio/file_status.hpp>

#include "stat_posix.hpp"

#include <sys/stat.h>

#include <array>
#include <cerrno>

namespace attache {

namespace {

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kRegular;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

// Years 1678 to 2262. Outside, a file system gives seconds that do not fit; they saturate rather than wrap.
std::int64_t nanoseconds(const struct timespec& time) {
  std::int64_t value = 0;
  if (__builtin_mul_overflow(std::int64_t{time.tv_sec}, std::int64_t{1'000'000'000}, &value) ||
      __builtin_add_overflow(value, std::int64_t{time.tv_nsec}, &value)) {
    return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
  }
  return value;
}

}  // namespace

FileStatus to_file_status(const struct stat& status) {
  FileStatus result;
  result.kind = kind_of(status.st_mode);
  result.size = static_cast<std::uint64_t>(status.st_size);
  result.mtime_ns = nanoseconds(status.st_mtim);
  result.ctime_ns = nanoseconds(status.st_ctim);
  result.device = static_cast<std::uint64_t>(status.st_dev);
  result.inode = static_cast<std::uint64_t>(status.st_ino);
  result.mode = static_cast<std::uint32_t>(status.st_mode & 07777U);
  return result;
}

int read_status(int descriptor, FileStatus& out) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return errno;
  out = to_file_status(status);
  return 0;
}

int set_times(int descriptor, std::int64_t mtime_us) {
  std::int64_t seconds = mtime_us / 1'000'000;
  std::int64_t rest = mtime_us % 1'000'000;
  if (rest < 0) {
    --seconds;
    rest += 1'000'000;
  }
  struct timespec time {};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>(rest * 1000);
  const std::array<struct timespec, 2> times{time, time};
  return ::futimens(descriptor, times.data()) == 0 ? 0 : errno;
}

std::int64_t FileStatus::mtime_us() const {
  const std::int64_t quotient = mtime_ns / 1000;
  return mtime_ns % 1000 < 0 ? quotient - 1 : quotient;
}

bool FileStatus::same_version_as(const FileStatus& other) const {
  return size == other.size && mtime_ns == other.mtime_ns && ctime_ns == other.ctime_ns && device == other.device &&
         inode == other.inode;
}

}  // namespace attache
