#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/windows_long_path.hpp>

#include <algorithm>

namespace attache {

namespace {

constexpr std::string_view kPrefix = "\\\\?\\";
constexpr std::string_view kSharePrefix = "\\\\?\\UNC\\";
constexpr PathFormat kFormat = PathFormat::kWindows;

Result<std::string> extended(std::string_view path) {
  if (path.starts_with(kPrefix)) return std::string(path);
  const PathParts parts = split_path(kFormat, path);
  if (std::find(parts.components.begin(), parts.components.end(), "..") != parts.components.end()) {
    return fail(ErrorCode::kInvalidArgument, "path '" + printable(path) + "' has '..', which a long path cannot have",
                "give the path without '..', as the system resolves it");
  }
  if (!is_absolute_path(kFormat, path)) {
    return fail(ErrorCode::kInvalidArgument, "path '" + printable(path) + "' is not absolute, as a long path must be",
                "give the path with its drive or share");
  }
  std::string normal = join_path(kFormat, parts);
  // A share stands without the backslash of its root if it was given so.
  const bool is_share = normal.starts_with("\\\\") && parts.components.empty();
  if (is_share && path.size() + 1 == normal.size()) normal.pop_back();
  if (normal.starts_with("\\\\")) return std::string(kSharePrefix).append(normal, 2);
  return std::string(kPrefix) + normal;
}

}  // namespace

std::size_t utf16_length(std::string_view wtf8) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < wtf8.size();) units += next_code_point(wtf8, at) > 0xFFFF ? 2 : 1;
  return units;
}

Result<std::string> extended_length_path(std::string_view path) {
  return detail::guarded([&] { return extended(path); });
}

Result<std::string> long_path_compatible(std::string_view path) {
  return detail::guarded([&]() -> Result<std::string> {
    const bool fits = utf16_length(path) + kWindowsTemporarySuffix < kWindowsMaxPath;
    if (fits || path.starts_with(kPrefix) || !is_absolute_path(kFormat, path)) return std::string(path);
    return extended(path);
  });
}

std::string without_extended_prefix(std::string_view path) {
  if (path.starts_with(kSharePrefix)) return "\\\\" + std::string(path.substr(kSharePrefix.size()));
  if (path.starts_with(kPrefix)) return std::string(path.substr(kPrefix.size()));
  return std::string(path);
}

}  // namespace attache
