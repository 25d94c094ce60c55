#include <attache/fsio/output_file.hpp>

#include "platform.hpp"
#include "stat_posix.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace attache {

namespace {

constexpr std::size_t kMaxTransfer = std::size_t{1} << 30U;  // Linux ends a call at 0x7ffff000 bytes, macOS fails

}  // namespace

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int OutputFile::status(FileStatus& out) const {
  return read_status(descriptor_, out);
}

// The descriptor stays as it is, but these change the file behind it.
// NOLINTBEGIN(readability-make-member-function-const)

int OutputFile::write(std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t count = ::write(descriptor_, data.data(), std::min(data.size(), kMaxTransfer));
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

tl::expected<std::size_t, int> OutputFile::read_at(std::span<std::byte> buffer, std::uint64_t offset) const {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::pread(descriptor_, buffer.data() + filled, std::min(buffer.size() - filled, kMaxTransfer),
                                  static_cast<off_t>(offset + filled));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      return tl::unexpected(errno);
    }
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

int OutputFile::set_size(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return EFBIG;
  int result = 0;
  do {
    result = ::ftruncate(descriptor_, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0) return errno;
  return ::lseek(descriptor_, static_cast<off_t>(size), SEEK_SET) < 0 ? errno : 0;
}

int OutputFile::reserve(std::uint64_t size) {
  if (size == 0) return 0;
  const int error = platform::reserve(descriptor_, size);
  // Anything else only says that this file system cannot promise space.
  return error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO ? error : 0;
}

int OutputFile::clone_from(int source) {
  return platform::clone(source, descriptor_);
}

int OutputFile::set_mtime_us(std::int64_t mtime_us) {
  return set_times(descriptor_, mtime_us);
}

int OutputFile::set_mode(std::uint32_t mode) {
  return ::fchmod(descriptor_, static_cast<mode_t>(mode)) == 0 ? 0 : errno;
}

int OutputFile::set_group(std::uint32_t group) {
  return ::fchown(descriptor_, static_cast<uid_t>(-1), static_cast<gid_t>(group)) == 0 ? 0 : errno;
}

// NOLINTEND(readability-make-member-function-const)

int OutputFile::close() {
  if (descriptor_ < 0) return 0;
  // Not repeated after EINTR: Linux has closed the descriptor by then.
  return ::close(std::exchange(descriptor_, -1)) == 0 || errno == EINTR ? 0 : errno;
}

}  // namespace attache
