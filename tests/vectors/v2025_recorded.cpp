#include <attache/base/text.hpp>

#include "v2025_faults.hpp"

#include <algorithm>
#include <cstdint>

// The recorded program's decoder and validation, as the specification describes them under [code].

namespace attache::vectors {

namespace {

constexpr std::uint64_t kChunk = std::uint64_t{256} << 20;

std::string expanded(const std::string& path, const std::vector<std::string>& directories) {
  const std::size_t slash = path.find('/');
  if (!path.starts_with('$') || slash == std::string::npos) return path;
  // Rust's parse of an unsigned number takes a sign.
  const std::string digits = path.substr(path.starts_with("$+") ? 2 : 1, slash - (path.starts_with("$+") ? 2 : 1));
  const bool decimal = !digits.empty() && digits.size() < 10 &&
                       std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!decimal || std::stoul(digits) >= directories.size()) throw MalformedCase("a reference that nothing accepts");
  return directories[std::stoul(digits)] + path.substr(slash);
}

Json lenient_members(const Json& item, const std::vector<std::string>& directories) {
  Json members = Json::object();
  if (item.contains("hash") && item["hash"].is_string()) members["hash"] = item["hash"];
  if (item.contains("chunkhashes") && item["chunkhashes"].is_array()) {
    members["chunkhashes"] = Json::array();
    for (const Json& chunk : item["chunkhashes"]) {
      if (chunk.is_string()) members["chunkhashes"].push_back(chunk);
    }
  }
  if (item.contains("symlink") && item["symlink"].is_object() && item["symlink"].contains("target") &&
      item["symlink"]["target"].is_string()) {
    members["symlink_target"] = expanded(item["symlink"]["target"].get<std::string>(), directories);
  }
  if (item.contains("size") && item["size"].is_number_unsigned()) members["size"] = item["size"];
  const bool has_time = item.contains("mtime") && item["mtime"].is_number_integer();
  if (has_time && (!item["mtime"].is_number_unsigned() || item["mtime"].get<std::uint64_t>() <= INT64_MAX)) {
    members["mtime"] = item["mtime"];
  }
  for (const char* flag : {"runnable", "deleted"}) {
    if (item.contains(flag) && item[flag] == true) members[flag] = true;
  }
  return members;
}

std::vector<std::string> entries_of(const Model& model) {
  std::vector<std::string> entries;
  for (const ModelDirectory& each : model.directories) {
    entries.push_back(Json{{"dir", json_of_text(each.path)}, {"deleted", each.deleted}}.dump());
  }
  for (const ModelFile& file : model.files) {
    Json item = file.members;
    for (const char* flag : {"runnable", "deleted"}) {
      if (!item.value(flag, false)) item.erase(flag);
    }
    item["path"] = json_of_text(file.path);
    entries.push_back(item.dump());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool looks_absolute(const std::string& target) {
  if (target.starts_with('/') || target.starts_with("\\\\")) return true;
  if (target.empty()) return false;
  std::size_t second = 0;
  next_code_point(target, second);
  return target.substr(second).starts_with(':');
}

std::optional<std::string> error_of_link(const ModelFile& file) {
  const std::string target = text_of(file.members.at("symlink_target"));
  if (looks_absolute(target)) return "AbsoluteSymlinkTarget";
  if (file.path.find('/') == std::string::npos && target.starts_with("..")) return "EscapingSymlinkTarget";
  return std::nullopt;
}

std::optional<std::string> error_of_chunks(const Json& members) {
  const auto size = members.at("size").get<std::uint64_t>();
  if (size <= kChunk) return "ChunkedFileTooSmall";
  if (members.at("chunkhashes").size() != (size - 1) / kChunk + 1) return "ChunkCountMismatch";
  return std::nullopt;
}

std::optional<std::string> error_of_file(const ModelFile& file, bool allows_unhashed) {
  const Json& members = file.members;
  if (members.value("deleted", false)) {
    for (const char* field : {"hash", "chunkhashes", "symlink_target", "size", "mtime"}) {
      if (members.contains(field)) return "DeletedEntryHasField";
    }
    return members.value("runnable", false) ? std::optional<std::string>("DeletedEntryHasField") : std::nullopt;
  }
  const bool chunks = members.contains("chunkhashes");
  const bool link = members.contains("symlink_target");
  const int contents = static_cast<int>(members.contains("hash")) + static_cast<int>(chunks) + static_cast<int>(link);
  if (contents > 1 || (contents == 0 && !allows_unhashed)) return "InvalidContentFields";
  if (link) return error_of_link(file);
  if (!members.contains("size")) return "MissingSize";
  if (!members.contains("mtime")) return "MissingMtime";
  return chunks ? error_of_chunks(members) : std::nullopt;
}

}  // namespace

Model lenient_model(const Json& document) {
  Model model;
  if (document.contains("specificationVersion") && document["specificationVersion"].is_string()) {
    const auto specification = document["specificationVersion"].get<std::string>();
    if (!kind_of(specification)) throw MalformedCase("a specification that nothing accepts");
    model.kind = *kind_of(specification);
    model.style = *style_of(specification);
  }
  if (document.contains("parentManifestHash") && document["parentManifestHash"].is_string()) {
    model.parent_hash = document["parentManifestHash"].get<std::string>();
  }
  std::vector<std::string> directories;
  for (const Json& item : document.at("dirs")) {
    directories.push_back(expanded(text_of(item.at("path")), directories));
    model.directories.push_back({directories.back(), item.contains("deleted") && item["deleted"] == true});
  }
  for (const Json& item : document.at("files")) {
    model.files.push_back({expanded(text_of(item.at("path")), directories), lenient_members(item, directories)});
  }
  return model;
}

std::optional<std::string> recorded_error(const Model& model, bool allows_unhashed) {
  const auto deleted_file = [](const ModelFile& file) { return file.members.value("deleted", false); };
  const auto deleted_directory = [](const ModelDirectory& each) { return each.deleted; };
  if (model.kind == ManifestKind::kSnapshot &&
      (std::any_of(model.files.begin(), model.files.end(), deleted_file) ||
       std::any_of(model.directories.begin(), model.directories.end(), deleted_directory))) {
    return "SnapshotWithDeletion";
  }
  if (model.kind == ManifestKind::kDiff && !model.parent_hash) return "DiffMissingParentHash";
  for (const ModelFile& file : model.files) {
    if (auto error = error_of_file(file, allows_unhashed)) return error;
  }
  return std::nullopt;
}

bool same_entries(const Model& a, const Model& b) {
  return a.style == b.style && a.kind == b.kind && a.parent_hash == b.parent_hash && entries_of(a) == entries_of(b);
}

bool total_is_sum(const Json& answer) {
  if (!answer.contains("totalSize")) return true;
  std::uint64_t total = 0;
  for (const ModelFile& file : parse_model(answer).files) {
    const auto size = file.members.find("size");
    if (size == file.members.end() || !size->is_number_unsigned()) continue;
    if (!file.members.value("deleted", false) && !file.members.contains("symlink_target")) {
      total += size->get<std::uint64_t>();
    }
  }
  return uint64_of(answer["totalSize"]) == total;
}

}  // namespace attache::vectors
