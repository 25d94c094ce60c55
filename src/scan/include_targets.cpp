#include <attache/base/glob.hpp>
#include <attache/base/text.hpp>

#include "layers.hpp"
#include "snapshot_impl.hpp"
#include "tree_output.hpp"

#include <iterator>
#include <set>
#include <utility>

namespace attache {

// Each round scans what the links of the round before lead to, by patterns that select exactly these, and is laid under
// what is known. It ends because every target is asked for once, and there are only so many below the root.
Status include_targets(const SnapshotOptions& options, TreeScan& scan, Snapshot& manifest,
                       const FileHasher::Options& hooks, const std::stop_token& stop) {
  ScanFindings& findings = scan.findings();
  std::set<std::string> asked;
  std::vector<std::string> targets = std::move(findings.link_targets);
  while (!targets.empty()) {
    TreeScan::Options more = options_v2025(options);
    more.dialect = GlobDialect::kDesign;
    more.include.clear();
    more.exclude.clear();
    more.hooks = hooks;
    for (const std::string& target : targets) {
      auto path = below(target, scan.scope().root);
      if (!path) path = below(target, scan.tree().root().real_path);
      if (!path || path->empty() || !asked.emplace(*path).second) continue;
      const std::string text = from_posix_bytes(*path);
      if (manifest.find_file(text)) continue;
      const std::string pattern = glob_escape(text, GlobDialect::kDesign);
      more.include.push_back(pattern);
      more.include.push_back(pattern + "/**");
    }
    if (more.include.empty()) return {};
    ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> round, TreeScan::open(std::move(more)));
    ATTACHE_TRY(round->run(stop));
    ScanFindings& found = round->findings();
    ATTACHE_ASSIGN(const Snapshot part, to_snapshot(round->tree(), options.empty_directories, found.omissions, stop));
    ATTACHE_ASSIGN(manifest, laid_over(part, manifest));
    std::move(found.omissions.begin(), found.omissions.end(), std::back_inserter(findings.omissions));
    findings.bytes_hashed += found.bytes_hashed;
    findings.files_hashed += found.files_hashed;
    findings.files_from_cache += found.files_from_cache;
    targets = std::move(found.link_targets);
  }
  return {};
}

}  // namespace attache
