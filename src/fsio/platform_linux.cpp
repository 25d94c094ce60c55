#include "entry_kind_posix.hpp"
#include "platform.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>

namespace attache::platform {

// Not readdir: opening a stream costs a duplicate of the descriptor, an fstat, a seek and a buffer from the heap, 2 us
// a directory.
int list(int descriptor, NameList& names, const std::function<bool()>& go_on) {
  if (::lseek(descriptor, 0, SEEK_SET) < 0) return errno;
  alignas(struct dirent64) std::array<char, std::size_t{32} * 1024> buffer;  // a stack has room for it, and it for 500
  for (;;) {
    if (go_on && !go_on()) return ECANCELED;
    const auto filled = ::getdents64(descriptor, buffer.data(), buffer.size());
    if (filled <= 0) return filled == 0 ? 0 : errno;
    for (std::size_t at = 0; at < static_cast<std::size_t>(filled);) {
      const auto* entry = reinterpret_cast<const struct dirent64*>(buffer.data() + at);
      at += entry->d_reclen;
      const std::string_view name(static_cast<const char*>(entry->d_name));
      if (name != "." && name != "..") names.add(name, kind_of_entry(entry->d_type));
    }
  }
}

std::string path_of(int descriptor) {
  std::array<char, 4096> buffer{};
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto length = ::readlink(link.c_str(), buffer.data(), buffer.size());
  if (length <= 0 || static_cast<std::size_t>(length) == buffer.size()) return {};
  std::string path(buffer.data(), static_cast<std::size_t>(length));
  // "/a/b (deleted)", or a path that begins outside of this process's root
  if (path.front() != '/' || path.ends_with(" (deleted)")) return {};
  return path;
}

int lookup_flags() {
  return O_PATH;
}

std::optional<int> open_beneath(int directory, const char* path, int flags) {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long descriptor = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
  if (descriptor >= 0) return static_cast<int>(descriptor);
  if (errno == ENOSYS) return std::nullopt;  // before Linux 5.6, or a sandbox
  return -errno;
}

int rename_no_replace(int directory, const char* from, const char* to) {
  return ::renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

int reserve(int descriptor, std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return EFBIG;
  // In memory there is nothing to lay out, and every page would be filled with zeros at once: 0.4 s for a GiB, which
  // nothing can end, and half of that again to give it back. So only what cannot be is refused.
  struct statfs info {};
  if (::fstatfs(descriptor, &info) == 0 && info.f_type == TMPFS_MAGIC) {
    const bool is_limited = info.f_blocks != 0;
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return errno;
    const std::uint64_t has = static_cast<std::uint64_t>(status.st_blocks) * 512;
    const std::uint64_t missing = size - std::min(size, has);
    return is_limited && missing / static_cast<std::uint64_t>(info.f_bsize) > info.f_bavail ? ENOSPC : EOPNOTSUPP;
  }
  int result = 0;
  do {
    result = ::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0 ? 0 : errno;
  } while (result == EINTR);
  return result;
}

int clone(int from, int to) {
  return ::ioctl(to, FICLONE, from) == 0 ? 0 : errno;
}

int sync_file_system(int descriptor) {
  return ::syncfs(descriptor) == 0 ? 0 : errno;
}

// A process ends only when none of its threads is in such a call any more, so Ctrl-C would have to wait for the disk.
// The child does nothing but system calls: it is a copy of one thread of many. No exit signal (the first argument), so
// that a host's handler of SIGCHLD is not called, and no descriptor but its own, so that nobody waits for the end of a
// pipe that it holds.
int sync_file_system_apart(int descriptor) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, 0UL, nullptr, nullptr, nullptr, 0UL));
  if (child == 0) {
    const auto own = static_cast<unsigned>(descriptor);
    if (own > 0) ::syscall(SYS_close_range, 0U, own - 1, 0U);
    ::syscall(SYS_close_range, own + 1, ~0U, 0U);
    const long result = ::syscall(SYS_syncfs, descriptor);
    ::_exit(result == 0 ? 0 : errno);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return sync_file_system(descriptor);
  int status = 0;
  pid_t ended = 0;
  do ended = ::waitpid(child, &status, __WALL);
  while (ended < 0 && errno == EINTR);
  // Somebody else has killed it, or waited for all children: then nothing is known.
  if (ended != child || !WIFEXITED(status)) return sync_file_system(descriptor);
  return WEXITSTATUS(status);
}

mode_t current_umask() {
  // umask() can only be read by setting it, which another thread could see; /proc shows it (Linux 4.7).
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    unsigned value = 0;
    if (std::sscanf(line.c_str(), "Umask: %o", &value) == 1) return static_cast<mode_t>(value);
  }
  const mode_t value = ::umask(077);  // no /proc: what another thread creates meanwhile is too strict, not too open
  ::umask(value);
  return value;
}

}  // namespace attache::platform
