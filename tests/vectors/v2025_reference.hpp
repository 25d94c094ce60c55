#pragma once

#include "v2025_model.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The operations of v2025-12 once more, as plainly as they can be said, on sets of paths: as decided (section 0)
// without any flag, and with flags as the recorded program works. Where its answer is another than the library's, that
// must be what the flags make of the input, and the library's must be what the decisions make of it. Written from the
// specification; far too slow for anything but vectors. Snapshots and diffs are expected as build() accepts them.

namespace attache::vectors {

struct DiffForm {
  bool ignore_hashes = false;
  bool preserve_runnable = false;
  bool only_listed = false;  ///< no directory is implied
  bool text_prefix = false;  ///< a file `ab` keeps the directory `a`
};
Tree plain_diff(Tree parent, Tree current, const std::string& parent_hash, const DiffForm& form);

struct LayerForm {
  bool only_listed = false;   ///< no directory is implied
  bool delete_trees = false;  ///< a deleted directory takes along what is in it, and goes before files are looked at
  bool coexist = false;       ///< a file and a directory may stand at one path
};
Tree plain_apply(Tree base, std::vector<Tree> diffs, const LayerForm& form);
/// At least one layer.
Tree plain_compose(std::vector<Tree> layers, const LayerForm& form);

struct FilterForm {
  bool crosses_slash = false;  ///< `*`, `?` and classes match `/`
  bool literal = false;        ///< braces and backslashes are ordinary characters, and no component vanishes
  bool drop_empty = false;     ///< a directory stays only above a kept file
  bool text_prefix = false;    ///< and `a` is above `ab`
};
/// The patterns compile in GlobDialect::kDesign.
Tree plain_filter(Tree manifest, const std::vector<std::string>& include, const std::vector<std::string>& exclude,
                  const FilterForm& form);
/// A pattern that means in the design's dialect what the recorded engine takes the pattern for.
std::string literal_pattern(const std::string& pattern);

/// A path as a caller gives it: `\` counts as `/`, final slashes vanish.
std::string normalised(std::string path);
/// Why a normalised path is refused: it is absolute in a relative manifest or the reverse, or has bad components.
std::optional<Deviation> path_fault(const std::string& given, PathStyle style);

struct Cut {
  Tree part;
  std::vector<std::string> outside;  ///< links that lead out of the part: they are not in it
};
Cut plain_subtree(const Tree& manifest, const std::string& given);
Tree plain_join(const Tree& manifest, const std::string& given, PathStyle style);
using Parts = std::vector<std::pair<std::string, Tree>>;  ///< by root
/// Without roots: each drive, and else the deepest directory that holds all files and empty directories of the file
/// system.
std::vector<std::string> plain_roots(const Tree& manifest);

// As the recorded program does them: by text, with targets as they are written.
Model textual_subtree(const Model& manifest, const std::string& given);
Model textual_join(const Model& manifest, const std::string& given);
std::vector<std::string> textual_roots(const Model& manifest);

}  // namespace attache::vectors
