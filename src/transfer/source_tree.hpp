#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/fsio/open_file.hpp>

#include <string>
#include <string_view>

namespace attache {

/// The files that a manifest was made of, for reading. Links are followed wherever they lead: a snapshot follows them
/// (the farm needs the content, not the link), and what is read is compared with the manifest's hash before anyone
/// sees it. Paths are native bytes, relative, followed by NUL, of any length. Nothing is allocated unless something is
/// wrong. Thread-safe.
class SourceTree {
 public:
  static Result<SourceTree> open(const std::string& path);

  /// What the path leads to. kNotFound if nothing is there, or a link dangles.
  Status status(std::string_view path, FileStatus& out) const;
  /// For reading. Never waits on a FIFO.
  Result<OpenFile> open_file(std::string_view path) const;

  /// As it was given.
  const std::string& path() const { return directory_.path(); }
  /// A path in full, for messages.
  std::string in_full(std::string_view path) const;

 private:
  explicit SourceTree(Directory directory) : directory_(std::move(directory)) {}
  Directory directory_;
};

}  // namespace attache
