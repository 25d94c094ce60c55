#pragma once

#include <cstdint>

namespace attache {

enum class FileKind { kRegular, kDirectory, kSymlink, kOther };

/// The part of stat that Attache uses. Times are nanoseconds since the epoch, negative before it.
struct FileStatus {
  FileKind kind = FileKind::kOther;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t mode = 0;  ///< permission bits

  /// As manifests hold it: floor(mtime_ns / 1000).
  std::int64_t mtime_us() const;
  /// False if content may have changed between the two: size, mtime, ctime, inode or device differ.
  bool same_version_as(const FileStatus& other) const;
};

}  // namespace attache
