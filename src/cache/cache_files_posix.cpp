#include <attache/fsio/system_error.hpp>

#include "cache_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>

namespace attache {

namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kOthers = 0077;

Status make_directories(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return fail(system_error("cannot make", path, errno));
  const std::size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
  if (slash == std::string::npos || slash == 0) return fail(system_error("cannot make", path, ENOENT));
  ATTACHE_TRY(make_directories(path.substr(0, slash)));
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return fail(system_error("cannot make", path, errno));
}

Error foreign(const std::string& path, uid_t owner) {
  return {ErrorCode::kPermissionDenied,
          quoted_path(path) + " belongs to another user (" + std::to_string(owner) +
              "), who could put wrong hashes into it",
          "use a cache directory of your own (--cache-dir)"};
}

Status check(const std::string& path, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kAlreadyExists, quoted_path(path) + " is not a regular file",
                "move it away, or use another cache directory (--cache-dir)");
  }
  if (status.st_uid != ::geteuid()) return fail(foreign(path, status.st_uid));
  return {};
}

std::string random_suffix() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::random_device random;
  std::string suffix;
  for (int i = 0; i < 8; ++i) suffix += kLetters[random() % kLetters.size()];
  return suffix;
}

}  // namespace

DirectoryLock::DirectoryLock(const std::string& directory, Kind kind)
    : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) return;
  while (::flock(descriptor_, kind == Kind::kShared ? LOCK_SH : LOCK_EX) != 0 && errno == EINTR) {
  }
}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status prepare_cache_directory(const std::string& directory) {
  ATTACHE_TRY(make_directories(directory));
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return fail(system_error("cannot use", directory, errno));
  if (!S_ISDIR(status.st_mode)) return fail(system_error("cannot use", directory, ENOTDIR));
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return fail(foreign(directory, status.st_uid));
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return fail(ErrorCode::kPermissionDenied,
                "every user may write to " + quoted_path(directory) + ", and could put wrong hashes into it",
                "take that permission away (chmod o-w), or use another cache directory (--cache-dir)");
  }
  return {};
}

Status prepare_cache_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return fail(system_error("cannot use", path, errno));
    // O_EXCL: whoever sees a file here did not make it, and does not open it this way.
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
    if (made < 0 && errno != EEXIST) return fail(system_error("cannot make", path, errno));
    if (made >= 0) ::close(made);
    if (::stat(path.c_str(), &status) != 0) return fail(system_error("cannot use", path, errno));
  }
  ATTACHE_TRY(check(path, status));
  // Files of the incumbent have the umask's mode. -wal and -shm get the database's mode from SQLite. That a file system
  // knows no modes is no reason to do without the cache.
  if ((status.st_mode & kOthers) != 0) static_cast<void>(::chmod(path.c_str(), status.st_mode & ~kOthers & 07777U));
  return {};
}

Status check_cache_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail(system_error("cannot use", path, errno));
  return check(path, status);
}

Status check_cache_directory(const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return fail(system_error("cannot use", directory, errno));
  }
  if (!S_ISDIR(status.st_mode)) return fail(system_error("cannot use", directory, ENOTDIR));
  return {};
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<std::string> set_aside(const std::string& path, const FileIdentity& damaged) {
  const std::size_t slash = path.rfind('/');
  const DirectoryLock lock(slash == std::string::npos ? "." : path.substr(0, slash + 1),
                           DirectoryLock::Kind::kExclusive);
  if (identity_of(path) != damaged) return std::string();
  std::string aside;
  do {
    aside = path + ".corrupt-" + random_suffix();
  } while (identity_of(aside));
  // What belongs to the database goes first: a new one must not find the old one's log.
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    if (std::rename((path + suffix).c_str(), (aside + suffix).c_str()) != 0 && errno != ENOENT) {
      return fail(system_error("cannot move away the damaged", path + suffix, errno));
    }
  }
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return fail(system_error("cannot move away the damaged", path, errno));
  }
  return aside;
}

Status remove_database(const std::string& path) {
  for (const char* suffix : {"-wal", "-shm", "-journal", ""}) {
    if (::unlink((path + suffix).c_str()) != 0 && errno != ENOENT) {
      return fail(system_error("cannot remove", path + suffix, errno));
    }
  }
  return {};
}

}  // namespace attache
