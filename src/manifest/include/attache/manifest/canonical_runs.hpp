#pragma once

#include <attache/manifest/tree_manifest.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace attache {

/// Goes over the files of a manifest in the order in which the format lists them: by the UTF-16 code units of their
/// full paths. Files of one directory that follow each other come as one range; nearly always that is the whole
/// directory. Not thread-safe; valid as long as the manifest. Memory: four bytes for each directory at hand.
class CanonicalRuns {
 public:
  explicit CanonicalRuns(const TreeManifest& manifest);

  /// Nothing at the end.
  std::optional<TreeManifest::FileRange> next();

 private:
  struct Frame {
    std::size_t next_file;
    std::size_t last_file;
    std::size_t first_child;  // in children_
    std::size_t next_child;
    std::size_t last_child;
  };

  void enter(DirectoryId directory);

  const TreeManifest* manifest_;
  std::vector<Frame> frames_;
  std::vector<DirectoryId> children_;  // of the directories at hand, those of the innermost last
};

}  // namespace attache
