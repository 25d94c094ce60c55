#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_format.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The asset references of a job bundle (incumbent formats, section 6). Lists are sorted, without duplicates, lexically
/// normal.
struct AssetReferences {
  std::vector<std::string> input_filenames;
  std::vector<std::string> input_directories;
  std::vector<std::string> output_directories;
  std::vector<std::string> referenced_paths;
  friend bool operator==(const AssetReferences&, const AssetReferences&) = default;
};

/// Reads the JSON form of asset_references: {"assetReferences": {"inputs": {"filenames", "directories"}, "outputs":
/// {"directories"}, "referencedPaths"}}, each list of texts, each part optional; `null` and `{}` are no references.
/// Paths become lexically normal by the rules of `format`, the host's; the empty text becomes `.`. kInvalidArgument
/// names the part that has another type: also a text where a list must be, of which the incumbent takes each character
/// for a path.
Result<AssetReferences> parse_asset_references(std::string_view json, PathFormat format);

/// The reverse: all parts, in the incumbent's order of keys, ASCII, without white space. Lists are written as they are.
std::string encode_asset_references(const AssetReferences& references);

}  // namespace attache
