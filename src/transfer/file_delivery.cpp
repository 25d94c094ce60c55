#include "file_delivery.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/paths/conflict_names.hpp>

#include "content_check.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

namespace attache {

std::string FileDelivery::temporary_name() {
  // Counted, not random: 16 digits of the run make it unique, and random bytes would be a system call for each file.
  return fmt::format(".attache-{}-{:x}.tmp", journal_.run(), next_.fetch_add(1, std::memory_order_relaxed));
}

Result<NewFile> FileDelivery::create(const PlannedDownloadFile& file) {
  for (int tries = 0;; ++tries) {
    ATTACHE_ASSIGN(DestinationTree::Handle directory, tree_.make(file.directory));
    journal_.note_directory(file.directory);
    std::string name = temporary_name();
    auto made = directory->create_file(name.c_str());
    if (made) return NewFile(std::move(directory), std::move(name), *std::move(made));
    // Somebody removed the directory that was open: once more, by its path.
    if (made.error() != ENOENT || tries == 2) return fail(write_error(file, made.error()));
    tree_.forget(file.directory);
  }
}

Result<FileDelivery::Published> FileDelivery::publish(const PlannedDownloadFile& file, NewFile& made) {
  OutputFile& output = made.file();
  const DownloadPermissions& permissions = options_.permissions;
  if (permissions.group) {
    // Before the mode: a change of the group clears bits of it.
    if (const int error = output.set_group(*permissions.group); error != 0) {
      return fail(tree_.error("cannot set the group of", file.directory, file.name, error));
    }
  }
  if (file.is_runnable || permissions.file_mode != 0) {
    FileStatus status;
    int error = output.status(status);
    if (error == 0) {
      const std::uint32_t mode = file.is_runnable ? runnable_mode(status.mode) : status.mode;
      error = output.set_mode(mode | permissions.file_mode);
    }
    if (error != 0) return fail(tree_.error("cannot set the mode of", file.directory, file.name, error));
  }
  if (const int error = output.set_mtime_us(file.mtime_us); error != 0) {
    return fail(tree_.error("cannot set the modification time of", file.directory, file.name, error));
  }
  // Its error may be the first sign of a full disk on a network file system.
  if (const int error = output.close(); error != 0) return fail(write_error(file, error));
  ATTACHE_ASSIGN(Published published, give_name(made.directory(), file.directory, file.name, made.name()));
  if (published.is_made()) made.release();
  // Another download of the same was faster, mostly.
  FileStatus there;
  if (published.outcome == DownloadOutcome::kDiffers && !options_.verify &&
      made.directory().status(file.name.c_str(), there) == 0 && looks_like(there, plan_, file)) {
    published.outcome = DownloadOutcome::kPresent;
  }
  return published;
}

Result<FileDelivery::Published> FileDelivery::give_name(const TargetDirectory& directory, std::uint32_t index,
                                                        const std::string& name, const std::string& temporary) {
  const auto cannot = [&](const std::string& as, int error) {
    if (error == EOPNOTSUPP) {
      return fail(ErrorCode::kUnsupported,
                  "cannot write '" + tree_.shown(index, as) +
                      "': this file system can neither rename without replacing nor make hard links",
                  "choose to overwrite existing files, or a destination on another file system");
    }
    if (error == EISDIR) {
      return fail(ErrorCode::kAlreadyExists, "'" + tree_.shown(index, as) + "' is in the way: it is a directory",
                  "move it away, or download into another directory");
    }
    if (error == ENAMETOOLONG && as != name) {
      return fail(ErrorCode::kInvalidArgument,
                  "cannot write '" + tree_.shown(index, as) + "': the name is taken, and that of a copy is too long",
                  "choose to keep or to overwrite existing files, or another destination");
    }
    return fail(tree_.error("cannot write", index, as, error));
  };
  if (options_.conflict == ConflictResolution::kOverwrite) {
    if (const int error = directory.rename(temporary.c_str(), name.c_str()); error != 0) return cannot(name, error);
    return Published{DownloadOutcome::kDownloaded, plan_.path_of(index, name)};
  }
  // The rename itself decides whether a name is free: no placeholder, and no moment in which two could take it.
  int error = directory.rename_if_free(temporary.c_str(), name.c_str());
  if (error == 0) return Published{DownloadOutcome::kDownloaded, plan_.path_of(index, name)};
  if (error != EEXIST) return cannot(name, error);
  if (options_.conflict == ConflictResolution::kSkip) {
    return Published{DownloadOutcome::kDiffers, plan_.path_of(index, name)};  // it appeared while the content came
  }
  for (std::uint64_t n = 1;; ++n) {
    const std::string copy = copy_name(from_posix_bytes(name), n);
    const std::string bytes = to_posix_bytes(copy).value_or(copy);
    FileStatus status;
    // Looked at first, so that the journal has only names that were free.
    if (directory.status(bytes.c_str(), status) == 0) continue;
    journal_.note_copy(index, name, bytes);
    error = directory.rename_if_free(temporary.c_str(), bytes.c_str());
    if (error == 0) return Published{DownloadOutcome::kCopied, plan_.path_of(index, bytes)};
    if (error != EEXIST) return cannot(bytes, error);
  }
}

}  // namespace attache
