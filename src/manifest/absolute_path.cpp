#include "absolute_path.hpp"

#include <algorithm>

namespace attache::detail {

namespace {

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool names_something(std::string_view component) {
  return !component.empty() && component != "." && component != "..";
}

// "server/share/rest" after the two slashes; nothing if either name is missing.
std::optional<AbsolutePath> split_share(std::string_view path) {
  const std::size_t server_end = path.find('/', 2);
  if (server_end == std::string_view::npos) return std::nullopt;
  const std::size_t share_end = std::min(path.find('/', server_end + 1), path.size());
  if (!names_something(path.substr(2, server_end - 2)) ||
      !names_something(path.substr(server_end + 1, share_end - server_end - 1))) {
    return std::nullopt;
  }
  return AbsolutePath{path.substr(0, 1), path.substr(1, share_end - 1),
                      path.substr(std::min(share_end + 1, path.size()))};
}

}  // namespace

std::optional<AbsolutePath> split_absolute(std::string_view path) {
  if (path.size() >= 2 && is_letter(path[0]) && path[1] == ':') {
    if (path.size() == 2) return AbsolutePath{path, {}, {}};
    if (path[2] == '/') return AbsolutePath{path.substr(0, 3), {}, path.substr(3)};
    return std::nullopt;  // "C:x" means different things at different times
  }
  if (path.starts_with("//")) {
    if (const auto share = split_share(path)) return share;
  }
  // Of "//x" the rest is "/x", whose empty component every check of components refuses.
  if (path.starts_with('/')) return AbsolutePath{path.substr(0, 1), {}, path.substr(1)};
  return std::nullopt;
}

}  // namespace attache::detail
