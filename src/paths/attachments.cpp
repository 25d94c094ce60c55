#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/attachments.hpp>

#include "json_document.hpp"

#include <fmt/format.h>

namespace attache {

namespace {

using detail::JsonFields;
using detail::JsonNode;

constexpr const char* kSubject = "job attachments";
constexpr const char* kRemedy =
    "write {\"manifests\": [{\"rootPath\": ..., \"rootPathFormat\": \"posix\" or \"windows\"}, ...], \"fileSystem\": "
    "\"COPIED\" or \"VIRTUAL\"}, as GetJob gives it";

Result<ManifestProperties> read_properties(const JsonNode& node, std::string subject) {
  const JsonFields fields(node, std::move(subject), kRemedy);
  if (!node.is(JsonNode::Kind::kObject)) return fields.refuse("it is not an object");
  ManifestProperties properties;
  ATTACHE_ASSIGN(properties.root_path, fields.text("rootPath"));
  ATTACHE_ASSIGN(const std::string format, fields.text("rootPathFormat"));
  const std::optional<PathFormat> known = parse_path_format(format);
  if (!known) return fields.refuse("'rootPathFormat' is '" + printable(format) + "'");
  properties.root_path_format = *known;
  ATTACHE_ASSIGN(properties.file_system_location_name, fields.text_or_empty("fileSystemLocationName"));
  ATTACHE_ASSIGN(properties.input_manifest_path, fields.text_or_empty("inputManifestPath"));
  ATTACHE_ASSIGN(properties.input_manifest_hash, fields.text_or_empty("inputManifestHash"));
  const JsonNode* directories = node.find("outputRelativeDirectories");
  if (directories != nullptr && !directories->is(JsonNode::Kind::kNull)) {
    ATTACHE_ASSIGN(properties.output_relative_directories, fields.texts("outputRelativeDirectories"));
  }
  return properties;
}

Result<std::optional<Attachments>> read_attachments(std::string_view json) {
  ATTACHE_ASSIGN(const JsonNode read, detail::parse_json(json, kSubject, kRemedy));
  // What GetJob answers holds them as one of its members.
  const JsonNode* member = read.find("attachments");
  if (member == nullptr && read.find("jobId") != nullptr) return std::nullopt;  // a job that has none
  const JsonNode& document = member != nullptr ? *member : read;
  if (document.is(JsonNode::Kind::kNull)) return std::nullopt;
  const JsonFields fields(document, kSubject, kRemedy);
  if (!document.is(JsonNode::Kind::kObject)) return fields.refuse("they are not an object");
  if (document.members.empty()) return std::nullopt;
  Attachments attachments;
  ATTACHE_ASSIGN(const JsonNode* manifests, fields.array("manifests"));
  if (manifests == nullptr) return fields.refuse("'manifests' is missing");
  for (std::size_t i = 0; i < manifests->elements.size(); ++i) {
    ATTACHE_ASSIGN(ManifestProperties properties,
                   read_properties(manifests->elements[i], fmt::format("{}: manifest {}", kSubject, i)));
    attachments.manifests.push_back(std::move(properties));
  }
  ATTACHE_ASSIGN(const std::string file_system, fields.text_or_empty("fileSystem"));
  if (document.find("fileSystem") != nullptr) {
    const std::optional<JobAttachmentsFileSystem> known = parse_file_system(file_system);
    if (!known) return fields.refuse("'fileSystem' is '" + printable(file_system) + "'");
    attachments.file_system = *known;
  }
  return attachments;
}

void append_if_any(std::string& json, std::string_view key, const std::string& value) {
  if (!value.empty()) detail::append_member(json, key, value);
}

}  // namespace

std::string_view to_string(JobAttachmentsFileSystem file_system) {
  switch (file_system) {
    case JobAttachmentsFileSystem::kCopied:
      return "COPIED";
    case JobAttachmentsFileSystem::kVirtual:
      return "VIRTUAL";
  }
  return "unknown";
}

std::optional<JobAttachmentsFileSystem> parse_file_system(std::string_view text) {
  if (text == "COPIED") return JobAttachmentsFileSystem::kCopied;
  if (text == "VIRTUAL") return JobAttachmentsFileSystem::kVirtual;
  return std::nullopt;
}

std::string encode_manifest_properties(const ManifestProperties& properties) {
  std::string json = "{";
  detail::append_member(json, "rootPath", properties.root_path);
  append_if_any(json, "fileSystemLocationName", properties.file_system_location_name);
  detail::append_member(json, "rootPathFormat", to_string(properties.root_path_format));
  append_if_any(json, "inputManifestPath", properties.input_manifest_path);
  append_if_any(json, "inputManifestHash", properties.input_manifest_hash);
  if (!properties.output_relative_directories.empty()) {
    detail::append_member(json, "outputRelativeDirectories", properties.output_relative_directories);
  }
  json += '}';
  return json;
}

std::string encode_attachments(const Attachments& attachments) {
  std::string json = "{\"manifests\":[";
  for (const ManifestProperties& properties : attachments.manifests) {
    if (!json.ends_with('[')) json += ',';
    json += encode_manifest_properties(properties);
  }
  json += ']';
  detail::append_member(json, "fileSystem", to_string(attachments.file_system));
  json += '}';
  return json;
}

Result<ManifestProperties> parse_manifest_properties(std::string_view json) {
  return detail::guarded([&]() -> Result<ManifestProperties> {
    ATTACHE_ASSIGN(const JsonNode document, detail::parse_json(json, kSubject, kRemedy));
    return read_properties(document, kSubject);
  });
}

Result<std::optional<Attachments>> parse_attachments(std::string_view json) {
  return detail::guarded([&] { return read_attachments(json); });
}

}  // namespace attache
