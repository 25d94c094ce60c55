#pragma once

#include <attache/fsio/root_directory.hpp>

#include "descriptor.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Opens things below a directory and nothing else, see RootDirectory. Errors are errno values; EXDEV: it leads
/// outside.
class Beneath {
 public:
  using Opened = tl::expected<Descriptor, int>;

  /// `real_path`: of the directory, without links; empty if unknown (then no absolute link is followed).
  Beneath(Descriptor directory, std::string real_path, PathResolution resolution);

  /// Opens `path` (native bytes, relative, not empty) with open() flags that create nothing; a link as the last
  /// component is followed.
  Opened open(std::string_view path, int flags) const;
  /// The directory `path` (empty: the top), for use in *at calls.
  Opened open_directory(std::string_view path) const;
  /// The same, missing directories of the path are created; those that a link's text names are not.
  Opened create_directories(std::string_view path) const;

  int descriptor() const { return directory_.get(); }
  /// Whether the kernel is asked first.
  bool uses_kernel() const { return uses_kernel_; }

 private:
  Descriptor directory_;
  std::string real_path_;
  bool uses_kernel_ = false;
};

/// One resolution, component by component.
class BeneathWalk {
 public:
  BeneathWalk(int top, const std::string& real_path, bool create) : top_(top), real_path_(real_path), create_(create) {}

  Beneath::Opened run(std::string_view path, int flags);

 private:
  int here() const { return current_ ? current_.get() : top_; }
  void push_components(std::string_view path);
  int enter(const std::string& name, bool may_create);
  int enter_directory(const std::string& name);
  int follow_link(const std::string& name);
  int leave();

  const int top_;
  const std::string& real_path_;
  const bool create_;
  std::vector<std::string> pending_;  ///< components still to do, the next one last
  std::size_t own_pending_ = 0;  ///< how many at the bottom of pending_ are of the path itself, not of a link's text
  std::vector<std::string> entered_;  ///< directories from the top to here, no links among them
  Descriptor current_;                ///< open on the last of entered_; none: here is the top
  int links_ = 0;
};

}  // namespace attache
