#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/scan/omission.hpp>

#include "scan_tree.hpp"

#include <stop_token>
#include <string_view>
#include <vector>

namespace attache {

// What a scan found, as manifests. They take the tree apart as they go: a directory that is written is released, so
// that tree and manifest together never take much more than the larger of the two.

/// Every hashed file.
Result<Manifest> to_manifest(ScanTree& tree, const std::stop_token& stop);

/// Files, links, and directories: those that are selected, if `empty_directories`, and those above a file. Links whose
/// targets cannot be told from references go to `omissions`.
Result<Snapshot> to_snapshot(ScanTree& tree, bool empty_directories, std::vector<Omission>& omissions,
                             const std::stop_token& stop);
/// The same below `root` (WTF-8).
Result<AbsSnapshot> to_abs_snapshot(ScanTree& tree, std::string_view root, bool empty_directories,
                                    const std::stop_token& stop);

}  // namespace attache
