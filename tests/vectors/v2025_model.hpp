#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include "vector_case.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Manifests of v2025-12 in the model form of the vectors (GOLDEN.md), and what can be said of them without the library:
// the canonical text, implied directories, other readings of link targets. All of it follows the specification and not
// the library's code, so that the two can be compared.

namespace attache::vectors {

struct ModelDirectory {
  std::string path;
  bool deleted = false;
};

struct ModelFile {
  std::string path;
  Json members;  ///< all but "path"
};

/// A manifest as a vector lists it: in any order, perhaps with duplicates or with what no manifest may hold.
struct Model {
  PathStyle style = PathStyle::kRelative;
  ManifestKind kind = ManifestKind::kSnapshot;
  std::optional<std::string> parent_hash;
  std::vector<ModelDirectory> directories;
  std::vector<ModelFile> files;
};

enum class Placeholders {
  kReplace,  ///< short hash texts become the digests that they stand for
  kKeep,
};
/// MalformedCase if this is no model form. "totalSize" is left to the caller.
Model parse_model(const Json& form, Placeholders placeholders = Placeholders::kReplace);
std::optional<ManifestKind> kind_of(std::string_view specification);
std::optional<PathStyle> style_of(std::string_view specification);

/// The same as sets: what there is at each path.
struct Tree {
  PathStyle style = PathStyle::kRelative;
  ManifestKind kind = ManifestKind::kSnapshot;
  std::optional<std::string> parent_hash;
  std::map<std::string, bool> directories;  ///< path and whether it is deleted
  std::map<std::string, Json> files;        ///< path and what a manifest keeps of its members
};
/// Of duplicates the last.
Tree tree_of(const Model& model);
Tree tree_of(const TreeManifest& manifest);
Json json_of(const Tree& tree);

/// The manifest of a model. An error if the library refuses it, or if its types cannot hold it at all (no size, two
/// contents).
Result<AnyTreeManifest> build(const Model& model);
const TreeManifest& tree_manifest_of(const AnyTreeManifest& manifest);

// --- paths -----------------------------------------------------------------------------------------------------------

/// Bytes of `/`, `X:/` or `//server/share/` at the beginning of an absolute path (without the last `/` if nothing
/// follows); 0 for other paths.
std::size_t anchor_size(std::string_view path);
bool is_absolute(std::string_view path);
/// The directories above a path, from above, without the places where paths begin.
std::vector<std::string> ancestors_of(std::string_view path, PathStyle style);
/// Strictly below, by components; everything is below "", and below "/" what is absolute.
bool is_below(std::string_view path, std::string_view directory);

// --- section 0.3: implied directories
// ----------------------------------------------------------------------------------

/// With every proper ancestor of every entry. Those that stand only above deletions are live too, unless they cannot
/// be: below a deleted directory, or where a live file is.
Tree complete(Tree tree);
bool is_complete(const Model& model);

// --- section 0.4: link targets
// -----------------------------------------------------------------------------------------

/// What the vectors mean: their targets are relative to the link's directory. The same with targets relative to the
/// root (or absolute, in an absolute manifest), resolved lexically; one that leaves the root keeps its `..`.
Model with_root_targets(Model model);
std::string root_target(std::string_view link, std::string_view target, PathStyle style);
/// A target that is relative to the root, or absolute, without `.`, `..` and empty components: what it means.
std::string resolved_target(std::string_view target, PathStyle style);
/// The same of all links: for comparing what operations do, which need not keep a spelling.
Tree with_resolved_targets(Tree tree);

// --- texts
// -------------------------------------------------------------------------------------------------------------

struct TextForm {
  bool ancestors = false;    ///< list what is implied
  bool all_members = false;  ///< everything that a model says; else what an encoder writes
  bool ascii = true;         ///< `\u` escapes for what is above 0x7E; else UTF-8
};
/// The canonical text of a model, duplicates of files included.
std::string text_of_model(const Model& model, TextForm form);
/// Every character above 0x7E as `\uXXXX`.
std::string ascii_escaped(std::string_view text);
/// A document with the digests that short texts in "hash", "chunkhashes" and "parentManifestHash" stand for.
std::string replace_placeholders(std::string_view document);

}  // namespace attache::vectors
