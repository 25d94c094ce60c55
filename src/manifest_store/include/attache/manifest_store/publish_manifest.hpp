#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/manifest_store/manifest_places.hpp>
#include <attache/store/object_store.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// A manifest as it is stored: its canonical bytes, whatever the document looked like that it was read from.
struct ManifestDocument {
  std::string bytes;
  Digest hash;                    ///< of the bytes: what CreateJob calls inputManifestHash
  std::string_view content_type;  ///< of its format; readers never depend on it
};

/// kInvalidManifest for what no reader would take: a v2023-03-03 manifest without an entry, or files without a hash.
Result<ManifestDocument> document_of(const AnyManifest& manifest);
Result<ManifestDocument> document_of(const Manifest& manifest);

struct PublishOptions {
  /// Tags of the object, for rules and permissions of a service; a store without tags refuses them.
  std::map<std::string, std::string> tags{};
};

struct PublishedManifest {
  std::string key;  ///< relative to the root prefix
  std::string
      path;     ///< the key without `Manifests/`: what the service's API calls inputManifestPath, outputManifestPath
  Digest hash;  ///< of the document
  std::uint64_t bytes = 0;
};

// Each stores one manifest, with one request, after everything that the store acknowledged before has become durable:
// whoever sees a manifest can get what it names, if its data was stored before. An object that is there is replaced.

/// `Manifests/<folder>/<name>`; an empty folder is none. Without an origin there is no metadata.
Result<PublishedManifest> publish_manifest(const ManifestDocument& document, std::string_view folder,
                                           std::string_view name, const std::optional<ManifestOrigin>& origin,
                                           ObjectStore& store, const PublishOptions& options, std::stop_token stop);

/// An input manifest of a root. `guid` is random_guid(), but for tests; `root` is named as the submission spells it
/// (names.hpp). It is stored without metadata, as the incumbent stores it: what its root is, the job's attachments say.
Result<PublishedManifest> publish_input_manifest(const ManifestDocument& document, std::string_view farm_id,
                                                 std::string_view queue_id, std::string_view guid,
                                                 std::string_view root, ObjectStore& store,
                                                 const PublishOptions& options, std::stop_token stop);

/// An output manifest of a session action, of a task or, if `scope` has none, of a step that runs in chunks. See
/// output_folder(). kInvalidArgument for an origin without a root, which no reader would take.
Result<PublishedManifest> publish_output_manifest(const ManifestDocument& document, const JobScope& scope,
                                                  std::string_view session_action_id, double seconds,
                                                  const ManifestOrigin& origin, ObjectStore& store,
                                                  const PublishOptions& options, std::stop_token stop);

}  // namespace attache
