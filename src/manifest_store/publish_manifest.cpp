#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/names.hpp>
#include <attache/store/cas_layout.hpp>

#include <span>
#include <utility>

namespace attache {

namespace {

ManifestDocument document_with(std::string bytes, std::string_view content_type) {
  const Digest hash = xxh128(bytes);
  return {std::move(bytes), hash, content_type};
}

tl::unexpected<Error> nothing_in_it() {
  return fail(ErrorCode::kInvalidManifest, "the manifest has no entry, and no reader takes such a one",
              "store none: a root without files has no manifest");
}

}  // namespace

Result<ManifestDocument> document_of(const Manifest& manifest) {
  if (manifest.empty()) return nothing_in_it();
  ATTACHE_ASSIGN(std::string bytes, encode_v2023(manifest));
  return document_with(std::move(bytes), content_type(AnyManifest(Manifest())));
}

Result<ManifestDocument> document_of(const AnyManifest& manifest) {
  if (const auto* const flat = std::get_if<Manifest>(&manifest)) return document_of(*flat);
  if (const TreeManifest* const tree = tree_of(manifest); tree != nullptr && tree->totals().unhashed_files > 0) {
    return fail(ErrorCode::kInvalidManifest,
                "the manifest has " + std::to_string(tree->totals().unhashed_files) + " files without a hash",
                "hash them first: 'attache manifest snapshot' does");
  }
  ATTACHE_ASSIGN(std::string bytes, encode_manifest(manifest));
  return document_with(std::move(bytes), content_type(manifest));
}

Result<PublishedManifest> publish_manifest(const ManifestDocument& document, std::string_view folder,
                                           std::string_view name, const std::optional<ManifestOrigin>& origin,
                                           ObjectStore& store, const PublishOptions& options, std::stop_token stop) {
  PutOptions put;
  put.content_type = document.content_type;
  put.tags = options.tags;
  if (origin) {
    ATTACHE_ASSIGN(put.metadata, origin_metadata(*origin));
  }
  PublishedManifest published;
  published.key = manifest_key(folder, name);
  published.path = published.key.substr(kManifestsPrefix.size());
  published.hash = document.hash;
  published.bytes = document.bytes.size();
  MemorySource source(std::as_bytes(std::span(document.bytes)));
  ATTACHE_TRY(store.make_durable(stop));
  ATTACHE_TRY(store.put(published.key, source, put, stop));
  ATTACHE_TRY(store.make_durable(stop));
  return published;
}

Result<PublishedManifest> publish_input_manifest(const ManifestDocument& document, std::string_view farm_id,
                                                 std::string_view queue_id, std::string_view guid,
                                                 std::string_view root, ObjectStore& store,
                                                 const PublishOptions& options, std::stop_token stop) {
  ATTACHE_ASSIGN(const std::string folder, input_folder(farm_id, queue_id, guid));
  ATTACHE_ASSIGN(const std::string name, input_manifest_name(root));
  return publish_manifest(document, folder, name, std::nullopt, store, options, std::move(stop));
}

Result<PublishedManifest> publish_output_manifest(const ManifestDocument& document, const JobScope& scope,
                                                  std::string_view session_action_id, double seconds,
                                                  const ManifestOrigin& origin, ObjectStore& store,
                                                  const PublishOptions& options, std::stop_token stop) {
  if (origin.asset_root.empty()) {
    return fail(ErrorCode::kInvalidArgument, "an output manifest is given without its asset root",
                "give the root that its paths are relative to");
  }
  ATTACHE_ASSIGN(const std::string folder, output_folder(scope, session_action_id, seconds));
  ATTACHE_ASSIGN(const std::string name, output_manifest_name(origin.location, origin.asset_root));
  return publish_manifest(document, folder, name, origin, store, options, std::move(stop));
}

}  // namespace attache
