#include <attache/base/guarded.hpp>
#include <attache/base/json_reader.hpp>
#include <attache/manifest/any_manifest.hpp>

#include <algorithm>
#include <utility>

namespace attache {

namespace {

using detail::JsonReader;
using detail::JsonValue;

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// Canonical documents show their format at both ends; telling it from there saves a pass over all entries. Nothing if
// the document is not certain to be one of these.
std::optional<ManifestFormat> quick_format(std::string_view document) {
  // No other key may decide: not `specificationVersion`, nor a second `manifestVersion`, nor either with escapes in it.
  constexpr std::string_view kHead = R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)";
  if (document.starts_with(kHead) && document.find("Version\"", kHead.size()) == std::string_view::npos &&
      document.find("\\u00", kHead.size()) == std::string_view::npos) {
    return ManifestFormat::kV2023_03_03;
  }
  // ...,"specificationVersion":"<text>","totalSize":<digits>}: the last brace is that of the document.
  if (!document.starts_with(R"({"dirs":[)") || !document.ends_with('}')) return std::nullopt;
  std::string_view rest = document.substr(0, document.size() - 1);
  const std::size_t digits = rest.find_last_not_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  rest = rest.substr(0, digits + 1);
  constexpr std::string_view kTotal = R"(","totalSize":)";
  if (!rest.ends_with(kTotal)) return std::nullopt;
  rest.remove_suffix(kTotal.size());
  for (const PathStyle style : {PathStyle::kRelative, PathStyle::kAbsolute}) {
    for (const ManifestKind kind : {ManifestKind::kSnapshot, ManifestKind::kDiff}) {
      const std::string end = R"(,"specificationVersion":")" + std::string(specification_version(style, kind));
      if (rest.ends_with(end)) return ManifestFormat::kV2025_12;
    }
  }
  return std::nullopt;
}

ManifestFormat detected(std::string_view document) {
  if (const auto quick = quick_format(document)) return *quick;
  JsonReader reader(document);
  if (reader.peek() != '{') return ManifestFormat::kV2023_03_03;
  reader.enter();
  JsonValue specification;
  JsonValue version;
  JsonValue other;
  std::string specification_scratch;
  std::string version_scratch;
  std::string skipped;
  std::string_view key;
  bool good = true;
  for (bool first = true; good && reader.next_member(first, key);) {
    if (key == "specificationVersion") {
      good = reader.read_value(specification, specification_scratch, 1);
    } else if (key == "manifestVersion") {
      good = reader.read_value(version, version_scratch, 1);
    } else {
      good = reader.read_value(other, skipped, 1);
    }
  }
  // In a broken text what came before the fault decides whose words describe it.
  if (specification.kind == JsonValue::Kind::kString) return ManifestFormat::kV2025_12;
  const bool later = version.kind == JsonValue::Kind::kString && version.text.starts_with("2025-12");
  const bool untold = version.kind == JsonValue::Kind::kMissing && document.starts_with(R"({"dirs":)");
  return later || untold ? ManifestFormat::kV2025_12 : ManifestFormat::kV2023_03_03;
}

}  // namespace

std::string_view to_string(ManifestFormat format) {
  switch (format) {
    case ManifestFormat::kV2023_03_03:
      return "2023-03-03";
    case ManifestFormat::kV2025_12:
      return "2025-12";
  }
  return {};
}

Result<ManifestFormat> detect_format(std::string_view document) {
  return detail::guarded([&]() -> Result<ManifestFormat> { return detected(document); });
}

Result<AnyManifest> decode_manifest(std::string_view document, const DecodeOptions& options, DecodeRule* broken) {
  return detail::guarded([&]() -> Result<AnyManifest> {
    if (detected(document) == ManifestFormat::kV2023_03_03) {
      ATTACHE_ASSIGN(Manifest manifest, decode_v2023(document, broken));
      return AnyManifest(std::move(manifest));
    }
    ATTACHE_ASSIGN(AnyTreeManifest manifest, decode_v2025(document, options, broken));
    return std::visit([](auto&& each) { return AnyManifest(std::forward<decltype(each)>(each)); }, std::move(manifest));
  });
}

Result<Violations> validate_manifest(std::string_view document, const DecodeOptions& options, std::size_t limit) {
  ATTACHE_ASSIGN(const ManifestFormat format, detect_format(document));
  if (format == ManifestFormat::kV2023_03_03) return validate_v2023(document, limit);
  return validate_v2025(document, options, limit);
}

ManifestFormat format_of(const AnyManifest& manifest) {
  return std::holds_alternative<Manifest>(manifest) ? ManifestFormat::kV2023_03_03 : ManifestFormat::kV2025_12;
}

const TreeManifest* tree_of(const AnyManifest& manifest) {
  return std::visit(Overloaded{[](const Manifest&) -> const TreeManifest* { return nullptr; },
                               [](const TreeManifest& tree) -> const TreeManifest* { return &tree; }},
                    manifest);
}

std::string_view type_name(const AnyManifest& manifest) {
  const TreeManifest* const tree = tree_of(manifest);
  if (tree == nullptr) return "v2023-03-03 manifest";
  const bool snapshot = tree->kind() == ManifestKind::kSnapshot;
  if (tree->style() == PathStyle::kRelative) return snapshot ? "relative snapshot" : "relative diff";
  return snapshot ? "absolute snapshot" : "absolute diff";
}

Result<std::string> encode_manifest(const AnyManifest& manifest) {
  return std::visit(Overloaded{[](const Manifest& each) { return encode_v2023(each); },
                               [](const TreeManifest& tree) { return encode_v2025(tree); }},
                    manifest);
}

Status encode_manifest(const AnyManifest& manifest, const ManifestSink& sink) {
  return std::visit(Overloaded{[&](const Manifest& each) { return encode_v2023(each, sink); },
                               [&](const TreeManifest& tree) { return encode_v2025(tree, sink); }},
                    manifest);
}

Result<Digest> manifest_hash(const AnyManifest& manifest) {
  return std::visit(Overloaded{[](const Manifest& each) { return manifest_hash(each); },
                               [](const TreeManifest& tree) { return manifest_hash(tree); }},
                    manifest);
}

std::string_view content_type(const AnyManifest& manifest) {
  const TreeManifest* const tree = tree_of(manifest);
  if (tree == nullptr) return "application/x-deadline-manifest-2023-03-03";
  const bool snapshot = tree->kind() == ManifestKind::kSnapshot;
  if (tree->style() == PathStyle::kRelative) {
    return snapshot ? "application/x-deadline-manifest-2025-12; spec=relative-manifest-snapshot-beta-2025-12"
                    : "application/x-deadline-manifest-2025-12; spec=relative-manifest-diff-beta-2025-12";
  }
  return snapshot ? "application/x-deadline-manifest-2025-12; spec=absolute-manifest-snapshot-beta-2025-12"
                  : "application/x-deadline-manifest-2025-12; spec=absolute-manifest-diff-beta-2025-12";
}

}  // namespace attache
