#pragma once

#include <attache/scan/snapshot.hpp>

#include "tree_scan.hpp"

namespace attache {

/// What both formats take from the options.
TreeScan::Options common_options(const SnapshotOptions& options);
/// kInvalidArgument for a policy that keeps links.
Result<TreeScan::Options> options_v2023(const SnapshotOptions& options);
TreeScan::Options options_v2025(const SnapshotOptions& options);

/// The public calls, with hooks for tests.
Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const FileHasher::Options& hooks,
                                   const std::stop_token& stop);
Result<RelativeTreeSnapshot> snapshot_tree_v2025(const SnapshotOptions& options, const FileHasher::Options& hooks,
                                                 const std::stop_token& stop);

/// SymlinkPolicy::kTransitiveIncludeTargets: adds what the links that `scan` has found lead to, and what the links in
/// that lead to, and so on, to the manifest and the findings.
Status include_targets(const SnapshotOptions& options, TreeScan& scan, Snapshot& manifest,
                       const FileHasher::Options& hooks, const std::stop_token& stop);

}  // namespace attache
