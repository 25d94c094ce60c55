#pragma once

#include "scan_tree.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// An absolute path without `.`, `..` and empty components; native bytes. Relative ones start at `base`, which is
/// absolute. Nothing is looked at: links in it stay.
std::string normalised(std::string_view path, std::string_view base = "/");

/// What is left of `path` below `directory` (both normalised): empty if they are the same, nothing if it is not below.
std::optional<std::string_view> below(std::string_view path, std::string_view directory);

/// Where a scan takes place, for deciding where links lead.
struct LinkScope {
  std::string root;       ///< as it is named: normalised, native bytes
  bool absolute = false;  ///< the manifest's paths are
  /// False: the scan starts at the root only to reach files by name; what lies there is not what is scanned.
  bool root_is_inside = true;
  /// Normalised; what lies in one of these does not escape either. Only of absolute manifests.
  std::vector<std::string> inside{};
};

struct LinkTarget {
  bool escapes = false;
  std::string absolute;  ///< the path it says, as this process would go there; native bytes
  std::string text;      ///< for the manifest: WTF-8; empty if it escapes and the manifest is relative
};

/// Where a link in `directory` leads, by its text alone.
LinkTarget resolve_link(const ScanDirectory& directory, std::string_view text, const LinkScope& scope);

/// True if a relative manifest can hold the target: what looks like a drive or a share is absolute on another system.
bool is_writable_target(std::string_view target);

}  // namespace attache
