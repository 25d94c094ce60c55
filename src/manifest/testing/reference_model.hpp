#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Manifests of format 2025-12 a second time, for tests: two maps by path, and every operation written down from the
// specification in the plainest way, whatever it costs. It shares nothing with the library but text and digests, so
// that what both say is not said wrong twice by one mistake.

namespace attache::testing {

struct ModelFile {
  FileContent content = FileContent::kUnhashed;
  bool runnable = false;
  Digest hash{};
  std::vector<Digest> chunks{};
  std::string target{};
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;

  bool is_live() const { return content != FileContent::kDeleted; }
  static ModelFile deletion() { return {.content = FileContent::kDeleted}; }
  friend bool operator==(const ModelFile&, const ModelFile&) = default;
};

struct Model {
  PathStyle style = PathStyle::kRelative;
  ManifestKind kind = ManifestKind::kSnapshot;
  std::optional<Digest> parent_hash{};
  std::map<std::string, ModelFile> files{};
  /// Whether deleted. What lies above an entry is always there. A deleted one with something live in it is made anew.
  std::map<std::string, bool> directories{};

  friend bool operator==(const Model&, const Model&) = default;
};

/// "a/b" of "a/b/c", "" of "a", "/" of "/a", "C:/" of "C:/a", "//s/t/" of "//s/t/a", "" of each of the last.
std::string parent_of(std::string_view path, PathStyle style);
/// Directories above an entry, the outermost first, without what absolute paths begin with.
std::vector<std::string> ancestors_of(std::string_view path, PathStyle style);
/// "x" in "a" is "a/x", in "" it is "x", in "C:/" it is "C:/x".
std::string in_directory(std::string_view directory, std::string_view name);
/// Whether a path lies strictly below a directory; "" holds every relative path.
bool is_below(std::string_view path, std::string_view directory);

/// Adds the directories above the entries that are not there. In a diff one that stands above deletions only is live,
/// unless it is below a deleted directory or where a live file is.
void complete(Model& model);

/// Nothing wrong with it that an operation may bring about: sizes that do not add up in 64 bits, a link's target that
/// would be read as a reference, an absolute path in a relative manifest.
bool is_writable(const Model& model);

std::string model_encode(const Model& model);
Digest model_hash(const Model& model);

// --- operations; an error has a code and says nothing ----------------------------------------------------------------

struct ModelDiffOptions {
  bool ignore_hashes = false;
  bool preserve_runnable = false;
};
Model model_diff(const Model& parent, const Model& current, const ModelDiffOptions& options = {});
/// Without a look at the parent's hash.
Model model_apply(Model base, const Model& diff);
/// At least one layer.
Model model_compose(const std::vector<Model>& layers);
Model model_merge(std::vector<std::pair<Model, std::int64_t>> manifests);
Model model_filter(const Model& model, const std::function<bool(const std::string&, const ModelFile*)>& accepts);

struct ModelCut {
  Model model;
  std::vector<std::string> excluded;  ///< links, in the order of their paths' bytes
};
/// `directory` without a final slash, but for "/"; "" for everything of a relative manifest.
Result<ModelCut> model_subtree(const Model& model, const std::string& directory, bool exclude_links);
/// An error if something lies outside; what `root` lies in is not outside.
Result<ModelCut> model_to_relative(const Model& model, const std::string& root, bool exclude_links);
struct ModelParts {
  std::map<std::string, Model> by_root;
  std::vector<std::string> excluded;  ///< links, in the order of their paths' bytes
};
/// Without roots: one for each file system.
Result<ModelParts> model_partition(const Model& model, std::vector<std::string> roots,
                                   const std::vector<std::string>& referenced, bool exclude_links);
/// The same for relative and absolute directories.
Model model_join(const Model& model, const std::string& directory, PathStyle style);

// --- to and from the library's
// -----------------------------------------------------------------------------------------

Model model_of(const TreeManifest& manifest);

/// The manifest, or why the library refuses it. `order` gives the order in which entries are added: of `count` ones
/// that are left, which is next.
using Order = std::function<std::size_t(std::size_t count)>;
template <typename M>
Result<M> built(const Model& model, const Order& order = {});

}  // namespace attache::testing
