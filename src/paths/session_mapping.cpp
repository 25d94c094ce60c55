#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/lexical.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/session_mapping.hpp>

#include <map>
#include <optional>
#include <utility>

namespace attache {

namespace {

Result<std::string> session_root(std::string_view session_directory, PathFormat host, std::string_view root) {
  ATTACHE_ASSIGN(std::string name, session_directory_name(root));
  PathParts parts = split_path(host, session_directory);
  parts.components.push_back(std::move(name));
  return join_path(host, parts);
}

Result<std::vector<PathMappingRule>> make_rules(std::string_view session_directory, PathFormat host,
                                                std::span<const ManifestProperties> manifests) {
  std::vector<PathMappingRule> rules;
  std::map<std::string_view, std::size_t> known;
  for (const ManifestProperties& manifest : manifests) {
    if (!manifest.file_system_location_name.empty()) continue;
    const auto [rule, is_new] = known.emplace(manifest.root_path, rules.size());
    std::string format(to_string(manifest.root_path_format));
    if (!is_new) {
      rules[rule->second].source_path_format = std::move(format);
      continue;
    }
    ATTACHE_ASSIGN(std::string destination, session_root(session_directory, host, manifest.root_path));
    rules.push_back({std::move(format), manifest.root_path, std::move(destination)});
  }
  return rules;
}

Result<std::string> located_root(const ManifestProperties& manifest, std::span<const PathMappingRule> rules,
                                 PathFormat host) {
  ATTACHE_ASSIGN(const PathMapper mapper, PathMapper::create(rules, host));
  if (rules.empty() || mapper.source_format() == manifest.root_path_format) {
    ATTACHE_ASSIGN(std::optional<std::string> mapped, mapper.map(manifest.root_path));
    if (mapped) return *std::move(mapped);
  }
  return fail(ErrorCode::kInvalidArgument,
              "asset root '" + printable(manifest.root_path) + "' (" +
                  std::string(to_string(manifest.root_path_format)) + ") of the location '" +
                  printable(manifest.file_system_location_name) + "': no path mapping rule applies",
              "add the location to the storage profile of this machine, or check that its path is the one that the "
              "job was submitted with");
}

}  // namespace

Result<std::vector<PathMappingRule>> dynamic_mapping_rules(std::string_view session_directory, PathFormat host,
                                                           std::span<const ManifestProperties> manifests) {
  return detail::guarded([&] { return make_rules(session_directory, host, manifests); });
}

Result<std::string> local_root(const ManifestProperties& manifest, std::string_view session_directory,
                               std::span<const PathMappingRule> storage_profile_rules, PathFormat host) {
  return detail::guarded([&] {
    return manifest.file_system_location_name.empty() ? session_root(session_directory, host, manifest.root_path)
                                                      : located_root(manifest, storage_profile_rules, host);
  });
}

Result<std::string> resolve_manifest_path(PathFormat source, std::string_view root, std::string_view path) {
  return detail::guarded([&]() -> Result<std::string> {
    if (root.empty()) {
      return fail(ErrorCode::kInvalidArgument, "path '" + printable(path) + "': the asset root is empty",
                  "give the root that the manifest was made of");
    }
    const PathParts below = split_path(source, lexically_normal_path(source, path));
    const bool leaves = !below.components.empty() && below.components.front() == "..";
    if (!below.anchor.empty() || leaves) {
      return fail(ErrorCode::kOutsideRoot,
                  "path '" + printable(path) + "' would lead outside the asset root '" + printable(root) + "'",
                  "make the manifest again: its paths must be relative to the root and stay below it");
    }
    PathParts parts = split_path(source, lexically_normal_path(source, root));
    parts.components.insert(parts.components.end(), below.components.begin(), below.components.end());
    return join_path(source, parts);
  });
}

}  // namespace attache
