#include "attachments_file.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/file.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>

namespace attache {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxBytes = 64 * kMiB;

tl::unexpected<Error> malformed(const std::string& path, const std::string& why) {
  return fail(ErrorCode::kInvalidManifest, "'" + printable(path) + "' is not the attachments of a job: " + why,
              "give the JSON document that GetJob answers, or its member 'attachments'");
}

/// A text, or nothing if it is absent or null; an error if it is something else.
Status read_text(const Json& object, const char* name, std::string& text, const std::string& where,
                 const std::string& path) {
  const auto member = object.find(name);
  if (member == object.end() || member->is_null()) return {};
  if (!member->is_string()) return malformed(path, where + "'" + name + "' is no text");
  text = member->get<std::string>();
  return {};
}

}  // namespace

Result<std::vector<JobInput>> read_attachments_file(const std::string& path) {
  ATTACHE_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) return malformed(path, "it is not JSON");
  const Json* attachments = &document;
  if (document.is_object() && document.contains("attachments")) attachments = &document["attachments"];
  std::vector<JobInput> inputs;
  if (attachments->is_null()) return inputs;  // the job has none
  if (!attachments->is_object()) return malformed(path, "it is no object");
  const auto manifests = attachments->find("manifests");
  if (manifests == attachments->end()) {
    if (attachments->empty()) return inputs;
    return malformed(path, "it has no 'manifests'");
  }
  if (!manifests->is_array()) return malformed(path, "'manifests' is no list");
  for (std::size_t i = 0; i < manifests->size(); ++i) {
    const Json& manifest = (*manifests)[i];
    const std::string where = "in manifest " + std::to_string(i) + " ";
    if (!manifest.is_object()) return malformed(path, "manifest " + std::to_string(i) + " is no object");
    JobInput input;
    ATTACHE_TRY(read_text(manifest, "rootPath", input.root_path, where, path));
    ATTACHE_TRY(read_text(manifest, "fileSystemLocationName", input.location, where, path));
    ATTACHE_TRY(read_text(manifest, "inputManifestPath", input.manifest_path, where, path));
    ATTACHE_TRY(read_text(manifest, "inputManifestHash", input.manifest_hash, where, path));
    if (input.root_path.empty()) return malformed(path, where + "'rootPath' is missing");
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace attache
