#pragma once

#include <attache/base/relative_path.hpp>
#include <attache/base/result.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/target_directory.hpp>
#include <attache/fsio/temporary_file.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace attache {

/// How paths are resolved; both give the same answers.
enum class PathResolution {
  kFastest,  ///< by the kernel in one call (openat2) where it can, otherwise as kWalk
  kWalk,     ///< component by component
};

/// A directory that bounds everything done through it: whatever a path or a racing symbolic link says, nothing outside
/// is opened, created, changed or removed. Links that exist below the root and stay below it are followed, as a user
/// who linked a directory to another place *inside the root* expects; a link that leaves is kOutsideRoot, also if it
/// would come back.
///
/// Each operation walks from the root's descriptor with openat2(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS) where the
/// kernel has it, otherwise component by component with O_NOFOLLOW and its own link resolution. Both resolve the same
/// way: relative links are followed, and absolute links whose text starts with the root's real path. At most 40 links
/// in one path. Paths may be longer than the system's limit. Thread-safe.
class RootDirectory {
 public:
  /// Opens an existing directory; `path` is a host path (native bytes), links in it are followed.
  static Result<RootDirectory> open(const std::string& path, PathResolution resolution = PathResolution::kFastest);
  /// The same; the directory and its parents are created if missing.
  static Result<RootDirectory> open_or_create(const std::string& path,
                                              PathResolution resolution = PathResolution::kFastest);

  RootDirectory(RootDirectory&&) noexcept;
  RootDirectory& operator=(RootDirectory&&) noexcept;
  ~RootDirectory();

  /// The path it was opened by, for messages.
  const std::string& path() const;

  /// What the path leads to, links followed; nothing if nothing is there (also for a dangling link, and where a
  /// component of the path is a file).
  Result<std::optional<FileStatus>> stat(const RelativePath& path) const;

  /// As File::open_for_reading.
  Result<File> open_for_reading(const RelativePath& path) const;

  /// The names in a directory (native bytes), as Directory::entries; nothing if it does not exist.
  Result<std::optional<std::vector<DirectoryEntry>>> entries(const RelativePath& path) const;

  /// Creates the directories above `path` (mode 0777 less the umask). A component that is a file, or a link that leads
  /// nowhere, is an error.
  Status create_parents(const RelativePath& path) const;

  /// The root itself, to make things in.
  Result<TargetDirectory> target() const;
  /// A directory below it, links that stay inside followed; nothing if nothing is there. kAlreadyExists if it, or a
  /// component of the path, is something else than a directory.
  Result<std::optional<TargetDirectory>> target(const RelativePath& path) const;

  /// A temporary file that can become `path` (whose directory must exist), see TemporaryFile.
  Result<TemporaryFile> create_temporary(const RelativePath& path) const;

  /// Removes a file or link (not what it leads to); succeeds if it is absent.
  Status remove_file(const RelativePath& path) const;

 private:
  struct Impl;
  explicit RootDirectory(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
