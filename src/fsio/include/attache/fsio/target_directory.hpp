#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/fsio/open_file.hpp>
#include <attache/fsio/output_file.hpp>

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// An open directory below a RootDirectory, in which things are made, replaced and removed by their names: one system
/// call each, with no path to walk. A name is one component of native bytes without `/`, never `.` or `..`; that is
/// for the caller to see to. No link is followed, so nothing outside the directory is touched, wherever it is moved and
/// whatever takes its place. Errors are errno values, 0 for none. Move-only; closes itself; any number of threads may
/// use it.
class TargetDirectory {
 public:
  TargetDirectory(TargetDirectory&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  TargetDirectory& operator=(TargetDirectory&& other) noexcept;
  ~TargetDirectory();

  /// Of the directory itself.
  int status(FileStatus& out) const;
  /// Of the name itself: a link is kSymlink.
  int status(const char* name, FileStatus& out) const;
  /// Bytes on the disk that removing the name would give back: 0 if another name has them, too, or it is not there.
  std::uint64_t space_of(const char* name) const;
  /// A directory in this one. ENOTDIR or ELOOP: it is something else, perhaps a link.
  tl::expected<TargetDirectory, int> open_directory(const char* name) const;
  int make_directory(const char* name) const;
  /// Only if it is empty.
  int remove_directory(const char* name) const;
  /// The names in it, without `.` and `..`.
  tl::expected<std::vector<std::string>, int> names() const;

  /// A new file, with the mode that a new file has (0666 less the umask): to be read and written. EEXIST if the name is
  /// taken.
  tl::expected<OutputFile, int> create_file(const char* name) const;
  /// A file that a dead process has left, to go on with: EINVAL unless it is a regular file of this user that has no
  /// second name.
  tl::expected<OutputFile, int> reopen_file(const char* name) const;
  /// Never blocks on a FIFO.
  tl::expected<OpenFile, int> open_file(const char* name) const;
  int remove_file(const char* name) const;
  /// Sets the times of the name itself to now, for which it takes no owner: whoever may write into a file may.
  int touch(const char* name) const;
  /// Gives a file or link its final name, replacing a file or link that has it.
  int rename(const char* from, const char* to) const;
  /// The same unless the name is taken (EEXIST). EOPNOTSUPP: this file system can do that in no way.
  int rename_if_free(const char* from, const char* to) const;
  int make_link(const char* text, const char* name) const;
  int read_link(const char* name, std::string& text) const;

  /// Sets group and adds mode bits, of this directory.
  int set_group(std::uint32_t group) const;
  int add_mode(std::uint32_t bits) const;
  /// Bytes that this user may still write on its file system; UINT64_MAX if that is not known.
  std::uint64_t free_space() const;

 private:
  friend class RootDirectory;
  explicit TargetDirectory(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace attache
