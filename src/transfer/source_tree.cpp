#include "source_tree.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>

namespace attache {

namespace {

/// A name has at most 255 bytes, so a path of this length has a directory. One system call takes a path of up to 4,096
/// bytes on Linux (1,024 on macOS); longer ones are reached through the directory they are in.
constexpr std::size_t kDirectLimit = 1000;

struct Split {
  std::string_view parent;
  std::string name;
};

Split split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return {path.substr(0, slash), std::string(path.substr(slash + 1))};
}

}  // namespace

Result<SourceTree> SourceTree::open(const std::string& path) {
  ATTACHE_ASSIGN(Directory directory, Directory::open(path));
  return SourceTree(std::move(directory));
}

std::string SourceTree::in_full(std::string_view path) const {
  return join_path(directory_.path(), path);
}

Status SourceTree::status(std::string_view path, FileStatus& out) const {
  int error = 0;
  if (path.size() < kDirectLimit) {
    error = directory_.status(path.data(), Links::kFollow, out);
  } else {
    const Split parts = split(path);
    ATTACHE_ASSIGN(const Directory parent, directory_.open_directory(parts.parent));
    error = parent.status(parts.name.c_str(), Links::kFollow, out);
  }
  if (error == 0) return {};
  return fail(system_error("cannot read the status of", in_full(path), error));
}

Result<OpenFile> SourceTree::open_file(std::string_view path) const {
  const auto open_in = [&](const Directory& directory, const char* name) -> Result<OpenFile> {
    tl::expected<OpenFile, int> file = directory.open_file(name, Links::kFollow);
    if (file) return *std::move(file);
    return fail(system_error("cannot open", in_full(path), file.error()));
  };
  if (path.size() < kDirectLimit) return open_in(directory_, path.data());
  const Split parts = split(path);
  ATTACHE_ASSIGN(const Directory parent, directory_.open_directory(parts.parent));
  return open_in(parent, parts.name.c_str());
}

}  // namespace attache
