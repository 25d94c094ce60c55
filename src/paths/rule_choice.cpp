#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/rule_choice.hpp>

#include <iterator>
#include <map>
#include <utility>

namespace attache {

namespace {

/// Equal for two spellings of one directory. `..` stays: what it leads to, only the file system knows.
std::string comparison_form(PathFormat host, std::string_view cwd, const std::string& destination) {
  PathParts parts = split_path(host, destination);
  if (parts.anchor.empty()) {
    PathParts base = split_path(host, cwd);
    std::move(parts.components.begin(), parts.components.end(), std::back_inserter(base.components));
    parts = std::move(base);
  }
  if (host == PathFormat::kPosix) parts.anchor = "/";  // exactly two slashes are one
  return comparison_key(host, join_path(host, parts));
}

}  // namespace

Result<std::optional<PathMappingRule>> choose_rule(std::string_view manifest_name,
                                                   std::span<const PathMappingRule> rules) {
  return detail::guarded([&]() -> Result<std::optional<PathMappingRule>> {
    for (const PathMappingRule& rule : rules) {
      auto hash = root_hash(rule.source_path);
      if (!hash) return fail(hash.error().within("path mapping rules"));
      if (manifest_name.find(hash->to_hex()) != std::string_view::npos) return rule;
    }
    return std::nullopt;
  });
}

Result<std::vector<std::string>> choose_download_destinations(std::span<const std::string> manifest_names,
                                                              std::span<const PathMappingRule> rules,
                                                              std::string_view cwd, PathFormat host) {
  return detail::guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> destinations;
    std::map<std::string, std::size_t> taken;  // comparison form of a destination -> its manifest
    for (std::size_t i = 0; i < manifest_names.size(); ++i) {
      const std::string& name = manifest_names[i];
      ATTACHE_ASSIGN(std::optional<PathMappingRule> rule, choose_rule(name, rules));
      std::string destination =
          rule ? std::move(rule->destination_path) : std::string(cwd) + (cwd.ends_with('/') ? "" : "/") + name;
      const auto [other, is_new] = taken.emplace(comparison_form(host, cwd, destination), i);
      if (!is_new) {
        return fail(ErrorCode::kInvalidArgument,
                    "manifests '" + printable(manifest_names[other->second]) + "' and '" + printable(name) +
                        "' would both be downloaded to '" + printable(destination) + "'",
                    "download them one at a time, or give each a path mapping rule with a destination of its own");
      }
      destinations.push_back(std::move(destination));
    }
    return destinations;
  });
}

Result<std::vector<PathMappingRule>> choose_upload_rules(std::span<const std::string> manifest_names,
                                                         const std::optional<std::vector<PathMappingRule>>& rules,
                                                         std::span<const std::string> root_dirs) {
  return detail::guarded([&]() -> Result<std::vector<PathMappingRule>> {
    if (rules.has_value() == !root_dirs.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  rules ? "both path mapping rules and root directories are given"
                        : "neither path mapping rules nor root directories are given",
                  "give either --path-mapping-rules or --root-dirs");
    }
    std::vector<PathMappingRule> from_roots;
    for (const std::string& root : root_dirs) from_roots.push_back({"", root, root});
    const std::span<const PathMappingRule> candidates =
        rules ? std::span(*rules) : std::span(std::as_const(from_roots));

    std::vector<PathMappingRule> chosen;
    for (const std::string& name : manifest_names) {
      ATTACHE_ASSIGN(std::optional<PathMappingRule> rule, choose_rule(name, candidates));
      if (!rule) {
        return fail(ErrorCode::kInvalidArgument,
                    "no root for manifest '" + printable(name) + "': its file name does not hold the hash of any " +
                        (rules ? "source_path" : "root directory"),
                    rules ? "give a rule whose source_path is the root exactly as it was given to the snapshot"
                          : "give the root exactly as it was given to the snapshot, or use --path-mapping-rules");
      }
      chosen.push_back(*std::move(rule));
    }
    return chosen;
  });
}

}  // namespace attache
