#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/fsio/temporary_file.hpp>

#include "platform.hpp"
#include "stat_posix.hpp"
#include "temporary_file_impl.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace attache {

namespace {

Result<std::string> random_name() {
  std::uint64_t random = 0;
  if (::getentropy(&random, sizeof random) != 0) {
    return fail(system_error("cannot get random bytes from the system", errno));
  }
  return temporary_file_name(random);
}

// Read once: a library's user has no reason to change it while files are being written.
mode_t new_file_mode() {
  static const mode_t mode = 0666U & ~platform::current_umask();
  return mode;
}

}  // namespace

int rename_by_link(int directory, const char* from, const char* to) {
  if (::linkat(directory, from, directory, to, 0) != 0) return errno;
  return ::unlinkat(directory, from, 0) == 0 ? 0 : errno;
}

TemporaryFile::Impl::~Impl() {
  if (!temporary_name.empty()) ::unlinkat(directory.get(), temporary_name.c_str(), 0);
}

std::string TemporaryFile::Impl::path_of(const std::string& file_name) const {
  return directory_path.empty() || directory_path.back() == '/' ? directory_path + file_name
                                                                : directory_path + '/' + file_name;
}

Result<std::unique_ptr<TemporaryFile::Impl>> TemporaryFile::Impl::create(Descriptor directory,
                                                                         std::string directory_path, std::string name) {
  auto impl = std::make_unique<Impl>();
  impl->directory = std::move(directory);
  impl->directory_path = std::move(directory_path);
  impl->name = std::move(name);
  for (int attempt = 0;; ++attempt) {
    ATTACHE_ASSIGN(std::string candidate, random_name());
    impl->file = Descriptor(::openat(impl->directory.get(), candidate.c_str(),
                                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (impl->file) {
      impl->temporary_name = std::move(candidate);
      return impl;
    }
    // Two equal names of 64 random bits do not happen; a second attempt costs nothing, endless ones would hide a
    // defect.
    if (errno != EEXIST || attempt == 8) {
      return fail(system_error("cannot create a temporary file for", impl->path_of(impl->name), errno));
    }
  }
}

Status TemporaryFile::Impl::complete() {
  if (!file) return {};
  if (::fchmod(file.get(), new_file_mode()) != 0)
    return fail(system_error("cannot set the mode of", path_of(name), errno));
  // Not repeated after EINTR: Linux has closed the descriptor by then.
  if (::close(file.release()) != 0 && errno != EINTR) {
    return fail(system_error("cannot write", path_of(name), errno));
  }
  return {};
}

Status TemporaryFile::Impl::publish(const std::string& final_name, IfExists if_exists) {
  if (temporary_name.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                action_on("cannot publish", path_of(final_name)) + ": it was published before",
                "create a new temporary file");
  }
  ATTACHE_TRY(complete());
  int error = 0;
  if (if_exists == IfExists::kReplace) {
    error = ::renameat(directory.get(), temporary_name.c_str(), directory.get(), final_name.c_str()) == 0 ? 0 : errno;
  } else {
    error = platform::rename_no_replace(directory.get(), temporary_name.c_str(), final_name.c_str());
    if (error == EINVAL || error == ENOSYS || error == EOPNOTSUPP) {
      error = rename_by_link(directory.get(), temporary_name.c_str(), final_name.c_str());
      if (error == EPERM || error == ENOSYS || error == EOPNOTSUPP || error == EMLINK) {
        return fail(ErrorCode::kUnsupported,
                    action_on("cannot publish", path_of(final_name)) +
                        ": this file system can neither rename without replacing nor make hard links",
                    "choose to overwrite existing files, or a destination on another file system");
      }
    }
  }
  if (error == EEXIST) {
    return fail(ErrorCode::kAlreadyExists, quoted_path(path_of(final_name)) + " exists already",
                "move it away, or choose another name");
  }
  if (error != 0) return fail(system_error("cannot publish", path_of(final_name), error));
  temporary_name.clear();
  return {};
}

TemporaryFile::TemporaryFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TemporaryFile::TemporaryFile(TemporaryFile&&) noexcept = default;
TemporaryFile& TemporaryFile::operator=(TemporaryFile&&) noexcept = default;
TemporaryFile::~TemporaryFile() = default;

Result<TemporaryFile> TemporaryFile::create(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (name.empty() || name == "." || name == "..") {
    return fail(ErrorCode::kInvalidArgument, action_on("cannot write", path) + ": it does not end in a file name",
                "name the file to write");
  }
  Descriptor directory(::open(parent.c_str(), platform::lookup_flags() | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail(system_error("cannot write", path, errno));
  ATTACHE_ASSIGN(auto impl, Impl::create(std::move(directory), slash == std::string::npos ? "" : parent, name));
  return TemporaryFile(std::move(impl));
}

Status TemporaryFile::reserve(std::uint64_t size) {
  if (size == 0) return {};
  const int error = platform::reserve(impl_->file.get(), size);
  // Anything else only says that this file system cannot promise space.
  if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO) {
    return fail(
        system_error("cannot reserve " + std::to_string(size) + " bytes for", impl_->path_of(impl_->name), error));
  }
  return {};
}

Status TemporaryFile::write(std::span<const std::byte> data) {
  constexpr std::size_t kMaxTransfer = std::size_t{1} << 30U;
  while (!data.empty()) {
    const ssize_t count = ::write(impl_->file.get(), data.data(), std::min(data.size(), kMaxTransfer));
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(system_error("cannot write", impl_->path_of(impl_->name), errno));
    }
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status TemporaryFile::set_mtime_us(std::int64_t mtime_us) {
  if (const int error = set_times(impl_->file.get(), mtime_us); error != 0) {
    return fail(system_error("cannot set the modification time of", impl_->path_of(impl_->name), error));
  }
  return {};
}

Status TemporaryFile::sync() {
  int result = 0;
  do {
    result = ::fsync(impl_->file.get());
  } while (result != 0 && errno == EINTR);
  if (result != 0) return fail(system_error("cannot flush", impl_->path_of(impl_->name), errno));
  return {};
}

Status TemporaryFile::publish(IfExists if_exists) {
  return impl_->publish(impl_->name, if_exists);
}

Status TemporaryFile::publish_as(std::string_view name, IfExists if_exists) {
  const auto bytes = to_posix_bytes(name);
  if (!bytes || bytes->empty() || *bytes == "." || *bytes == ".." || bytes->find('/') != std::string::npos ||
      bytes->find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, quoted_path(name) + " cannot be a file name on this system",
                "choose another name");
  }
  return impl_->publish(*bytes, if_exists);
}

Status write_file(const std::string& path, std::string_view content, TemporaryFile::IfExists if_exists) {
  ATTACHE_ASSIGN(auto file, TemporaryFile::create(path));
  ATTACHE_TRY(file.write(std::as_bytes(std::span(content))));
  ATTACHE_TRY(file.sync());
  return file.publish(if_exists);
}

}  // namespace attache
