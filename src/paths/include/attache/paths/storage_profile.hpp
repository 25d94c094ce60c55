#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_mapping.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Who has the files of a location: every machine that mounts it (SHARED: nothing needs to be uploaded), or this kind
/// of machine alone (LOCAL).
enum class LocationType { kLocal, kShared };

/// "LOCAL" or "SHARED", as in storage profiles.
std::string_view to_string(LocationType type);
/// The reverse, case-sensitive.
std::optional<LocationType> parse_location_type(std::string_view text);

/// A named directory of a machine: the same name in another profile is the same data at another place.
struct FileSystemLocation {
  std::string name;
  std::string path;
  LocationType type = LocationType::kLocal;
  friend bool operator==(const FileSystemLocation&, const FileSystemLocation&) = default;
};

/// How one kind of machine sees the farm's file systems.
struct StorageProfile {
  std::string id;
  std::string os_family;  ///< "windows" in any case, else POSIX
  std::vector<FileSystemLocation> locations;
  std::string display_name{};
  friend bool operator==(const StorageProfile&, const StorageProfile&) = default;
};

/// The format of the profile's paths.
PathFormat path_format_of(const StorageProfile& profile);

/// Reads a profile as the service gives it (GetStorageProfile, GetStorageProfileForQueue): an object with
/// storageProfileId, osFamily ("windows", "linux" or "macos" in any case), displayName (may be missing) and
/// fileSystemLocations, a list (may be missing) of objects with name, path and type. Other keys are ignored.
/// kInvalidArgument names the key, and of a location its index, from 0.
Result<StorageProfile> parse_storage_profile(std::string_view json);

/// The profile as a JSON object with storageProfileId, displayName, osFamily and fileSystemLocations, in this order.
std::string encode_storage_profile(const StorageProfile& profile);

/// The rules that map paths of `source` machines to `destination` machines (incumbent formats, section 12): one per
/// location name that both have, in the source's order. Of locations with one name in a profile, the first says the
/// place in the order and the last the path. Profiles with the same id need no rules. Total.
std::vector<PathMappingRule> mapping_rules_between(const StorageProfile& source, const StorageProfile& destination);

/// The same rules, and what they leave out: for people who ask why a path is not mapped.
struct ProfileRules {
  std::vector<PathMappingRule> rules;
  std::vector<std::string> names;                    ///< of the location of each rule
  bool same_profile = false;                         ///< one id: no path is mapped, and the lists below are empty
  std::vector<FileSystemLocation> only_source;       ///< locations whose name the destination does not have
  std::vector<FileSystemLocation> only_destination;  ///< the reverse
  std::vector<std::string> repeated;                 ///< names that one of the profiles has more than once, sorted
};
ProfileRules explain_rules_between(const StorageProfile& source, const StorageProfile& destination);

}  // namespace attache
