#include <attache/base/json_reader.hpp>
#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/store/object_rules.hpp>

#include <algorithm>
#include <string_view>

namespace attache {

namespace {

constexpr const char* kRoot = "asset-root";
constexpr const char* kRootJson = "asset-root-json";
constexpr const char* kLocation = "file-system-location-name";

/// Enough of a text to recognise it by.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kShown = 200;
  return text.size() <= kShown ? printable(text) : printable(text.substr(0, kShown)) + "...";
}

/// What metadata carries as it is.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; }) &&
         !text.starts_with(' ') && !text.ends_with(' ');
}

std::size_t size_of(const std::map<std::string, std::string>& metadata) {
  std::size_t size = 0;
  for (const auto& [name, value] : metadata) size += name.size() + value.size();
  return size;
}

}  // namespace

Result<std::map<std::string, std::string>> origin_metadata(const ManifestOrigin& origin) {
  std::map<std::string, std::string> metadata;
  if (!origin.location.empty()) {
    if (!is_plain(origin.location)) {
      return fail(ErrorCode::kInvalidArgument,
                  "the file system location name '" + excerpt(origin.location) +
                      "' cannot be stored with a manifest: metadata of objects holds printable ASCII only",
                  "rename the location in the storage profiles, or leave it out");
    }
    metadata.emplace(kLocation, origin.location);
  }
  if (is_plain(origin.asset_root)) {
    metadata.emplace(kRoot, origin.asset_root);
  } else {
    std::string json;
    append_json_string(json, origin.asset_root);
    metadata.emplace(kRootJson, json);
    metadata.emplace(kRoot, std::move(json));
    if (size_of(metadata) > kMaxObjectMetadataBytes) metadata.erase(kRoot);
  }
  if (size_of(metadata) > kMaxObjectMetadataBytes) {
    return fail(ErrorCode::kInvalidArgument,
                "the asset root '" + excerpt(origin.asset_root) + "' is too long to be stored with a manifest: with '" +
                    excerpt(origin.location) + "' it takes " + std::to_string(size_of(metadata)) + " of " +
                    std::to_string(kMaxObjectMetadataBytes) + " bytes",
                "use a root with a shorter path");
  }
  return metadata;
}

Result<StatedOrigin> read_origin(const std::map<std::string, std::string>& metadata) {
  StatedOrigin origin;
  if (const auto location = metadata.find(kLocation); location != metadata.end()) origin.location = location->second;
  if (const auto json = metadata.find(kRootJson); json != metadata.end()) {
    detail::JsonReader reader(json->second);
    detail::JsonValue value;
    std::string scratch;
    const bool is_json = reader.read_value(value, scratch, 0) && reader.finish();
    if (is_json && value.kind == detail::JsonValue::Kind::kString) {
      if (value.text.find('\0') != std::string_view::npos) {
        return fail(
            ErrorCode::kInvalidManifest,
            "its metadata '" + std::string(kRootJson) + "' has a NUL, which no path has: " + excerpt(json->second),
            "store the manifest again, with the metadata that its writer should have given it");
      }
      origin.asset_root = std::string(value.text);
    } else if (!is_json || value.kind != detail::JsonValue::Kind::kNull) {
      return fail(ErrorCode::kInvalidManifest,
                  "its metadata '" + std::string(kRootJson) + "' is not a JSON text: " + excerpt(json->second),
                  "store the manifest again, with the metadata that its writer should have given it");
    }
  } else if (const auto root = metadata.find(kRoot); root != metadata.end()) {
    origin.asset_root = root->second;
  }
  return origin;
}

}  // namespace attache
