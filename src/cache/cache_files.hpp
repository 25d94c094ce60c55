#pragma once

#include <attache/base/result.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace attache {

// What the caches ask of the file system. POSIX takes a process' locks on a file away when it closes any descriptor of
// it: nothing here ever opens a database file that may be in use.

/// Which file a path led to.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Makes `directory` and what is missing above it, mode 0700, and refuses one that other users could put files into:
/// one that belongs to another user (but root), or that all may write to (without the sticky bit).
Status prepare_cache_directory(const std::string& directory);

/// Makes an empty file of mode 0600 if there is none; takes other users' permissions off one that is there. Refused:
/// what is not a regular file, and a file of another user, who could have written any hash into it.
Status prepare_cache_file(const std::string& path);

/// The same for a file that is there, without changing it.
Status check_cache_file(const std::string& path);

/// That the directory is one, or is not there.
Status check_cache_directory(const std::string& directory);

/// Nothing if there is nothing, or if it cannot be seen.
std::optional<FileIdentity> identity_of(const std::string& path);

/// The right to open the databases of a directory, shared, or to give their names to other files, alone. Whoever opens
/// one finds its name leading to one file until it is open: in the middle of a set_aside() there would be none, or a
/// new file beside the old one's journal. A file system without such locks does without.
class DirectoryLock {
 public:
  enum class Kind { kShared, kExclusive };
  /// Waits.
  DirectoryLock(const std::string& directory, Kind kind);
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock();

 private:
  int descriptor_;
};

/// Renames a damaged database and what belongs to it (-wal, -shm, -journal) to names that are free, if `path` still
/// leads to `damaged`; of several processes that found it damaged, one does it. Takes the directory's lock. Returns the
/// new path; empty if another process has been faster.
Result<std::string> set_aside(const std::string& path, const FileIdentity& damaged);

/// Deletes a database that was set aside, and what belongs to it.
Status remove_database(const std::string& path);

}  // namespace attache
