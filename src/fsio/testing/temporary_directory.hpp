#pragma once

#include <string>
#include <string_view>

namespace attache {

/// An empty directory below $TMPDIR, else below /dev/shm if that has a gigabyte to give, else below /tmp. Removed with
/// all it holds at the end (also what is nested deeper than a path can say, or lacks permissions). Aborts the test
/// program if it cannot be made.
class TemporaryDirectory {
 public:
  enum class Where {
    kAny,
    kDisk,  ///< not below /dev/shm: for what a file system in memory does not do
  };

  explicit TemporaryDirectory(Where where = Where::kAny);
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();

  /// Absolute, links resolved.
  const std::string& path() const { return path_; }
  /// `path()/name`.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace attache
