#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace attache {

/// A file that appears under its final name only when it is complete. Written beside the target as a dot file
/// (`.attache-<random>.tmp`), mode 0600 until published. Destroyed unpublished, it removes itself. It holds its
/// directory open: it is published in that very directory, whatever happens to the path meanwhile. Move-only; one
/// thread at a time.
class TemporaryFile {
 public:
  /// One that can become `path` (host path, native bytes; links in the directory part are followed). The directory must
  /// exist. Below a root that must not be left, use RootDirectory::create_temporary.
  static Result<TemporaryFile> create(const std::string& path);

  TemporaryFile(TemporaryFile&&) noexcept;
  TemporaryFile& operator=(TemporaryFile&&) noexcept;
  ~TemporaryFile();

  /// Reserves space, so that a full disk shows before the bytes come; a file system without the call is no error.
  /// The file's size stays what was written.
  Status reserve(std::uint64_t size);
  /// Appends.
  Status write(std::span<const std::byte> data);
  /// Sets access and modification time on the descriptor, exactly `mtime_us` * 1000 ns. After the last write.
  Status set_mtime_us(std::int64_t mtime_us);
  /// fsync of the content.
  Status sync();

  enum class IfExists { kReplace, kFail };
  /// Gives the file the mode a new file would have (0666 less the umask) and its final name, in one rename. With kFail
  /// an existing name is kAlreadyExists (RENAME_NOREPLACE, or link + unlink where that is unknown) and the file stays
  /// temporary, so that another name can be tried; content and times are final from the first attempt on. A symbolic
  /// link under the final name is replaced, never followed. kUnsupported: a file system that can do neither for kFail.
  Status publish(IfExists if_exists);
  /// The same under another name (WTF-8, one component) in the same directory.
  Status publish_as(std::string_view name, IfExists if_exists);

 private:
  friend class RootDirectory;
  struct Impl;
  explicit TemporaryFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Is this the name of a TemporaryFile, which a killed process may have left behind?
bool is_temporary_file_name(std::string_view name);

/// Writes a whole file by temporary file, fsync and rename: after a power failure it is there whole or not at all. For
/// single documents, not for thousands of objects (a disk needs some milliseconds for each fsync).
Status write_file(const std::string& path, std::string_view content, TemporaryFile::IfExists if_exists);

}  // namespace attache
