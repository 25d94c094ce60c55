#pragma once

#include <attache/manifest/tree_manifest.hpp>

#include <memory>

namespace attache {

/// Collects the entries of a manifest of format 2025-12, in any order. Not thread-safe. Every function that takes a
/// path checks it: kInvalidArgument, naming the path and the rule, for what the format does not allow (see
/// codec_v2025.hpp), and the builder is as before. Use TreeBuilder<Snapshot> and its like.
class TreeBuilderBase {
 public:
  TreeBuilderBase(TreeBuilderBase&&) noexcept;
  TreeBuilderBase& operator=(TreeBuilderBase&&) noexcept;
  ~TreeBuilderBase();

  /// Room for this many files and bytes of names in all, so that the arrays are not copied while they grow.
  Status reserve(std::size_t files, std::size_t text_bytes);

  /// A directory; those above it come by themselves. Adding one again changes nothing, unless it was deleted.
  Status add_directory(std::string_view path);
  /// Diffs only.
  Status add_deleted_directory(std::string_view path);
  /// A file, a link or (diffs only) a deletion. That a path is given twice is found by build().
  Status add_file(std::string_view path, const FileData& data);

  /// For producers that walk a tree: a directory once, then its files by name. The ids are this builder's own.
  Result<DirectoryId> enter(std::string_view path);
  Result<DirectoryId> enter(DirectoryId parent, std::string_view name);
  Status add_file(DirectoryId directory, std::string_view name, const FileData& data);

  std::size_t file_count() const;

 protected:
  TreeBuilderBase(PathStyle style, ManifestKind kind);
  /// Made when it is first needed, by functions that can report that there is no memory for it.
  TreeAssembler& assembler();

  PathStyle style_;
  ManifestKind kind_;
  std::unique_ptr<TreeAssembler> assembler_;

 private:
  std::optional<Error> check(DirectoryId directory, std::string_view name);
  Status check(std::string_view path, const FileData& data);
  Status list(std::string_view path, bool deleted);
};

/// TreeBuilder<Snapshot>, TreeBuilder<SnapshotDiff>, ...
template <typename M>
class TreeBuilder : public TreeBuilderBase {
 public:
  TreeBuilder() : TreeBuilderBase(M::kStyle, M::kKind) {}

  /// The manifest. kInvalidArgument, naming the path, if a path is there twice, or live as both file and directory, or
  /// if a link's target could not be written without ambiguity. O(n log n), and
  /// linear if everything was added in order. The builder is spent, whatever the outcome.
  Result<M> build() && requires(M::kKind == ManifestKind::kSnapshot);
  Result<M> build(const Digest& parent_hash) && requires(M::kKind == ManifestKind::kDiff);
};

}  // namespace attache
