#include "source_tree.hpp"

#include <attache/base/text.hpp>

namespace attache {

namespace {

/// A name has at most 255 bytes, so a path of this length has a directory. One system call takes a path of up to 4,096
/// bytes on Linux (1,024 on macOS); longer ones are reached through the directory they are in.
constexpr std::size_t kDirectLimit = 1000;

Result<std::string> native(std::string_view text) {
  if (auto bytes = to_posix_bytes(text)) return *std::move(bytes);
  return fail(ErrorCode::kInvalidArgument, "path '" + printable(text) + "' cannot be the name of a file on this system",
              "the manifest was made on another system; take a snapshot here");
}

}  // namespace

Result<SourceTree> SourceTree::open(const std::string& path) {
  ATTACHE_ASSIGN(Directory directory, Directory::open(path));
  return SourceTree(std::move(directory));
}

Result<std::optional<FileStatus>> SourceTree::status(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path.text()));
  if (bytes.size() < kDirectLimit) return directory_.status(bytes);
  ATTACHE_ASSIGN(const std::string parent, native(path.parent()));
  ATTACHE_ASSIGN(const std::string name, native(path.name()));
  const auto directory = directory_.open_directory(parent);
  if (!directory && directory.error().code() == ErrorCode::kNotFound) return std::nullopt;
  if (!directory) return fail(directory.error());
  return directory->status(name);
}

Result<File> SourceTree::open_for_reading(const RelativePath& path) const {
  ATTACHE_ASSIGN(const std::string bytes, native(path.text()));
  if (bytes.size() < kDirectLimit) return directory_.open_for_reading(bytes);
  ATTACHE_ASSIGN(const std::string parent, native(path.parent()));
  ATTACHE_ASSIGN(const std::string name, native(path.name()));
  ATTACHE_ASSIGN(const Directory directory, directory_.open_directory(parent));
  return directory.open_for_reading(name);
}

}  // namespace attache
