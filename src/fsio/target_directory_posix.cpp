#include <attache/fsio/target_directory.hpp>

#include "descriptor.hpp"
#include "platform.hpp"
#include "stat_posix.hpp"
#include "temporary_file_impl.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace attache {

TargetDirectory::~TargetDirectory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

TargetDirectory& TargetDirectory::operator=(TargetDirectory&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

int TargetDirectory::status(FileStatus& out) const {
  return read_status(descriptor_, out);
}

int TargetDirectory::status(const char* name, FileStatus& out) const {
  struct stat status {};
  if (::fstatat(descriptor_, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  out = to_file_status(status);
  return 0;
}

std::uint64_t TargetDirectory::space_of(const char* name) const {
  constexpr std::uint64_t kUnit = 512;  // of st_blocks, whatever the file system's blocks are
  struct stat status {};
  if (::fstatat(descriptor_, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_nlink > 1) return 0;
  return static_cast<std::uint64_t>(std::max<blkcnt_t>(status.st_blocks, 0)) * kUnit;
}

tl::expected<TargetDirectory, int> TargetDirectory::open_directory(const char* name) const {
  const int descriptor = ::openat(descriptor_, name, platform::lookup_flags() | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(errno);
  return TargetDirectory(descriptor);
}

int TargetDirectory::make_directory(const char* name) const {
  return ::mkdirat(descriptor_, name, 0777) == 0 ? 0 : errno;
}

int TargetDirectory::remove_directory(const char* name) const {
  return ::unlinkat(descriptor_, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

tl::expected<std::vector<std::string>, int> TargetDirectory::names() const {
  const Descriptor readable(::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable) return tl::unexpected(errno);
  NameList list;
  if (const int error = platform::list(readable.get(), list, {}); error != 0) return tl::unexpected(error);
  std::vector<std::string> names;
  names.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) names.emplace_back(list.name(i));
  return names;
}

tl::expected<OutputFile, int> TargetDirectory::create_file(const char* name) const {
  const int descriptor = ::openat(descriptor_, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) return tl::unexpected(errno);
  return OutputFile(descriptor);
}

tl::expected<OutputFile, int> TargetDirectory::reopen_file(const char* name) const {
  const int descriptor = ::openat(descriptor_, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return tl::unexpected(errno);
  OutputFile file(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return tl::unexpected(errno);
  if (!S_ISREG(status.st_mode) || status.st_nlink != 1 || status.st_uid != ::geteuid()) return tl::unexpected(EINVAL);
  return file;
}

tl::expected<OpenFile, int> TargetDirectory::open_file(const char* name) const {
  const int descriptor = ::openat(descriptor_, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return tl::unexpected(errno);
  return OpenFile(descriptor);
}

int TargetDirectory::remove_file(const char* name) const {
  return ::unlinkat(descriptor_, name, 0) == 0 ? 0 : errno;
}

int TargetDirectory::touch(const char* name) const {
  return ::utimensat(descriptor_, name, nullptr, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int TargetDirectory::rename(const char* from, const char* to) const {
  return ::renameat(descriptor_, from, descriptor_, to) == 0 ? 0 : errno;
}

int TargetDirectory::rename_if_free(const char* from, const char* to) const {
  int error = platform::rename_no_replace(descriptor_, from, to);
  if (error != EINVAL && error != ENOSYS && error != EOPNOTSUPP) return error;
  error = rename_by_link(descriptor_, from, to);
  return error == EPERM || error == ENOSYS || error == EMLINK ? EOPNOTSUPP : error;
}

int TargetDirectory::make_link(const char* text, const char* name) const {
  return ::symlinkat(text, descriptor_, name) == 0 ? 0 : errno;
}

int TargetDirectory::read_link(const char* name, std::string& text) const {
  std::array<char, 4096> buffer{};  // the longest text that a link can have on Linux
  const ssize_t length = ::readlinkat(descriptor_, name, buffer.data(), buffer.size());
  if (length < 0) return errno;
  text.assign(buffer.data(), static_cast<std::size_t>(length));
  return 0;
}

int TargetDirectory::set_group(std::uint32_t group) const {
  const Descriptor readable(::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable) return errno;
  // Only the owner may ask for the group that it has.
  struct stat status {};
  if (::fstat(readable.get(), &status) != 0) return errno;
  if (status.st_gid == static_cast<gid_t>(group)) return 0;
  return ::fchown(readable.get(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) == 0 ? 0 : errno;
}

int TargetDirectory::add_mode(std::uint32_t bits) const {
  const Descriptor readable(::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!readable) return errno;
  FileStatus status;
  if (const int error = read_status(readable.get(), status); error != 0) return error;
  if ((status.mode & bits) == bits) return 0;
  return ::fchmod(readable.get(), static_cast<mode_t>(status.mode | bits)) == 0 ? 0 : errno;
}

std::uint64_t TargetDirectory::free_space() const {
  struct statvfs info {};
  int result = 0;
  do {
    result = ::fstatvfs(descriptor_, &info);
  } while (result != 0 && errno == EINTR);
  std::uint64_t bytes = 0;
  if (result != 0 || __builtin_mul_overflow(std::uint64_t{info.f_bavail}, std::uint64_t{info.f_frsize}, &bytes)) {
    return UINT64_MAX;
  }
  return bytes;
}

}  // namespace attache
