#pragma once

#include <attache/cache/hash_cache.hpp>
#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/snapshot.hpp>

#include "console.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

// What the commands that scan a tree have in common.

/// Which hash cache is used.
struct CacheRequest {
  std::string directory;  ///< empty: the usual one
  bool off = false;
  bool trust_incumbent = false;
};

/// Which part of a tree a command is about, and how it is seen.
struct TreeSelection {
  std::string root;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::string config;  ///< JSON, or a file with it; counts if there are no patterns
  bool hidden = false;
  std::string symlinks;    ///< a policy; empty: the format's own
  std::string chunk_size;  ///< as parse_chunk_size() takes it
  bool skip_unreadable = false;
  CacheRequest cache;
};

/// The options of a scan, but for its progress and cache.
Result<SnapshotOptions> snapshot_options(const TreeSelection& selection);

/// compare_tree() with the manifest of a file, which must be one of a tree.
Result<TreeComparison> compare_with(const AnyManifest& manifest, const std::string& file, const CompareOptions& options,
                                    const std::stop_token& stop);
std::vector<std::string> paths_of(const std::vector<ChangedFile>& files);

/// The cache that is asked for; null without one. A cache that does not work is warned of and does nothing. `console`
/// must outlive it.
std::unique_ptr<HashCache> open_hash_cache(const CacheRequest& request, const CliEnvironment& environment,
                                           Console& console);

/// What was left out: lines for people (a few names for each reason, all with --verbose).
void report_omissions(const std::vector<Omission>& omissions, Console& console);
/// The member `leftOut`: all.
void add_omissions(JsonWriter& json, const std::vector<Omission>& omissions);
/// kIncomplete if something was skipped that could not be read.
ExitStatus status_of(const std::vector<Omission>& omissions);

}  // namespace attache
