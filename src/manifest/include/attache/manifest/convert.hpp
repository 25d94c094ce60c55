#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Between the formats 2023-03-03 and 2025-12 (spec section 0.6).

/// Exact: every file with its hash, size and time; the directories are those above the files. kInvalidManifest, naming
/// the path, for what 2023-03-03 leaves unchecked and 2025-12 does not allow: malformed paths, paths that occur twice
/// or are both file and directory.
Result<Snapshot> to_v2025(const Manifest& manifest);

/// What to do with symbolic links, which 2023-03-03 does not have.
enum class LinkConversion : std::uint8_t {
  kError,     ///< kUnsupported, naming the first
  kExclude,   ///< leave them out
  kCollapse,  ///< put what they lead to in their place: a file, or all files of a directory; what leads nowhere, out of
              ///< the manifest or into itself is left out
};

struct DownConversionOptions {
  LinkConversion links = LinkConversion::kError;
  /// The whole-file hash of a file with chunk hashes, which is all that 2023-03-03 can say; without an answer the file
  /// is refused.
  std::function<std::optional<Digest>(std::string_view path)> whole_file_hash{};
};

/// What 2023-03-03 cannot say, and a conversion therefore dropped: full paths in canonical order.
struct Dropped {
  std::vector<std::string> links;              ///< left out
  std::vector<std::string> collapsed_links;    ///< replaced by what they lead to
  std::vector<std::string> empty_directories;  ///< without a file of the result below them
  std::vector<std::string> deletions;          ///< of files and directories
  std::vector<std::string> runnable;           ///< files that keep everything but their execute bit

  bool empty() const {
    return links.empty() && collapsed_links.empty() && empty_directories.empty() && deletions.empty() &&
           runnable.empty();
  }
};

struct DownConversion {
  Manifest manifest;
  Dropped dropped;
};

/// Only relative manifests: use to_relative() or partition() first. kUnsupported for a file without hash, with chunk
/// hashes, or a link (see the options); naming it. Of a diff what it brings is converted.
Result<DownConversion> to_v2023(const Snapshot& manifest, const DownConversionOptions& options = {});
Result<DownConversion> to_v2023(const SnapshotDiff& manifest, const DownConversionOptions& options = {});

}  // namespace attache
