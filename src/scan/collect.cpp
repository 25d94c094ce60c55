#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/scan/collect.hpp>

#include "layers.hpp"
#include "tree_output.hpp"
#include "tree_scan.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

namespace attache {

namespace {

/// Collects layer by layer: each directory that lies in no other, then the files given by name, then what links lead
/// to.
class Collector {
 public:
  Collector(const CollectOptions& options, const std::stop_token& stop) : options_(options), stop_(stop) {}

  Result<ScanResult<AbsSnapshot>> run() {
    std::error_code error;
    base_ = std::filesystem::current_path(error).string();
    if (error && needs_base()) {
      return fail(ErrorCode::kIo, "the working directory is not known", "give absolute paths");
    }
    directories_ = normalised_all(options_.directories);
    std::sort(directories_.begin(), directories_.end());
    directories_.erase(std::unique(directories_.begin(), directories_.end()), directories_.end());
    const bool all = options_.include.empty() && options_.exclude.empty();
    for (const std::string& directory : directories_) {
      // Without patterns everything in a directory is in those that hold it.
      if (all && lies_in_another(directory)) continue;
      ATTACHE_TRY(collect_directory(directory, options_.include, options_.exclude));
    }
    std::vector<TreeScan::Given> files;
    files.reserve(options_.files.size() + options_.optional_files.size());
    for (const std::string& file : normalised_all(options_.files)) files.push_back({file.substr(1), true});
    for (const std::string& file : normalised_all(options_.optional_files)) files.push_back({file.substr(1), false});
    ATTACHE_TRY(collect_files(files));
    while (!targets_.empty()) ATTACHE_TRY(collect_targets());
    order_omissions(result_.omissions);
    return std::move(result_);
  }

 private:
  bool needs_base() const {
    const auto relative = [](const std::string& path) { return !path.starts_with('/'); };
    return std::any_of(options_.directories.begin(), options_.directories.end(), relative) ||
           std::any_of(options_.files.begin(), options_.files.end(), relative) ||
           std::any_of(options_.optional_files.begin(), options_.optional_files.end(), relative);
  }

  std::vector<std::string> normalised_all(const std::vector<std::string>& paths) const {
    std::vector<std::string> result;
    result.reserve(paths.size());
    for (const std::string& path : paths) result.push_back(normalised(path, base_));
    return result;
  }

  bool lies_in_another(const std::string& directory) const {
    return std::any_of(directories_.begin(), directories_.end(),
                       [&](const std::string& other) { return other != directory && below(directory, other); });
  }

  TreeScan::Options scan_options(const std::string& root) const {
    TreeScan::Options result;
    result.root = root;
    result.dialect = GlobDialect::kDesign;
    result.symlinks = options_.symlinks;
    result.directories = true;
    result.absolute = true;
    result.inside = directories_;
    result.hash = false;
    result.skip_unreadable = options_.skip_unreadable;
    result.threads = options_.threads;
    result.skip_own_manifests = false;
    result.progress = options_.progress;
    return result;
  }

  Status collect_directory(const std::string& directory, const std::vector<std::string>& include,
                           const std::vector<std::string>& exclude) {
    TreeScan::Options options = scan_options(directory);
    options.include = include;
    options.exclude = exclude;
    ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, TreeScan::open(std::move(options)));
    ATTACHE_TRY(scan->run(stop_));
    return add(*scan, directory);
  }

  Status collect_files(const std::vector<TreeScan::Given>& files) {
    if (files.empty()) return {};
    TreeScan::Options options = scan_options("/");
    options.root_is_inside = false;
    ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, TreeScan::open(std::move(options)));
    scan->give(files);
    ATTACHE_TRY(scan->run(stop_));
    return add(*scan, "/");
  }

  Status add(TreeScan& scan, const std::string& root) {
    ScanFindings& found = scan.findings();
    for (Omission& omission : found.omissions) {
      omission.path = join_path(from_posix_bytes(root), omission.path);
      result_.omissions.push_back(std::move(omission));
    }
    std::move(found.link_targets.begin(), found.link_targets.end(), std::back_inserter(targets_));
    ATTACHE_ASSIGN(AbsSnapshot part,
                   to_abs_snapshot(scan.tree(), from_posix_bytes(root), options_.empty_directories, stop_));
    // The directory itself is there, although it holds nothing.
    if (result_.manifest.file_count() == 0 && result_.manifest.directory_count() <= 1) {
      result_.manifest = std::move(part);
    } else {
      ATTACHE_ASSIGN(result_.manifest, laid_over(part, result_.manifest));
    }
    return {};
  }

  // Whatever the links lead to that is not there yet; each is asked for once. What leads nowhere is nothing to add.
  Status collect_targets() {
    std::vector<TreeScan::Given> files;
    std::vector<std::string> directories;
    for (const std::string& target : std::exchange(targets_, {})) {
      if (!asked_.insert(target).second) continue;
      const std::string text = from_posix_bytes(target);
      if (result_.manifest.find_file(text)) continue;
      const std::size_t slash = target.rfind('/');
      if (target == "/") continue;  // a link to everything there is: nobody means that
      const auto parent = Directory::open(slash == 0 ? "/" : target.substr(0, slash));
      FileStatus status;
      if (!parent || parent->status(target.c_str() + slash + 1, Links::kNoFollow, status) != 0) continue;
      if (status.kind == FileKind::kDirectory) {
        directories.push_back(target);
      } else {
        files.push_back({target.substr(1), false});
      }
    }
    for (const std::string& directory : directories) ATTACHE_TRY(collect_directory(directory, {}, {}));
    return collect_files(files);
  }

  const CollectOptions& options_;
  const std::stop_token& stop_;
  std::string base_;
  std::vector<std::string> directories_;
  ScanResult<AbsSnapshot> result_;
  std::vector<std::string> targets_;
  std::set<std::string> asked_;
};

}  // namespace

Result<ScanResult<AbsSnapshot>> collect(const CollectOptions& options, const std::stop_token& stop) {
  return Collector(options, stop).run();
}

}  // namespace attache
