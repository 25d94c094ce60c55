#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>

namespace attache {

/// Where a local copy of an input manifest goes (incumbent formats, section 4.3).
struct LocalManifestPlace {
  std::string directory;      ///< host path, native bytes; made if it is missing
  std::string name_prefix{};  ///< of the directory in it: `manifests`, or `<name_prefix>_manifests`
  std::string s3_key;         ///< in the bucket, root prefix included; its last component is the file's name
};

/// Writes `<directory>/manifests/<object name>` (an older one of this root is replaced), and appends its line to
/// `manifest_s3_mapping` beside it, with one write. Called after the manifest was stored.
Status keep_local_manifest(const LocalManifestPlace& place, std::string_view document);

}  // namespace attache
