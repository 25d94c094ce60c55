#include <attache/fsio/host_path.hpp>

namespace attache {

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + name.size() + 1);
  join_path(path, directory, name);
  return path;
}

void join_path(std::string& path, std::string_view directory, std::string_view name) {
  path.assign(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
}

}  // namespace attache
