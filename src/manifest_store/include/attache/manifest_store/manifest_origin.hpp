#pragma once

#include <attache/base/result.hpp>

#include <map>
#include <optional>
#include <string>

namespace attache {

/// What the user metadata of a manifest object says about it (incumbent formats, section 4.2): the root that its paths
/// are relative to, as the machine knew it that made the manifest, and the name of the file system location that the
/// root lies in. Texts are WTF-8.
struct ManifestOrigin {
  std::string asset_root;
  std::string location{};  ///< empty: none

  friend bool operator==(const ManifestOrigin&, const ManifestOrigin&) = default;
};

// asset-root                  the root, or, where metadata cannot carry it, its JSON text
// asset-root-json             only then: its JSON text in ASCII, quotes included
// file-system-location-name   only if there is one

/// The metadata to store a manifest with. Metadata can carry printable ASCII without a space at either end; a root that
/// holds anything else is said in JSON. (The incumbent sends control characters as they are, and HTTP loses or refuses
/// them; both read ours.) A long root in JSON is said once, in `asset-root-json`, which every reader prefers, if saying
/// it twice would pass the limit that a store has. Lone surrogates survive.
/// kInvalidArgument, naming it, for a location's name that metadata cannot carry, as there is no second form for those,
/// and for a root and a name that together pass the limit of 2,048 bytes.
Result<std::map<std::string, std::string>> origin_metadata(const ManifestOrigin& origin);

/// What metadata says. Whoever needs a root must count an empty one as none.
struct StatedOrigin {
  std::optional<std::string> asset_root{};
  std::string location{};
};
/// kInvalidManifest for an `asset-root-json` that is no JSON text. A JSON `null` says that there is no root.
Result<StatedOrigin> read_origin(const std::map<std::string, std::string>& metadata);

}  // namespace attache
