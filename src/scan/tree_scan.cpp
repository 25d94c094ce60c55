#include "tree_scan.hpp"

#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/paths/names.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>

namespace attache {

namespace {

// Each has a buffer, and no file system answers more at a time.
constexpr unsigned kMaxThreads = 256;

Result<Directory> open_root(const std::string& path) {
  if (path.empty()) return fail(ErrorCode::kInvalidArgument, "no root was given", "name the directory to scan");
  auto root = Directory::open(path);
  std::error_code ignored;
  if (!root && std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored)) {
    return fail(ErrorCode::kInvalidArgument, action_on("cannot scan", path) + ": it is not a directory",
                "name the directory that holds the files");
  }
  return root;
}

std::string working_directory() {
  std::error_code error;
  const std::string path = std::filesystem::current_path(error).string();
  return error ? "/" : path;
}

// A manifest's name holds the hash of the root as it was written on some earlier command line: as given now, or in
// full.
std::vector<Digest> own_root_hashes(const TreeScan::Options& options, const std::string& absolute,
                                    const std::string& real) {
  std::vector<Digest> hashes;
  if (!options.skip_own_manifests) return hashes;
  for (const std::string& text : {options.root, absolute, real}) {
    const auto hash =
        root_hash(from_posix_bytes(text));  // none for a root that is not UTF-8: it has no manifests either
    if (!text.empty() && hash && std::find(hashes.begin(), hashes.end(), *hash) == hashes.end())
      hashes.push_back(*hash);
  }
  return hashes;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> directories_above(const Directory& root) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> result;
  auto status = root.status();
  std::string up = "..";
  // The top is its own parent. Where permissions end, links to what is further up are followed like any other.
  while (status && result.size() < 1000) {
    const auto parent = root.status(up);
    if (!parent || !*parent) break;
    if ((*parent)->device == status->device && (*parent)->inode == status->inode) break;
    result.emplace_back((*parent)->device, (*parent)->inode);
    status = **parent;
    up += "/..";
  }
  return result;
}

Error missing_error(const Unreadable& missing, const std::string& root) {
  return Error(ErrorCode::kNotFound,
               (missing.count() == 1 ? std::string("a file is") : std::to_string(missing.count()) + " files are") +
                   " not there, below " + quoted_path(root) + ": " + missing.list(),
               "check the names, or give them as optional files");
}

}  // namespace

void order_omissions(std::vector<Omission>& omissions) {
  std::sort(omissions.begin(), omissions.end(), [](const Omission& a, const Omission& b) {
    const int order = compare_utf16(a.path, b.path);
    return order != 0 ? order < 0 : a.reason < b.reason;
  });
}

TreeScan::TreeScan(Options options, Directory root, GlobSet globs, LinkScope scope)
    : options_(std::move(options)),
      root_(std::move(root)),
      globs_(std::move(globs)),
      scope_(std::move(scope)),
      threads_(std::min(options_.threads > 0 ? options_.threads : WorkerGroup::default_size(), kMaxThreads)),
      progress_(options_.progress),
      tree_(threads_) {}

Result<std::unique_ptr<TreeScan>> TreeScan::open(Options options) {
  ATTACHE_ASSIGN(Directory root, open_root(options.root));
  LinkScope scope{normalised(options.root, working_directory()), options.absolute, options.root_is_inside,
                  options.inside};
  ATTACHE_ASSIGN(GlobSet globs, GlobSet::compile(options.include, options.exclude,
                                                 {.dialect = options.dialect,
                                                  .match_hidden = options.include_hidden,
                                                  .root = from_posix_bytes(scope.root)}));
  std::unique_ptr<TreeScan> scan(new TreeScan(std::move(options), std::move(root), std::move(globs), std::move(scope)));
  ScanDirectory& top = scan->tree_.root();
  ATTACHE_ASSIGN(const FileStatus status, scan->root_.status());
  top.device = status.device;
  top.inode = status.inode;
  top.real_path = scan->root_.real_path();
  return scan;
}

void TreeScan::give(const std::vector<Given>& files) {
  std::map<std::string, std::map<std::string, bool>> by_directory;
  for (const Given& file : files) {
    const std::size_t slash = file.path.rfind('/');
    const std::string directory = slash == std::string::npos ? std::string() : file.path.substr(0, slash);
    bool& required = by_directory[directory][file.path.substr(slash == std::string::npos ? 0 : slash + 1)];
    required = required || file.required;
  }
  std::map<std::string, ScanDirectory*> nodes{{"", &tree_.root()}};
  for (const auto& [path, names] : by_directory) {
    // All directories on the way, from the top.
    ScanDirectory* node = &tree_.root();
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      ScanDirectory*& next = nodes[path.substr(0, end)];
      if (next == nullptr) {
        next = &tree_.add(tree_.own_store(), *node, std::string_view(path).substr(begin, end - begin));
        next->followed = true;  // whoever names a file names the way to it
        next->given = true;
      }
      node = next;
      begin = end + 1;
    }
    std::vector<std::string> list;
    for (const auto& [name, required] : names) list.push_back(name);
    give(*node, std::move(list));
    std::size_t i = 0;
    for (const auto& [name, required] : names) {
      if (required) node->slots[i].flags |= ScanFile::kWanted;
      ++i;
    }
  }
}

void TreeScan::give(ScanDirectory& directory, std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::size_t bytes = 0;
  for (const std::string& name : names) bytes += name.size() + 1;
  directory.given = true;
  directory.names.reset(new char[bytes]);
  directory.slots = std::make_unique<ScanFile[]>(names.size());
  directory.file_count = static_cast<std::uint32_t>(names.size());
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::memcpy(directory.names.get() + at, names[i].c_str(), names[i].size() + 1);
    directory.slots[i].name_offset = at;
    directory.slots[i].name_length = static_cast<std::uint16_t>(names[i].size());
    at += static_cast<std::uint32_t>(names[i].size()) + 1;
  }
  given_.push_back(&directory);
}

ScanContext TreeScan::context() {
  return ScanContext{root_,
                     tree_,
                     globs_,
                     scope_,
                     progress_,
                     unreadable_,
                     options_.directories,
                     options_.symlinks,
                     options_.hash,
                     options_.chunks,
                     options_.chunk_size,
                     options_.skip_unreadable,
                     options_.if_missing,
                     options_.cache,
                     threads_,
                     {},
                     {},
                     options_.hooks,
                     options_.tap};
}

Status TreeScan::work(ScanContext& context, const std::stop_token& stop) {
  std::vector<std::unique_ptr<ScanWorker>> scanners;
  for (unsigned i = 0; i < threads_; ++i) scanners.push_back(std::make_unique<ScanWorker>(context, i));
  WorkerGroup group(threads_, stop,
                    [&](unsigned worker, const std::stop_token& token) { return scanners[worker]->run(token); });
  const Status joined = group.join();
  // Also what a failed scan has read need not be read again.
  if (context.cache != nullptr) context.cache->flush();
  ATTACHE_TRY(joined);
  if (context.missing.any()) return fail(missing_error(context.missing, options_.root));
  for (const auto& scanner : scanners) {
    ScanFindings& part = scanner->findings();
    std::move(part.omissions.begin(), part.omissions.end(), std::back_inserter(findings_.omissions));
    std::move(part.link_targets.begin(), part.link_targets.end(), std::back_inserter(findings_.link_targets));
    findings_.bytes_hashed += part.bytes_hashed;
    findings_.files_hashed += part.files_hashed;
    findings_.files_from_cache += part.files_from_cache;
  }
  order_omissions(findings_.omissions);
  return {};
}

Status TreeScan::run(const std::stop_token& stop) {
  ScanContext shared = context();
  if (given_.empty()) {
    shared.own_root_hashes = own_root_hashes(options_, scope_.root, tree_.root().real_path);
    shared.above_root = directories_above(root_);
    shared.queue.push(ListTask{&tree_.root(), globs_.start(), GlobMatch::kNone});
  } else {
    for (ScanDirectory* directory : given_) shared.queue.push(ListTask{directory, {}, GlobMatch::kNone});
  }
  ATTACHE_TRY(work(shared, stop));
  return options_.hash_later ? Status() : all_readable();
}

Status TreeScan::all_readable() const {
  if (unreadable_.any()) return fail(unreadable_.to_error(options_.root));
  return {};
}

Status TreeScan::hash_wanted(const std::stop_token& stop) {
  ScanContext shared = context();
  shared.hash = true;
  shared.if_missing = ScanContext::IfMissing::kChanged;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<ScanDirectory*> open{&tree_.root()};
  while (!open.empty()) {
    ScanDirectory* directory = open.back();
    open.pop_back();
    if (directory->gone) continue;
    open.insert(open.end(), directory->children.begin(), directory->children.end());
    std::uint64_t wanted = 0;
    for (const ScanFile& file : directory->files()) {
      if (!file.has(ScanFile::kWanted) || file.state != ScanFile::State::kFound) continue;
      ++wanted;
      bytes += file.size;
    }
    if (wanted == 0) continue;
    files += wanted;
    directory->unseen = shared.cache == nullptr;
    // Each worker gets some of a large directory.
    constexpr std::uint32_t kBatch = 512;
    for (std::uint32_t first = 0; first < directory->file_count; first += kBatch) {
      shared.queue.push(LookTask{directory, first, std::min(first + kBatch, directory->file_count)});
    }
  }
  progress_.set_totals(files, bytes);
  if (files > 0) ATTACHE_TRY(work(shared, stop));
  return all_readable();
}

void TreeScan::finish_progress(std::uint64_t files) {
  progress_.set_totals(files, findings_.bytes_hashed);
  progress_.finish();
}

}  // namespace attache
