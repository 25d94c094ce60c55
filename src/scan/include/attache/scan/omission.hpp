#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Why something below the root is not in the manifest.
enum class OmissionReason {
  kHidden,  ///< a file or empty directory with, or below, a name that starts with a dot, that no pattern asked for
  kDanglingLink,    ///< a symbolic link to be followed that leads nowhere
  kLinkLoop,        ///< a link to a directory that contains it, which cannot be followed (or, to the root, be kept)
  kEmptyDirectory,  ///< v2023-03-03 has no directories
  kSpecialFile,     ///< socket, FIFO, device: never opened
  kManifestFile,    ///< a manifest that an earlier snapshot of this root wrote here
  kExcludedLink,    ///< a link that the policy leaves out
  kEscapingLink,    ///< a link out of the root that the policy would keep, which a relative manifest cannot hold
  kAmbiguousLink,   ///< a link to be kept whose target begins with a `$` that a reader would take for a reference
  kMissing,         ///< asked for by name, and not there
  kUnreadable,      ///< could not be read, and was to be skipped then
};
/// A stable name in kebab case ("dangling-link").
std::string_view to_string(OmissionReason reason);

struct Omission {
  OmissionReason reason;
  std::string path;  ///< WTF-8, relative to the root; absolute where the manifest's paths are
};

/// What a scan gives: its manifest, and what it left out or had to do for it.
template <typename M>
struct ScanResult {
  M manifest;                       ///< in canonical order
  std::vector<Omission> omissions;  ///< ordered by path; what exclude patterns took out is not listed
  std::uint64_t bytes_hashed = 0;   ///< read, that is: not from the cache
  std::uint64_t files_from_cache = 0;
};

}  // namespace attache
