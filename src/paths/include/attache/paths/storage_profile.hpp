#pragma once

#include <attache/paths/path_mapping.hpp>

#include <string>
#include <vector>

namespace attache {

/// A named directory of a machine: the same name in another profile is the same data at another place.
struct FileSystemLocation {
  std::string name;
  std::string path;
};

/// How one kind of machine sees the farm's file systems.
struct StorageProfile {
  std::string id;
  std::string os_family;  ///< "windows" in any case, else POSIX
  std::vector<FileSystemLocation> locations;
};

/// The rules that map paths of `source` machines to `destination` machines (incumbent formats, section 12): one per
/// location name that both have, in the source's order. Of locations with one name in a profile, the first says the
/// place in the order and the last the path. Profiles with the same id need no rules. Total.
std::vector<PathMappingRule> mapping_rules_between(const StorageProfile& source, const StorageProfile& destination);

}  // namespace attache
