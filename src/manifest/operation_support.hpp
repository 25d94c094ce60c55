#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include "finish_tree.hpp"
#include "tree_assembler.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace attache::detail {

inline constexpr std::uint32_t kNotMade = TreeAssembler::kNoDirectory;

/// The flags of a directory that is copied: whatever is there counts as listed.
inline std::uint32_t flags_of(const DirEntry& entry) {
  if (entry.is_anchor) return TreeAssembler::DirectoryRecord::kAnchor;
  return TreeAssembler::DirectoryRecord::kListed | (entry.deleted ? TreeAssembler::DirectoryRecord::kDeleted : 0U);
}

/// The end of an operation.
template <typename M>
Result<M> finish_operation(TreeAssembler&& assembler) {
  return finish_tree<M>(std::move(assembler), ErrorCode::kInvalidManifest);
}

/// Gives a link's target anew; false: leave the link out. An error ends the copy.
using TargetChange = std::function<Result<bool>(const FileEntry& link, std::string& target)>;

/// Copies everything below a directory to below another one; shares do not lie below "/". Without a change, targets
/// stay as they are. kInvalidArgument if a directory would lie too deep, kInvalidManifest if a path or a target would
/// be one that the format does not allow there.
Status copy_below(const TreeManifest& from, DirectoryId directory, TreeAssembler& to, std::uint32_t target,
                  const TargetChange& change = {});

/// A path as a caller gives it: backslashes count as slashes, but not in a path that begins with '/', where they are
/// characters of names; final slashes vanish ("/" itself becomes empty, "C:/" becomes "C:").
std::string normalised(std::string_view path);

/// `.`, `..` and empty components of a path taken out, as far as they can be: "a/./b/../c" becomes "a/c". Nothing for a
/// relative path that leads above its beginning, and for an absolute one that leads above its root.
std::optional<std::string> resolved(std::string_view path);

/// `path` with a final slash, unless it is empty or has one: what stands before a name in that directory.
std::string as_prefix(std::string path);

}  // namespace attache::detail
