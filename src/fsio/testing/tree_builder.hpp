#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace attache {

/// Makes the files of a test: `TreeBuilder(dir).file("a/b", "x").symlink("a", "l").directory("empty")`. Names are
/// native bytes relative to the directory, parents are made, paths may be of any length. Any failure is a
/// std::runtime_error, which fails the test with a message.
class TreeBuilder {
 public:
  explicit TreeBuilder(std::string root);
  ~TreeBuilder();
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  TreeBuilder& file(std::string_view path, std::string_view content = {});
  /// The same with a modification time in nanoseconds since the epoch.
  TreeBuilder& file_at(std::string_view path, std::string_view content, std::int64_t mtime_ns);
  TreeBuilder& directory(std::string_view path);
  /// `path` becomes a link with the text `target`, as `ln -s target path`.
  TreeBuilder& symlink(std::string_view target, std::string_view path);
  TreeBuilder& fifo(std::string_view path);
  /// A bound Unix socket; `root` + `path` must be short (107 bytes).
  TreeBuilder& socket(std::string_view path);
  TreeBuilder& mode(std::string_view path, unsigned mode);

  const std::string& root() const { return root_; }

 private:
  std::string root_;
  int descriptor_;
};

}  // namespace attache
