#include <attache/base/text.hpp>
#include <attache/exec/detached.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/system_error.hpp>

#include "descriptor.hpp"
#include "platform.hpp"
#include "stat_posix.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

namespace attache {

namespace {

constexpr const char* kNameAFile = "name a regular file";

// Linux transfers at most 0x7ffff000 bytes per call, macOS fails above INT_MAX.
constexpr std::size_t kMaxTransfer = std::size_t{1} << 30U;

template <typename Call>
Result<std::size_t> read_fully(std::span<std::byte> buffer, const std::string& path, Call call) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const auto part = buffer.subspan(filled, std::min(buffer.size() - filled, kMaxTransfer));
    const ssize_t count = call(part, filled);
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(system_error("cannot read", path, errno));
    }
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

}  // namespace

Result<File> File::open_for_reading(const std::string& path) {
  return open_at(AT_FDCWD, path.c_str(), path);
}

Result<File> File::open_at(int directory, const char* name, std::string path) {
  // O_NONBLOCK: a FIFO opens at once instead of waiting for a writer, and is refused by adopt(). It has no effect on
  // regular files.
  const int descriptor = ::openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  return descriptor >= 0 ? adopt(descriptor, std::move(path)) : fail(cannot_open(path, errno));
}

Error File::cannot_open(const std::string& path, int error_number) {
  // ENXIO: a socket, or a device that is not there.
  if (error_number == ENXIO) {
    return Error(ErrorCode::kInvalidArgument, action_on("cannot open", path) + ": it is not a regular file",
                 kNameAFile);
  }
  return system_error("cannot open", path, error_number);
}

Result<File> File::adopt(int descriptor, std::string path) {
  File file(descriptor, std::move(path));
  ATTACHE_ASSIGN(file.opened_status_, file.status());
  const FileStatus& status = file.opened_status_;
  if (status.kind == FileKind::kRegular) return file;
  return fail(ErrorCode::kInvalidArgument,
              action_on("cannot open", file.path_) +
                  (status.kind == FileKind::kDirectory ? ": it is a directory" : ": it is not a regular file"),
              kNameAFile);
}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
    opened_status_ = other.opened_status_;
  }
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileStatus> File::status() const {
  FileStatus status;
  if (const int error = read_status(descriptor_, status); error != 0) {
    return fail(system_error("cannot read the status of", path_, error));
  }
  return status;
}

Result<std::size_t> File::read(std::span<std::byte> buffer) {
  return read_fully(buffer, path_, [this](std::span<std::byte> part, std::size_t) {
    return ::read(descriptor_, part.data(), part.size());
  });
}

Result<std::size_t> File::read_at(std::span<std::byte> buffer, std::uint64_t offset) const {
  return read_fully(buffer, path_, [this, offset](std::span<std::byte> part, std::size_t filled) {
    return ::pread(descriptor_, part.data(), part.size(), static_cast<off_t>(offset + filled));
  });
}

Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  ATTACHE_ASSIGN(File file, File::open_for_reading(path));
  const FileStatus& status = file.opened_status();
  const auto too_large = [&] {
    return fail(
        ErrorCode::kInvalidArgument,
        action_on("cannot read", path) + ": it is larger than the limit of " + std::to_string(max_bytes) + " bytes",
        "check that this is the right file");
  };
  if (status.size > max_bytes) return too_large();
  // The size is only a hint: a file may grow, and those of /proc say 0. One byte more than expected shows the end.
  std::string content;
  for (std::size_t filled = 0;;) {
    const std::uint64_t expected = std::max<std::uint64_t>(status.size, filled == 0 ? 4096 : filled * 2);
    content.resize(static_cast<std::size_t>(std::min(expected, max_bytes)) + 1);
    ATTACHE_ASSIGN(const std::size_t count, file.read(std::as_writable_bytes(std::span(content)).subspan(filled)));
    filled += count;
    if (filled > max_bytes) return too_large();
    if (filled < content.size()) {
      content.resize(filled);
      return content;
    }
  }
}

Status sync_file_system(const std::string& path, const std::stop_token& stop) {
  const auto descriptor =
      std::make_shared<Descriptor>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!*descriptor) return fail(system_error("cannot open", path, errno));
  if (stop.stop_requested()) return cancelled();
  const bool may_be_left = stop.stop_possible();
  const std::optional<int> error = run_unless_stopped<int>(
      [descriptor, may_be_left] {
        return may_be_left ? platform::sync_file_system_apart(descriptor->get())
                           : platform::sync_file_system(descriptor->get());
      },
      stop);
  if (!error) return cancelled();
  if (*error == 0) return {};
  return fail(system_error("cannot flush the file system of", path, *error));
}

Result<std::uint64_t> free_space(const std::string& path) {
  struct statvfs info {};
  int result = 0;
  do {
    result = ::statvfs(path.c_str(), &info);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return fail(system_error("cannot read the free space of", path, errno));
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(std::uint64_t{info.f_bavail}, std::uint64_t{info.f_frsize}, &bytes)) return UINT64_MAX;
  return bytes;
}

}  // namespace attache
