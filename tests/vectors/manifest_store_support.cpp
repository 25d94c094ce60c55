#include "manifest_store_support.hpp"

#include <algorithm>

namespace attache::vectors {

namespace {

std::string job_prefix_of(const std::string& key) {
  constexpr std::string_view kFolder = "Manifests/";
  std::size_t end = key.starts_with(kFolder) ? 0 : key.find("/Manifests/");
  if (end == std::string::npos) throw MalformedCase("not below Manifests/: " + key);
  if (end > 0) ++end;
  for (int slashes = 0; slashes < 4; ++slashes) {
    end = key.find('/', end);
    if (end == std::string::npos) throw MalformedCase("not below a job: " + key);
    ++end;
  }
  return key.substr(0, end);
}

}  // namespace

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
}

std::map<std::string, std::string> metadata_of(const Json& value) {
  std::map<std::string, std::string> metadata;
  for (const auto& [name, text] : value.items()) metadata.emplace(name, text_of(text));
  return metadata;
}

Json json_of(const std::map<std::string, std::string>& metadata) {
  Json json = Json::object();
  for (const auto& [name, value] : metadata) json[name] = json_of_text(value);
  return json;
}

Listing listing_of(const Json& keys) {
  Listing listing;
  if (keys.is_null()) return listing;
  for (const std::string& key : texts_of(keys)) {
    listing.manifests.push_back({key, 0, {}});
    if (listing.job_prefix.empty() && key.find("/Inputs/") == std::string::npos) {
      listing.job_prefix = job_prefix_of(key);
    }
  }
  return listing;
}

std::vector<std::string> keys_of(const Listing& listing, const std::vector<std::size_t>& indexes) {
  std::vector<std::string> keys;
  keys.reserve(indexes.size());
  for (const std::size_t index : indexes) keys.push_back(listing.manifests[index].key);
  return keys;
}

}  // namespace attache::vectors
