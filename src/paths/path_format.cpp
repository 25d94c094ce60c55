#include <attache/base/lower_case.hpp>
#include <attache/paths/path_format.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace attache {

namespace {

constexpr std::string_view kExtendedPrefix = "\\\\?\\";

void append_components(PathParts& parts, std::string_view rest, char separator) {
  for (std::size_t begin = 0; begin < rest.size();) {
    const std::size_t end = std::min(rest.find(separator, begin), rest.size());
    const std::string_view component = rest.substr(begin, end - begin);
    if (!component.empty() && component != ".") parts.components.emplace_back(component);
    begin = end + 1;
  }
}

bool is_drive(std::string_view text) {
  return text.size() >= 2 && text[1] == ':' &&
         ((text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z'));
}

PathParts split_posix(std::string_view path) {
  PathParts parts;
  if (path.starts_with('/')) parts.anchor = path.starts_with("//") && !path.starts_with("///") ? "//" : "/";
  append_components(parts, path, '/');
  return parts;
}

// The length of `server\share` at the start of a text; 0 if there are not two names with one backslash between them.
std::size_t share_length(std::string_view text) {
  const std::size_t server = text.find('\\');
  if (server == std::string_view::npos || server == 0) return 0;
  const std::size_t end = std::min(text.find('\\', server + 1), text.size());
  return end == server + 1 && end < text.size() ? 0 : end;
}

// A drive or share, the backslash of the root if there is one, and the rest. The extended prefix `\\?\` belongs to
// whatever it stands before. The incumbent's path type (Python 3.11) is followed where Windows itself would not divide
// a text at all: `\\server` without a share is a root and one component, and so is `\\\server\share`.
PathParts split_windows(std::string_view given) {
  std::string path(given);
  std::replace(path.begin(), path.end(), '/', '\\');
  std::string_view rest = path;
  PathParts parts;

  bool share = false;
  if (rest.starts_with(kExtendedPrefix)) {
    parts.anchor = kExtendedPrefix;
    rest.remove_prefix(kExtendedPrefix.size());
    if (rest.starts_with("UNC\\")) {
      parts.anchor += "UNC\\";
      rest.remove_prefix(4);
      share = true;
    } else if (rest.starts_with("\\\\")) {
      parts.anchor += '\\';
      rest.remove_prefix(2);
      share = true;
    }
  } else if (rest.starts_with("\\\\")) {
    parts.anchor = "\\\\";
    rest.remove_prefix(2);
    share = true;
  }
  if (share) {
    if (const std::size_t length = share_length(rest); length != 0) {
      parts.anchor += rest.substr(0, length);
      parts.anchor += '\\';
      append_components(parts, rest.substr(length), '\\');
      return parts;
    }
    if (parts.anchor == "\\\\") parts.anchor = "\\";  // no share after all: a root
    append_components(parts, rest, '\\');
    return parts;
  }
  if (is_drive(rest)) {
    parts.anchor += rest.substr(0, 2);
    rest.remove_prefix(2);
  }
  if (rest.starts_with('\\')) parts.anchor += '\\';
  append_components(parts, rest, '\\');
  return parts;
}

}  // namespace

std::string_view to_string(PathFormat format) {
  switch (format) {
    case PathFormat::kPosix:
      return "posix";
    case PathFormat::kWindows:
      return "windows";
  }
  return "unknown";
}

std::optional<PathFormat> parse_path_format(std::string_view text) {
  if (text == "posix") return PathFormat::kPosix;
  if (text == "windows") return PathFormat::kWindows;
  return std::nullopt;
}

PathParts split_path(PathFormat format, std::string_view path) {
  return format == PathFormat::kPosix ? split_posix(path) : split_windows(path);
}

std::string join_path(PathFormat format, const PathParts& parts) {
  const char separator = format == PathFormat::kPosix ? '/' : '\\';
  std::string path = parts.anchor;
  for (std::size_t i = 0; i < parts.components.size(); ++i) {
    if (i != 0) path.push_back(separator);
    path += parts.components[i];
  }
  return path.empty() ? "." : path;
}

std::string normalise_path(PathFormat format, std::string_view path) {
  return join_path(format, split_path(format, path));
}

bool is_absolute_path(PathFormat format, std::string_view path) {
  const std::string anchor = split_path(format, path).anchor;
  if (format == PathFormat::kPosix) return !anchor.empty();
  return anchor.size() > 1 && anchor.ends_with('\\') && anchor != kExtendedPrefix;  // a drive or share, and a root
}

std::string comparison_key(PathFormat format, std::string_view component) {
  return format == PathFormat::kPosix ? std::string(component) : lower_case(component);
}

}  // namespace attache
