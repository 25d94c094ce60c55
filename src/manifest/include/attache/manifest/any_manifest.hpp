#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/manifest/violation.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace attache {

// For programs that take manifests of either format.

enum class ManifestFormat { kV2023_03_03, kV2025_12 };
/// "2023-03-03", "2025-12"
std::string_view to_string(ManifestFormat format);

/// The format that a document claims: 2025-12 if it has a text `specificationVersion`, else what `manifestVersion`
/// says, and 2023-03-03 if that is neither, so that its decoder explains what is wrong. Reads the members of the
/// document, not its entries' meaning.
Result<ManifestFormat> detect_format(std::string_view document);

/// Any of the five types.
using AnyManifest = std::variant<Manifest, Snapshot, SnapshotDiff, AbsSnapshot, AbsSnapshotDiff>;

/// decode_v2023() or decode_v2025(), by detect_format().
Result<AnyManifest> decode_manifest(std::string_view document, const DecodeOptions& options = {},
                                    DecodeRule* broken = nullptr);
/// validate_v2023() or validate_v2025(), by detect_format().
Result<Violations> validate_manifest(std::string_view document, const DecodeOptions& options = {},
                                     std::size_t limit = kMaxListedViolations);

ManifestFormat format_of(const AnyManifest& manifest);
/// The tree, or null for a v2023-03-03 manifest.
const TreeManifest* tree_of(const AnyManifest& manifest);
/// "v2023-03-03 manifest", "relative snapshot", "relative diff", "absolute snapshot", "absolute diff"
std::string_view type_name(const AnyManifest& manifest);

Result<std::string> encode_manifest(const AnyManifest& manifest);
Status encode_manifest(const AnyManifest& manifest, const ManifestSink& sink);
Result<Digest> manifest_hash(const AnyManifest& manifest);

/// What a store is told about the object: `application/x-deadline-manifest-2023-03-03`, or
/// `application/x-deadline-manifest-2025-12; spec=<specificationVersion>`. Readers never depend on it.
std::string_view content_type(const AnyManifest& manifest);

}  // namespace attache
