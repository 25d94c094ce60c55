#pragma once

#include <attache/manifest_store/output_selection.hpp>

#include "vector_case.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// What the checkers of manifests in stores share.

namespace attache::vectors {

bool is_plain_ascii(std::string_view text);

std::map<std::string, std::string> metadata_of(const Json& value);
Json json_of(const std::map<std::string, std::string>& metadata);

/// A listing, and the part of its keys that ends with the job's id: everything up to the last slash of
/// `Manifests/<farm>/<queue>/<job>/`.
struct Listing {
  std::vector<ListedManifest> manifests;
  std::string job_prefix;
};

/// Of a list of keys, or of null.
Listing listing_of(const Json& keys);
std::vector<std::string> keys_of(const Listing& listing, const std::vector<std::size_t>& indexes);

}  // namespace attache::vectors
