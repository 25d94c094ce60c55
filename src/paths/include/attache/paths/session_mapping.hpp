#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/paths/path_mapping.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Where the asset roots of a job are on a worker (incumbent formats, section 10).

/// One rule for each manifest without a location: its root is `<session directory>/assetroot-…`
/// (session_directory_name). In the manifests' order; of manifests with one rootPath there is one rule, at the place of
/// the first, with the format of the last. `host` is the format of the session directory. kInvalidArgument if a root
/// has no name.
Result<std::vector<PathMappingRule>> dynamic_mapping_rules(std::string_view session_directory, PathFormat host,
                                                           std::span<const ManifestProperties> manifests);

/// The directory on this host of a manifest's root: by the storage profiles' rules if it has a location, else in the
/// session directory. A root below its location is mapped by the longest source that it is below, which the incumbent
/// refuses (BUG-6): it finds only roots that are a location's path exactly. kInvalidArgument names the root and its
/// location if no rule applies, or the rules are of another format than the root.
Result<std::string> local_root(const ManifestProperties& manifest, std::string_view session_directory,
                               std::span<const PathMappingRule> storage_profile_rules, PathFormat host);

/// The absolute path of a manifest's entry on the machine that made the manifest: `root` and `path`, joined and
/// lexically normal by the rules of `source`; `path` has `/` on every system. By such paths files are mapped one by
/// one. kInvalidArgument for an empty root; kOutsideRoot if the path is absolute, names a drive, or leaves the root.
Result<std::string> resolve_manifest_path(PathFormat source, std::string_view root, std::string_view path);

}  // namespace attache
