#include <attache/base/text.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/paths/names.hpp>
#include <attache/scan/snapshot.hpp>

#include "scanner.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

namespace attache {

namespace {

// Each has a buffer of 1 MiB, and no file system answers more at a time.
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

std::string absolute_path(const std::string& path) {
  std::error_code error;
  std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  if (error) return {};
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

// A manifest's name holds the hash of the root as it was written on some earlier command line: as given now, or in
// full.
std::vector<Digest> own_root_hashes(const SnapshotOptions& options, const std::string& absolute) {
  std::vector<Digest> hashes;
  if (!options.skip_own_manifests) return hashes;
  std::error_code error;
  for (const std::string& text : {options.root, absolute, std::filesystem::canonical(options.root, error).string()}) {
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

/// Leaves std::sort, which knows no other way out.
struct StopSorting {};

/// The entries of all workers in canonical order. Sorting a million paths takes a second: it looks at `stop`.
Result<Manifest> merge(std::vector<Manifest> parts, const std::stop_token& stop) {
  struct Key {
    std::string_view path;
    std::uint32_t part;
    std::uint32_t index;
  };
  std::vector<Key> keys;
  std::size_t path_bytes = 0;
  for (const Manifest& part : parts) path_bytes += part.path_bytes();
  for (std::uint32_t part = 0; part < parts.size(); ++part) {
    if (parts[part].size() > UINT32_MAX) {
      return fail(ErrorCode::kUnsupported, "there are more than 4,294,967,295 files", "choose a smaller root");
    }
    for (std::uint32_t index = 0; index < parts[part].size(); ++index) {
      keys.push_back({parts[part].path(index), part, index});
    }
  }
  try {
    std::uint32_t compared = 0;
    std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
      if (++compared % 65536 == 0 && stop.stop_requested()) throw StopSorting{};
      return compare_utf16(a.path, b.path) < 0;
    });
  } catch (const StopSorting&) {
    return cancelled();
  }
  ManifestBuilder builder;
  builder.reserve(keys.size(), path_bytes);
  for (const Key& key : keys) {
    const ManifestEntry entry = parts[key.part][key.index];
    ATTACHE_TRY(builder.add(entry.path, entry.hash, entry.size, entry.mtime_us));
  }
  return std::move(builder).build();
}

Error nothing_selected(const SnapshotOptions& options, const std::vector<Omission>& omissions) {
  const auto hidden = std::count_if(omissions.begin(), omissions.end(), [](const Omission& omission) {
    return omission.reason == OmissionReason::kHidden;
  });
  std::string remedy = "check the root and the include and exclude patterns";
  if (hidden > 0) remedy += ", or include hidden files, of which there are " + std::to_string(hidden);
  return Error(ErrorCode::kNotFound, action_on("no file below", options.root) + " is selected", std::move(remedy));
}

}  // namespace

Result<TreeSnapshot> snapshot_tree(const SnapshotOptions& options, const std::stop_token& stop) {
  ATTACHE_ASSIGN(const Directory root, open_root(options.root));
  const std::string absolute = absolute_path(options.root);
  ATTACHE_ASSIGN(const GlobSet globs,
                 GlobSet::compile(options.include, options.exclude,
                                  {.match_hidden = options.include_hidden, .root = from_posix_bytes(absolute)}));

  ProgressReporter progress(options.progress);
  ScanContext context{root, globs, own_root_hashes(options, absolute), directories_above(root), progress};
  context.queue.push(DirectoryTask{nullptr, {}, globs.start(), GlobMatch::kNone});

  const unsigned threads = std::min(options.threads > 0 ? options.threads : WorkerGroup::default_size(), kMaxThreads);
  std::vector<std::unique_ptr<Scanner>> scanners;
  for (unsigned i = 0; i < threads; ++i) scanners.push_back(std::make_unique<Scanner>(context));
  WorkerGroup workers(threads, stop,
                      [&](unsigned worker, const std::stop_token& token) { return scanners[worker]->run(token); });
  ATTACHE_TRY(workers.join());
  if (context.unreadable.any()) return fail(context.unreadable.to_error(options.root));

  TreeSnapshot snapshot;
  std::vector<Manifest> parts;
  for (const auto& scanner : scanners) {
    snapshot.bytes_hashed += scanner->bytes_hashed();
    std::move(scanner->omissions().begin(), scanner->omissions().end(), std::back_inserter(snapshot.omissions));
    ATTACHE_ASSIGN(Manifest part, std::move(scanner->files()).build());
    parts.push_back(std::move(part));
  }
  std::sort(snapshot.omissions.begin(), snapshot.omissions.end(),
            [](const Omission& a, const Omission& b) { return compare_utf16(a.path, b.path) < 0; });
  ATTACHE_ASSIGN(snapshot.manifest, merge(std::move(parts), stop));
  if (snapshot.manifest.empty()) return fail(nothing_selected(options, snapshot.omissions));
  progress.set_totals(snapshot.manifest.size(), snapshot.bytes_hashed);
  progress.finish();
  return snapshot;
}

}  // namespace attache
