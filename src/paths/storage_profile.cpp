#include <attache/base/lower_case.hpp>
#include <attache/paths/storage_profile.hpp>

#include <map>
#include <string_view>
#include <utility>

namespace attache {

std::vector<PathMappingRule> mapping_rules_between(const StorageProfile& source, const StorageProfile& destination) {
  if (source.id == destination.id) return {};
  const PathFormat format = lower_case(source.os_family) == "windows" ? PathFormat::kWindows : PathFormat::kPosix;
  std::map<std::string_view, std::string_view> destinations;
  for (const FileSystemLocation& location : destination.locations) destinations[location.name] = location.path;

  std::vector<PathMappingRule> rules;
  std::map<std::string_view, std::size_t> rule_of;  // by location name
  for (const FileSystemLocation& location : source.locations) {
    const auto target = destinations.find(location.name);
    if (target == destinations.end()) continue;
    const auto [known, is_new] = rule_of.emplace(location.name, rules.size());
    if (is_new) {
      rules.push_back({std::string(to_string(format)), location.path, std::string(target->second)});
    } else {
      rules[known->second].source_path = location.path;
    }
  }
  return rules;
}

}  // namespace attache
