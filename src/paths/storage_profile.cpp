#include <attache/base/lower_case.hpp>
#include <attache/paths/storage_profile.hpp>

#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace attache {

namespace {

using Names = std::map<std::string_view, std::string_view>;

Names paths_by_name(const StorageProfile& profile, std::set<std::string>& repeated) {
  Names paths;
  for (const FileSystemLocation& location : profile.locations) {
    if (!paths.insert_or_assign(location.name, location.path).second) repeated.insert(location.name);
  }
  return paths;
}

std::vector<FileSystemLocation> without_partner(const StorageProfile& profile, const Names& partners) {
  std::vector<FileSystemLocation> alone;
  for (const FileSystemLocation& location : profile.locations) {
    if (partners.find(location.name) == partners.end()) alone.push_back(location);
  }
  return alone;
}

}  // namespace

std::string_view to_string(LocationType type) {
  switch (type) {
    case LocationType::kLocal:
      return "LOCAL";
    case LocationType::kShared:
      return "SHARED";
  }
  return "unknown";
}

std::optional<LocationType> parse_location_type(std::string_view text) {
  if (text == "LOCAL") return LocationType::kLocal;
  if (text == "SHARED") return LocationType::kShared;
  return std::nullopt;
}

PathFormat path_format_of(const StorageProfile& profile) {
  return lower_case(profile.os_family) == "windows" ? PathFormat::kWindows : PathFormat::kPosix;
}

std::vector<PathMappingRule> mapping_rules_between(const StorageProfile& source, const StorageProfile& destination) {
  return explain_rules_between(source, destination).rules;
}

ProfileRules explain_rules_between(const StorageProfile& source, const StorageProfile& destination) {
  ProfileRules result;
  if (source.id == destination.id) {
    result.same_profile = true;
    return result;
  }
  std::set<std::string> repeated;
  const Names sources = paths_by_name(source, repeated);
  const Names destinations = paths_by_name(destination, repeated);
  const std::string format(to_string(path_format_of(source)));
  std::set<std::string_view> done;
  for (const FileSystemLocation& location : source.locations) {
    const auto target = destinations.find(location.name);
    if (target == destinations.end() || !done.insert(location.name).second) continue;
    result.rules.push_back({format, std::string(sources.at(location.name)), std::string(target->second)});
    result.names.push_back(location.name);
  }
  result.only_source = without_partner(source, destinations);
  result.only_destination = without_partner(destination, sources);
  result.repeated.assign(repeated.begin(), repeated.end());
  return result;
}

}  // namespace attache
