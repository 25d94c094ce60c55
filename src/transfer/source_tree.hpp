#pragma once

#include <attache/base/relative_path.hpp>
#include <attache/base/result.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/file.hpp>

#include <optional>
#include <string>

namespace attache {

/// The files that a manifest was made of, for reading. Links are followed wherever they lead: a snapshot follows them
/// (the farm needs the content, not the link), and what is read is compared with the manifest's hash before anyone
/// sees it. Any path length. Thread-safe.
class SourceTree {
 public:
  static Result<SourceTree> open(const std::string& path);

  /// What is there; nothing if nothing is, or a link dangles.
  Result<std::optional<FileStatus>> status(const RelativePath& path) const;
  Result<File> open_for_reading(const RelativePath& path) const;

  const std::string& path() const { return directory_.path(); }

 private:
  explicit SourceTree(Directory directory) : directory_(std::move(directory)) {}
  Directory directory_;
};

}  // namespace attache
