#include <attache/base/guarded.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/storage_profile.hpp>

#include "json_document.hpp"

#include <fmt/format.h>

namespace attache {

namespace {

using detail::JsonFields;
using detail::JsonNode;

constexpr const char* kSubject = "storage profile";
constexpr const char* kRemedy =
    "write the JSON object that 'aws deadline get-storage-profile-for-queue' prints: storageProfileId, displayName, "
    "osFamily (windows, linux or macos) and fileSystemLocations, a list of objects with name, path and type (LOCAL or "
    "SHARED)";

Result<FileSystemLocation> read_location(const JsonNode& node, std::size_t index) {
  const JsonFields fields(node, fmt::format("{}: location {}", kSubject, index), kRemedy);
  if (!node.is(JsonNode::Kind::kObject)) return fields.refuse("it is not an object");
  FileSystemLocation location;
  ATTACHE_ASSIGN(location.name, fields.text("name"));
  ATTACHE_ASSIGN(location.path, fields.text("path"));
  ATTACHE_ASSIGN(const std::string type, fields.text("type"));
  const std::optional<LocationType> known = parse_location_type(type);
  if (!known) {
    return fields.refuse(fmt::format("'{}' has the unknown type '{}'", printable(location.name), printable(type)));
  }
  if (location.path.empty()) return fields.refuse(fmt::format("'{}' has no path", printable(location.name)));
  location.type = *known;
  return location;
}

Result<StorageProfile> read_profile(std::string_view json) {
  ATTACHE_ASSIGN(const JsonNode document, detail::parse_json(json, kSubject, kRemedy));
  const JsonFields fields(document, kSubject, kRemedy);
  if (!document.is(JsonNode::Kind::kObject)) return fields.refuse("it is not an object");
  StorageProfile profile;
  ATTACHE_ASSIGN(profile.id, fields.text("storageProfileId"));
  ATTACHE_ASSIGN(profile.display_name, fields.text_or_empty("displayName"));
  ATTACHE_ASSIGN(profile.os_family, fields.text("osFamily"));
  const std::string family = lower_case(profile.os_family);
  if (family != "windows" && family != "linux" && family != "macos") {
    return fields.refuse(fmt::format("'osFamily' is '{}'", printable(profile.os_family)));
  }
  ATTACHE_ASSIGN(const JsonNode* locations, fields.array("fileSystemLocations"));
  if (locations == nullptr) return profile;
  for (std::size_t i = 0; i < locations->elements.size(); ++i) {
    ATTACHE_ASSIGN(FileSystemLocation location, read_location(locations->elements[i], i));
    profile.locations.push_back(std::move(location));
  }
  return profile;
}

}  // namespace

Result<StorageProfile> parse_storage_profile(std::string_view json) {
  return detail::guarded([&] { return read_profile(json); });
}

std::string encode_storage_profile(const StorageProfile& profile) {
  std::string json = "{";
  detail::append_member(json, "storageProfileId", profile.id);
  detail::append_member(json, "displayName", profile.display_name);
  detail::append_member(json, "osFamily", profile.os_family);
  json += ",\"fileSystemLocations\":[";
  for (const FileSystemLocation& location : profile.locations) {
    json += json.ends_with('[') ? "{" : ",{";
    detail::append_member(json, "name", location.name);
    detail::append_member(json, "path", location.path);
    detail::append_member(json, "type", to_string(location.type));
    json += '}';
  }
  json += "]}";
  return json;
}

}  // namespace attache
