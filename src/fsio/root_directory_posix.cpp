#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/fsio/system_error.hpp>

#include "beneath.hpp"
#include "directory_entries.hpp"
#include "platform.hpp"
#include "stat_posix.hpp"
#include "temporary_file_impl.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace attache {

struct RootDirectory::Impl {
  Impl(std::string opened_by, Beneath opened) : path(std::move(opened_by)), beneath(std::move(opened)) {}

  std::string path;
  Beneath beneath;

  std::string below(std::string_view relative) const { return join_path(path, relative); }

  Error error(std::string_view action, std::string_view relative, int error_number) const {
    if (error_number != EXDEV) return system_error(action, below(relative), error_number);
    return Error(ErrorCode::kOutsideRoot,
                 action_on(action, below(relative)) + ": a symbolic link in it leads outside " + quoted_path(path),
                 "remove that link, or choose another root");
  }
};

namespace {

// The path without links, if it still names the open directory.
std::string real_path_of(const std::string& path, int descriptor) {
  const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
  struct stat by_path {};
  struct stat by_descriptor {};
  if (!real || ::stat(real.get(), &by_path) != 0 || ::fstat(descriptor, &by_descriptor) != 0) return {};
  if (by_path.st_dev != by_descriptor.st_dev || by_path.st_ino != by_descriptor.st_ino) return {};
  return real.get();
}

Result<std::string> native(const RelativePath& path) {
  auto bytes = to_posix_bytes(path.text());
  if (!bytes) {
    return fail(ErrorCode::kInvalidArgument,
                "path '" + printable(path.text()) + "' cannot be a file name on this system: it holds a lone surrogate",
                "rename the file on the system it comes from, and make the manifest again");
  }
  return *std::move(bytes);
}

struct SplitPath {
  std::string_view parent;
  std::string_view name;
};

SplitPath split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

RootDirectory::RootDirectory(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RootDirectory::RootDirectory(RootDirectory&&) noexcept = default;
RootDirectory& RootDirectory::operator=(RootDirectory&&) noexcept = default;
RootDirectory::~RootDirectory() = default;

const std::string& RootDirectory::path() const {
  return impl_->path;
}

Result<RootDirectory> RootDirectory::open(const std::string& path, PathResolution resolution) {
  Descriptor descriptor(::open(path.c_str(), platform::lookup_flags() | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return fail(system_error("cannot open the directory", path, errno));
  std::string real_path = real_path_of(path, descriptor.get());
  return RootDirectory(std::make_unique<Impl>(path, Beneath(std::move(descriptor), std::move(real_path), resolution)));
}

Result<RootDirectory> RootDirectory::open_or_create(const std::string& path, PathResolution resolution) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  // The call also fails where a link to a directory is in the way: whether the directory is there is what counts.
  auto root = open(path, resolution);
  if (!root && error) return fail(system_error("cannot create the directory", path, error.value()));
  return root;
}

Result<std::optional<FileStatus>> RootDirectory::stat(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  const auto opened = impl_->beneath.open(bytes, platform::lookup_flags());
  if (!opened) {
    if (opened.error() == ENOENT || opened.error() == ENOTDIR) return std::nullopt;
    return fail(impl_->error("cannot read the status of", bytes, opened.error()));
  }
  FileStatus status;
  if (const int error = read_status(opened->get(), status); error != 0) {
    return fail(impl_->error("cannot read the status of", bytes, error));
  }
  return status;
}

Result<File> RootDirectory::open_for_reading(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  auto opened = impl_->beneath.open(bytes, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (opened) return File::adopt(opened->release(), impl_->below(bytes));
  if (opened.error() == ENXIO) return fail(File::cannot_open(impl_->below(bytes), ENXIO));
  return fail(impl_->error("cannot open", bytes, opened.error()));
}

Result<std::optional<std::vector<DirectoryEntry>>> RootDirectory::entries(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  const auto opened = impl_->beneath.open(bytes, O_RDONLY | O_DIRECTORY);
  if (!opened) {
    if (opened.error() == ENOENT) return std::nullopt;
    return fail(impl_->error("cannot read the directory", bytes, opened.error()));
  }
  ATTACHE_ASSIGN(auto entries, read_entries(opened->get(), impl_->below(bytes)));
  return entries;
}

Status RootDirectory::create_parents(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  const std::string_view parent = split(bytes).parent;
  if (parent.empty()) return {};
  if (const auto opened = impl_->beneath.create_directories(parent); !opened) {
    return fail(impl_->error("cannot create the directory", parent, opened.error()));
  }
  return {};
}

Result<TargetDirectory> RootDirectory::target() const {
  auto opened = impl_->beneath.open_directory({});
  if (!opened) return fail(system_error("cannot open the directory", impl_->path, opened.error()));
  return TargetDirectory(opened->release());
}

Result<std::optional<TargetDirectory>> RootDirectory::target(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  auto opened = impl_->beneath.open_directory(bytes);
  if (opened) return TargetDirectory(opened->release());
  if (opened.error() == ENOENT) return std::nullopt;
  if (opened.error() == ENOTDIR) {
    return fail(ErrorCode::kAlreadyExists,
                quoted_path(impl_->below(bytes)) + " is no directory, or something on the way to it is none",
                "move what is in the way, or choose another destination");
  }
  return fail(impl_->error("cannot open the directory", bytes, opened.error()));
}

Result<TemporaryFile> RootDirectory::create_temporary(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  const SplitPath parts = split(bytes);
  auto directory = impl_->beneath.open_directory(parts.parent);
  if (!directory) return fail(impl_->error("cannot write", bytes, directory.error()));
  ATTACHE_ASSIGN(auto impl, TemporaryFile::Impl::create(*std::move(directory),
                                                        parts.parent.empty() ? impl_->path : impl_->below(parts.parent),
                                                        std::string(parts.name)));
  return TemporaryFile(std::move(impl));
}

Status RootDirectory::remove_file(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path));
  const SplitPath parts = split(bytes);
  const auto directory = impl_->beneath.open_directory(parts.parent);
  if (!directory) {
    if (directory.error() == ENOENT || directory.error() == ENOTDIR) return {};
    return fail(impl_->error("cannot remove", bytes, directory.error()));
  }
  if (::unlinkat(directory->get(), std::string(parts.name).c_str(), 0) != 0 && errno != ENOENT) {
    return fail(impl_->error("cannot remove", bytes, errno));
  }
  return {};
}

}  // namespace attache
