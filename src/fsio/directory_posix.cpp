#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>

#include "descriptor.hpp"
#include "directory_entries.hpp"
#include "platform.hpp"
#include "stat_posix.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
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
  return join_path(path_, name);
}

Result<Directory> Directory::open_directory(std::string_view relative, Links links) const {
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
  const int flags = kDirectoryFlags | (links == Links::kNoFollow ? O_NOFOLLOW : 0);
  const int descriptor = ::openat(from, rest.empty() ? "." : std::string(rest).c_str(), flags);
  if (descriptor < 0) return fail(system_error("cannot open the directory", below(relative), errno));
  return Directory(descriptor, relative.empty() ? path_ : below(relative));
}

Result<File> Directory::open_for_reading(const std::string& name) const {
  return File::open_at(descriptor_, name.c_str(), below(name));
}

Result<std::vector<DirectoryEntry>> Directory::entries() {
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

int Directory::status(const char* name, Links links, FileStatus& out) const {
  struct stat status {};
  if (::fstatat(descriptor_, name, &status, links == Links::kNoFollow ? AT_SYMLINK_NOFOLLOW : 0) != 0) return errno;
  out = to_file_status(status);
  return 0;
}

tl::expected<OpenFile, int> Directory::open_file(const char* name, Links links) const {
  // O_NONBLOCK as in File::open_at. Not O_NOATIME: it is refused for files of other users, and relatime makes it moot.
  const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (links == Links::kNoFollow ? O_NOFOLLOW : 0);
  const int descriptor = ::openat(descriptor_, name, flags);
  if (descriptor < 0) return tl::unexpected(errno);
  return OpenFile(descriptor);
}

int Directory::read_link(const char* name, std::string& target) const {
  std::array<char, 4096> buffer{};  // the longest text that a link can have on Linux
  const ::ssize_t length = ::readlinkat(descriptor_, name, buffer.data(), buffer.size());
  if (length < 0) return errno;
  target.assign(buffer.data(), static_cast<std::size_t>(length));
  return 0;
}

std::string Directory::real_path() const {
  return platform::path_of(descriptor_);
}

std::string Directory::real_path_of(const char* name) const {
  const Descriptor target(::openat(descriptor_, name, platform::lookup_flags() | O_CLOEXEC));
  return target ? platform::path_of(target.get()) : std::string();
}

Status Directory::list(NameList& names, const std::function<bool()>& go_on) const {
  return read_names(descriptor_, path_, names, go_on);
}

Status read_names(int descriptor, const std::string& path, NameList& names, const std::function<bool()>& go_on) {
  const auto failed = [&](int error) { return fail(system_error("cannot read the directory", path, error)); };
  const std::size_t first = names.size();
  if (const int error = platform::list(descriptor, names, go_on); error != 0) {
    return error == ECANCELED ? cancelled() : failed(error);
  }
  for (std::size_t i = first; i < names.size(); ++i) {
    if (names.kind(i) != platform::kUnknownKind) continue;  // some network and older file systems do not say
    struct stat status {};
    if (::fstatat(descriptor, names.name(i).data(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
      names.set_kind(i, to_file_status(status).kind);
    } else if (errno == ENOENT) {
      names.set_kind(i, FileKind::kRegular);  // removed meanwhile: whoever opens it finds that out
    } else {
      return failed(errno);
    }
  }
  return {};
}

Result<std::vector<DirectoryEntry>> read_entries(int descriptor, const std::string& path) {
  NameList names;
  ATTACHE_TRY(read_names(descriptor, path, names, {}));
  std::vector<DirectoryEntry> entries;
  entries.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) entries.push_back({std::string(names.name(i)), names.kind(i)});
  return entries;
}

}  // namespace attache
