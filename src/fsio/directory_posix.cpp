#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/system_error.hpp>

#include "descriptor.hpp"
#include "directory_entries.hpp"
#include "platform.hpp"
#include "stat_posix.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace attache {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// Below PATH_MAX, which counts the final NUL.
constexpr std::size_t kMaxPathBytes = 4095;

}  // namespace

Result<Directory> Directory::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), kDirectoryFlags);
  if (descriptor < 0) return fail(system_error("cannot open the directory", path, errno));
  return Directory(descriptor, path);
}

Directory& Directory::operator=(Directory&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

Directory::~Directory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string Directory::below(std::string_view name) const {
  std::string result = path_;
  if (result.empty() || result.back() != '/') result += '/';
  return result.append(name);
}

Result<Directory> Directory::open_directory(std::string_view relative) const {
  Descriptor passed;
  std::string_view rest = relative;
  while (rest.size() > kMaxPathBytes) {
    const std::size_t slash = rest.rfind('/', kMaxPathBytes);
    if (slash == std::string_view::npos || slash == 0) {
      return fail(system_error("cannot open the directory", below(relative), ENAMETOOLONG));
    }
    const std::string part(rest.substr(0, slash));
    const int from = passed ? passed.get() : descriptor_;
    Descriptor next(::openat(from, part.c_str(), platform::lookup_flags() | O_DIRECTORY | O_CLOEXEC));
    if (!next) return fail(system_error("cannot open the directory", below(relative), errno));
    passed = std::move(next);
    rest.remove_prefix(slash + 1);
  }
  const int from = passed ? passed.get() : descriptor_;
  const int descriptor = ::openat(from, rest.empty() ? "." : std::string(rest).c_str(), kDirectoryFlags);
  if (descriptor < 0) return fail(system_error("cannot open the directory", below(relative), errno));
  return Directory(descriptor, relative.empty() ? path_ : below(relative));
}

Result<File> Directory::open_for_reading(const std::string& name) const {
  return File::open_at(descriptor_, name.c_str(), below(name));
}

Result<std::vector<ListedEntry>> Directory::entries() {
  return read_entries(descriptor_, path_);
}

Result<FileStatus> Directory::status() const {
  FileStatus status;
  if (const int error = read_status(descriptor_, status); error != 0) {
    return fail(system_error("cannot read the status of", path_, error));
  }
  return status;
}

Result<std::optional<FileStatus>> Directory::status(const std::string& name) const {
  struct stat status {};
  if (::fstatat(descriptor_, name.c_str(), &status, 0) == 0) return to_file_status(status);
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::nullopt;
  return fail(system_error("cannot read the status of", below(name), errno));
}

Result<std::vector<ListedEntry>> read_entries(int descriptor, const std::string& path) {
  const auto failed = [&](int error) { return fail(system_error("cannot read the directory", path, error)); };
  // fdopendir takes the descriptor it is given; a duplicate shares the position, hence the rewind.
  Descriptor duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!duplicate) return failed(errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(duplicate.get()), ::closedir);
  if (!stream) return failed(errno);
  static_cast<void>(duplicate.release());
  ::rewinddir(stream.get());

  std::vector<ListedEntry> entries;
  for (;;) {
    errno = 0;
    const struct dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name == "." || name == "..") continue;
    FileKind kind = FileKind::kOther;
    switch (entry->d_type) {
      case DT_REG:
        kind = FileKind::kRegular;
        break;
      case DT_DIR:
        kind = FileKind::kDirectory;
        break;
      case DT_LNK:
        kind = FileKind::kSymlink;
        break;
      case DT_UNKNOWN: {  // some network and older file systems do not say
        struct stat status {};
        if (::fstatat(descriptor, std::string(name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
          if (errno == ENOENT) continue;  // removed meanwhile
          return failed(errno);
        }
        kind = to_file_status(status).kind;
        break;
      }
      default:
        break;
    }
    entries.push_back({std::string(name), kind});
  }
  if (errno != 0) return failed(errno);
  return entries;
}

}  // namespace attache
