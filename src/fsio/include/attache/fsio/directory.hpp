#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

struct ListedEntry {
  std::string name;  ///< native bytes
  FileKind kind;     ///< of the name itself: a link is kSymlink
};

/// An open directory, for walks that only read: everything is reached relative to its descriptor, so that paths longer
/// than the system's limit (4,096 bytes on Linux) work. Names and paths are native bytes; links are followed unless
/// said otherwise, also out of the directory (use RootDirectory where that must not be). Move-only; all methods but
/// entries() may be called from any number of threads at a time.
class Directory {
 public:
  static Result<Directory> open(const std::string& path);

  Directory(Directory&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  Directory& operator=(Directory&& other) noexcept;
  ~Directory();

  /// A directory below this one; `relative` may have any number of components and any length.
  Result<Directory> open_directory(std::string_view relative) const;
  /// A regular file in this directory, opened as by File::open_for_reading.
  Result<File> open_for_reading(const std::string& name) const;

  /// All names but `.` and `..`, in the file system's order. One call at a time.
  Result<std::vector<ListedEntry>> entries();

  /// Of the directory itself.
  Result<FileStatus> status() const;
  /// What `name` leads to, links followed; nothing if there is nothing, if a link dangles or leads in a circle.
  Result<std::optional<FileStatus>> status(const std::string& name) const;

  const std::string& path() const { return path_; }  ///< for messages
  int descriptor() const { return descriptor_; }     ///< stays owned

 private:
  Directory(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  std::string below(std::string_view name) const;

  int descriptor_ = -1;
  std::string path_;
};

}  // namespace attache
