#include "link_target.hpp"

#include <attache/base/text.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <algorithm>

namespace attache {

std::string normalised(std::string_view path, std::string_view base) {
  std::string result;
  const auto add = [&](std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('/', begin), text.size());
      const std::string_view component = text.substr(begin, end - begin);
      begin = end + 1;
      if (component.empty() || component == ".") continue;
      if (component == "..") {
        result.resize(result.empty() ? 0 : result.rfind('/'));
      } else {
        result.append(1, '/').append(component);
      }
    }
  };
  if (!path.starts_with('/')) add(base);
  add(path);
  return result.empty() ? "/" : result;
}

std::optional<std::string_view> below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.substr(1);
  if (!path.starts_with(directory)) return std::nullopt;
  path.remove_prefix(directory.size());
  if (path.empty()) return path;
  if (path.front() != '/') return std::nullopt;
  return path.substr(1);
}

LinkTarget resolve_link(const ScanDirectory& directory, std::string_view text, const LinkScope& scope) {
  const ScanDirectory& mount = directory.mount();
  const std::string& place = mount.real_path.empty() ? scope.root : mount.real_path;
  const std::string here = directory.resolved_path();
  LinkTarget result;
  result.absolute = normalised(text, here.empty() ? normalised(directory.path(), scope.root) : here);

  const auto say = [&](std::string_view path) {
    if (scope.absolute) {
      result.text = from_posix_bytes(join_path(scope.root, path));
    } else {
      result.text = path.empty() ? "." : from_posix_bytes(path);
    }
  };
  // A directory that was reached through a link is one place with all it holds: links within it stay in it.
  if (const auto rest = scope.root_is_inside ? below(result.absolute, place) : std::nullopt) {
    say(rest->empty() ? mount.path() : join_path(mount.path(), *rest));
    return result;
  }
  const ScanDirectory* top = &mount;
  while (top->parent) top = top->parent;
  for (const std::string& root : {top->real_path, scope.root}) {
    if (root.empty() || !scope.root_is_inside) continue;
    if (const auto rest = below(result.absolute, root)) {
      say(*rest);
      return result;
    }
  }
  result.escapes = std::none_of(scope.inside.begin(), scope.inside.end(),
                                [&](const std::string& other) { return below(result.absolute, other).has_value(); });
  if (scope.absolute) result.text = from_posix_bytes(result.absolute);
  return result;
}

bool is_writable_target(std::string_view target) {
  return target.size() <= kMaxLinkTargetBytes && !(target.size() >= 2 && target[1] == ':') &&
         !target.starts_with("\\\\");
}

}  // namespace attache
