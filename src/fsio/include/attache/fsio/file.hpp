#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/fsio/open_file.hpp>
#include <attache/fsio/temporary_file.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

namespace attache {

/// An open file. Move-only; closes itself. Methods may be called from any thread, one at a time.
class File {
 public:
  /// Host path, links followed. Never blocks on a FIFO and never becomes a controlling terminal; anything but a regular
  /// file is kInvalidArgument.
  static Result<File> open_for_reading(const std::string& path);

  File(File&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        path_(std::move(other.path_)),
        opened_status_(other.opened_status_) {}
  File& operator=(File&& other) noexcept;
  ~File();

  /// Read when it was opened: no system call.
  const FileStatus& opened_status() const { return opened_status_; }
  /// Now.
  Result<FileStatus> status() const;
  /// Reads at the file's position; fills the buffer except at the end of the file, where it gives less, then 0.
  Result<std::size_t> read(std::span<std::byte> buffer);
  /// The same at `offset`; the file's position stays.
  Result<std::size_t> read_at(std::span<std::byte> buffer, std::uint64_t offset) const;
  /// Gives the descriptor to an OpenFile; this one is closed afterwards.
  OpenFile without_path() && { return OpenFile(std::exchange(descriptor_, -1)); }
  const std::string& path() const { return path_; }  ///< for messages
  int descriptor() const { return descriptor_; }     ///< for system calls of this module's neighbours; stays owned

 private:
  friend class RootDirectory;
  friend class Directory;
  File(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  static Result<File> open_at(int directory, const char* name, std::string path);
  static Error cannot_open(const std::string& path, int error_number);
  /// Takes the descriptor; the error if it is not open on a regular file.
  static Result<File> adopt(int descriptor, std::string path);

  int descriptor_ = -1;
  std::string path_;
  FileStatus opened_status_;
};

/// Reads a whole file; kInvalidArgument with the limit in the message if it is larger.
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes);

/// Flushes the file system that holds the open directory or file at `path`: everything written to it before is durable.
/// No system can be told to give that up, and it takes as long as the disk needs for what everybody has written. So it
/// is done by a thread of its own: kCancelled as soon as `stop` fires, and the thread ends with what the system does.
/// This process may end before.
Status sync_file_system(const std::string& path, const std::stop_token& stop = {});

/// Bytes that an unprivileged process may still write on the file system of `path`.
Result<std::uint64_t> free_space(const std::string& path);

}  // namespace attache
