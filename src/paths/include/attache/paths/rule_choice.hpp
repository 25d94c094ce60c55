#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/path_mapping.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// `attachment download` and `attachment upload` learn which root a manifest belongs to from its file name: the first
// rule applies whose h128(utf8(source_path)) occurs in the name as 32 hex digits (incumbent formats, section 12). The
// whole source path is hashed as written, so `/a` and `/a/` are different sources.
//
// Manifests are given by file name (the last component), in the order of the command line. Equal names from different
// directories stay different manifests (the incumbent lets the last one win).

/// The rule for a manifest of this name; nothing if none applies. kInvalidArgument if the source path of a rule that
/// was looked at has no hash (see root_hash).
Result<std::optional<PathMappingRule>> choose_rule(std::string_view manifest_name,
                                                   std::span<const PathMappingRule> rules);

/// Where each manifest is downloaded to, in the order given: the destination of its rule as written, else
/// `<cwd>/<file name>`. kInvalidArgument if two manifests would share one destination (made absolute, in the
/// host's normal form).
Result<std::vector<std::string>> choose_download_destinations(std::span<const std::string> manifest_names,
                                                              std::span<const PathMappingRule> rules,
                                                              std::string_view cwd, PathFormat host);

/// The rule of each manifest to upload, in the order given: files are read below `destination_path`, and `source_path`
/// is the root that the manifest is recorded with. Exactly one of `rules` (nothing: no rules file was given) and
/// `root_dirs` must be given; a root directory acts as a rule with that source and destination and an empty format.
/// kInvalidArgument if both or neither are given, or a manifest has no rule.
Result<std::vector<PathMappingRule>> choose_upload_rules(std::span<const std::string> manifest_names,
                                                         const std::optional<std::vector<PathMappingRule>>& rules,
                                                         std::span<const std::string> root_dirs);

}  // namespace attache
