#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/name_list.hpp>
#include <attache/fsio/open_file.hpp>

#include <tl/expected.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

struct DirectoryEntry {
  std::string name;  ///< native bytes
  FileKind kind;     ///< of the name itself: a link is kSymlink
};

/// Whether a symbolic link as the last component of a path is followed.
enum class Links { kFollow, kNoFollow };

/// An open directory, for walks that only read: everything is reached relative to its descriptor, so that paths longer
/// than the system's limit (4,096 bytes on Linux) work. Names and paths are native bytes; links are followed unless
/// said otherwise, also out of the directory (use RootDirectory where that must not be). Move-only; all methods but
/// entries() and list() may be called from any number of threads at a time.
class Directory {
 public:
  static Result<Directory> open(const std::string& path);

  Directory(Directory&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  Directory& operator=(Directory&& other) noexcept;
  ~Directory();

  /// A directory below this one; `relative` may have any number of components and any length.
  Result<Directory> open_directory(std::string_view relative, Links links = Links::kFollow) const;
  /// A regular file in this directory, opened as by File::open_for_reading.
  Result<File> open_for_reading(const std::string& name) const;

  /// All names but `.` and `..`, in the file system's order. One call at a time.
  Result<std::vector<DirectoryEntry>> entries();
  /// The same at the end of `names`. `go_on` is asked every few thousand names; false ends it (kCancelled).
  Status list(NameList& names, const std::function<bool()>& go_on = {}) const;

  /// Of the directory itself.
  Result<FileStatus> status() const;
  /// What `name` leads to, links followed; nothing if there is nothing, if a link dangles or leads in a circle.
  Result<std::optional<FileStatus>> status(const std::string& name) const;

  // For what is done for every file of a large tree: no text is made, and errors are errno values (0 for none).

  int status(const char* name, Links links, FileStatus& out) const;
  /// For reading. Never blocks on a FIFO; ELOOP for a link that is not followed.
  tl::expected<OpenFile, int> open_file(const char* name, Links links) const;
  /// The text of a symbolic link.
  int read_link(const char* name, std::string& target) const;
  /// Where this directory, or an open file, lies now: absolute, without links. Empty if the system cannot say, or if it
  /// is nowhere any more.
  std::string real_path() const;
  /// The same of what `name` leads to.
  std::string real_path_of(const char* name) const;

  const std::string& path() const { return path_; }  ///< for messages
  int descriptor() const { return descriptor_; }     ///< stays owned

 private:
  Directory(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  std::string below(std::string_view name) const;

  int descriptor_ = -1;
  std::string path_;
};

}  // namespace attache
