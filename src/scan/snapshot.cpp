#include <attache/fsio/system_error.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/scan/snapshot.hpp>

#include "snapshot_impl.hpp"
#include "tree_output.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

Error nothing_selected(const SnapshotOptions& options, const std::vector<Omission>& omissions) {
  const auto hidden = std::count_if(omissions.begin(), omissions.end(), [](const Omission& omission) {
    return omission.reason == OmissionReason::kHidden;
  });
  std::string remedy = "check the root and the include and exclude patterns";
  if (hidden > 0) remedy += ", or include hidden files, of which there are " + std::to_string(hidden);
  return Error(ErrorCode::kNotFound, action_on("no file below", options.root) + " is selected", std::move(remedy));
}

// The list as paths below the root.
Result<std::vector<TreeScan::Given>> given_files(const SnapshotOptions& options, const LinkScope& scope) {
  std::vector<TreeScan::Given> result;
  for (const std::string& file : options.files) {
    const std::string path = normalised(file, scope.root);
    const auto relative = below(path, scope.root);
    if (!relative || relative->empty()) {
      return fail(ErrorCode::kOutsideRoot, quoted_path(file) + " is not below the root " + quoted_path(options.root),
                  "leave it out, or choose a root that holds it");
    }
    result.push_back({std::string(*relative), false});
  }
  return result;
}

template <typename M>
ScanResult<M> result_of(M manifest, ScanFindings& findings) {
  return {std::move(manifest), std::move(findings.omissions), findings.bytes_hashed, findings.files_from_cache};
}

Result<std::unique_ptr<TreeScan>> run(const SnapshotOptions& options, TreeScan::Options scan_options,
                                      const std::stop_token& stop) {
  ATTACHE_ASSIGN(std::unique_ptr<TreeScan> scan, TreeScan::open(std::move(scan_options)));
  if (!options.files.empty()) {
    ATTACHE_ASSIGN(const std::vector<TreeScan::Given> files, given_files(options, scan->scope()));
    scan->give(files);
  }
  ATTACHE_TRY(scan->run(stop));
  return scan;
}

}  // namespace

TreeScan::Options common_options(const SnapshotOptions& options) {
  TreeScan::Options result;
  result.root = options.root;
  result.include = options.include;
  result.exclude = options.exclude;
  result.include_hidden = options.include_hidden;
  result.skip_unreadable = options.skip_unreadable;
  result.cache = options.cache;
  result.tap = options.tap;
  result.threads = options.threads;
  result.skip_own_manifests = options.skip_own_manifests;
  result.progress = options.progress;
  return result;
}

Result<TreeScan::Options> options_v2023(const SnapshotOptions& options) {
  TreeScan::Options result = common_options(options);
  result.dialect = options.dialect.value_or(GlobDialect::kPython);
  result.symlinks = options.symlinks.value_or(SymlinkPolicy::kCollapseAll);
  if (result.symlinks != SymlinkPolicy::kCollapseAll && result.symlinks != SymlinkPolicy::kExcludeAll) {
    return fail(ErrorCode::kInvalidArgument,
                "format 2023-03-03 has no symbolic links: the policy " + std::string(to_string(result.symlinks)) +
                    " keeps some",
                "choose collapse-all or exclude-all, or format 2025-12");
  }
  return result;
}

TreeScan::Options options_v2025(const SnapshotOptions& options) {
  TreeScan::Options result = common_options(options);
  result.dialect = options.dialect.value_or(GlobDialect::kDesign);
  result.symlinks = options.symlinks.value_or(SymlinkPolicy::kCollapseEscaping);
  result.directories = true;
  result.chunks = ScanContext::Chunks::kAboveSize;
  result.chunk_size = options.chunk_size;
  return result;
}

Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const std::stop_token& stop) {
  return snapshot_tree(options, {}, stop);
}

Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const FileHasher::Options& hooks,
                                   const std::stop_token& stop) {
  ATTACHE_ASSIGN(TreeScan::Options scan_options, options_v2023(options));
  scan_options.hooks = hooks;
  ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, run(options, std::move(scan_options), stop));
  ATTACHE_ASSIGN(Manifest manifest, to_manifest(scan->tree(), stop));
  if (manifest.empty()) return fail(nothing_selected(options, scan->findings().omissions));
  scan->finish_progress(manifest.size());
  return result_of(std::move(manifest), scan->findings());
}

Result<RelativeTreeSnapshot> snapshot_tree_v2025(const SnapshotOptions& options, const std::stop_token& stop) {
  return snapshot_tree_v2025(options, {}, stop);
}

Result<RelativeTreeSnapshot> snapshot_tree_v2025(const SnapshotOptions& options, const FileHasher::Options& hooks,
                                                 const std::stop_token& stop) {
  TreeScan::Options scan_options = options_v2025(options);
  scan_options.hooks = hooks;
  ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, run(options, std::move(scan_options), stop));
  ScanFindings& findings = scan->findings();
  ATTACHE_ASSIGN(Snapshot manifest, to_snapshot(scan->tree(), options.empty_directories && options.files.empty(),
                                                findings.omissions, stop));
  if (!findings.link_targets.empty()) ATTACHE_TRY(include_targets(options, *scan, manifest, hooks, stop));
  scan->finish_progress(manifest.totals().files);
  order_omissions(findings.omissions);
  return result_of(std::move(manifest), findings);
}

}  // namespace attache
