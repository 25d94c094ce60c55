#pragma once

#include "scan_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// The WTF-8 text of a name: the name itself, or `scratch`.
std::string_view text_of(std::string_view native, std::string& scratch);

/// Puts the files of a directory in canonical order of their names; they mostly are.
void order_files(ScanDirectory& directory);
/// Puts its directories in the order of their names' bytes, without those that are left out.
void order_children(ScanDirectory& directory);

/// Goes over a tree in canonical order of full paths (by their UTF-16 units): a directory counts as its name and `/`.
/// The order within each directory is made when it is entered; between directories it is a merge. A directory that was
/// left can be released. Memory: a path, and a few words for each level.
class TreeOrder {
 public:
  explicit TreeOrder(ScanDirectory& root) { enter(root); }

  /// Files [first, last) of `directory` follow each other; nothing in between. With `finished` no more of it follow.
  struct Run {
    ScanDirectory* directory = nullptr;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool finished = false;
  };
  /// False at the end.
  bool next(Run& run);
  /// The WTF-8 path of the last run's directory, with `/` at its end unless it is empty.
  const std::string& prefix() const { return prefix_; }

 private:
  struct Frame {
    ScanDirectory* directory;
    std::uint32_t file;
    std::size_t child;
    std::size_t prefix;  // length of prefix_ in it
  };

  void enter(ScanDirectory& directory);
  std::uint32_t files_before(const ScanDirectory& directory, std::uint32_t from, const ScanDirectory& child);

  std::vector<Frame> frames_;
  std::string prefix_;
  std::string scratch_;
};

}  // namespace attache
