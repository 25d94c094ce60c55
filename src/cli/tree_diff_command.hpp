#pragma once

#include "tree_selection.hpp"

#include <string>

namespace attache {

/// `attache manifest diff --root R --manifest F`: what has changed in a tree, as the incumbent's command of that name.
struct TreeDiffCommand {
  TreeSelection selection;
  std::string manifest;
  bool force_rehash = false;  ///< compare by content
};
Result<ExitStatus> run_tree_diff(const TreeDiffCommand& command, const CliEnvironment& environment, Console& console);

}  // namespace attache
