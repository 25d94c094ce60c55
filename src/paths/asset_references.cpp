#include <attache/base/guarded.hpp>
#include <attache/paths/asset_references.hpp>
#include <attache/paths/lexical.hpp>

#include "json_document.hpp"

#include <algorithm>

namespace attache {

namespace {

using detail::JsonFields;
using detail::JsonNode;

constexpr const char* kSubject = "asset references";
constexpr const char* kRemedy =
    "write {\"assetReferences\": {\"inputs\": {\"filenames\": [...], \"directories\": [...]}, \"outputs\": "
    "{\"directories\": [...]}, \"referencedPaths\": [...]}}";

Result<std::vector<std::string>> paths_of(const JsonNode* parent, std::string_view key, PathFormat format) {
  std::vector<std::string> paths;
  if (parent == nullptr) return paths;
  ATTACHE_ASSIGN(paths, JsonFields(*parent, kSubject, kRemedy).texts(key));
  for (std::string& path : paths) path = lexically_normal_path(format, path);
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

Result<AssetReferences> read(std::string_view json, PathFormat format) {
  ATTACHE_ASSIGN(const JsonNode document, detail::parse_json(json, kSubject, kRemedy));
  AssetReferences references;
  if (document.is(JsonNode::Kind::kNull)) return references;
  const JsonFields fields(document, kSubject, kRemedy);
  if (!document.is(JsonNode::Kind::kObject)) return fields.refuse("the document is not an object");
  if (document.members.empty()) return references;
  ATTACHE_ASSIGN(const JsonNode* all, fields.object("assetReferences"));
  if (all == nullptr) return fields.refuse("'assetReferences' is missing");
  const JsonFields parts(*all, kSubject, kRemedy);
  ATTACHE_ASSIGN(const JsonNode* inputs, parts.object("inputs"));
  ATTACHE_ASSIGN(const JsonNode* outputs, parts.object("outputs"));
  ATTACHE_ASSIGN(references.input_filenames, paths_of(inputs, "filenames", format));
  ATTACHE_ASSIGN(references.input_directories, paths_of(inputs, "directories", format));
  ATTACHE_ASSIGN(references.output_directories, paths_of(outputs, "directories", format));
  ATTACHE_ASSIGN(references.referenced_paths, paths_of(all, "referencedPaths", format));
  return references;
}

}  // namespace

Result<AssetReferences> parse_asset_references(std::string_view json, PathFormat format) {
  return detail::guarded([&] { return read(json, format); });
}

std::string encode_asset_references(const AssetReferences& references) {
  std::string json = "{\"assetReferences\":{\"inputs\":{";
  detail::append_member(json, "directories", references.input_directories);
  detail::append_member(json, "filenames", references.input_filenames);
  json += "},\"outputs\":{";
  detail::append_member(json, "directories", references.output_directories);
  json += '}';
  detail::append_member(json, "referencedPaths", references.referenced_paths);
  json += "}}";
  return json;
}

}  // namespace attache
