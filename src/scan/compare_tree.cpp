#include <attache/base/text.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/scan/compare_tree.hpp>

#include "snapshot_impl.hpp"
#include "tree_order.hpp"
#include "tree_scan.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace attache {

namespace {

/// What the manifest says of a file.
struct Known {
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;
  Digest hash;                       ///< of the whole file
  std::span<const Digest> chunks{};  ///< or of its chunks
  bool hashed = true;
};

/// Collects what is decided file by file.
class Verdicts {
 public:
  Verdicts(const CompareOptions& options, TreeScan& scan) : options_(options), scan_(scan) {}

  TreeComparison& result() { return result_; }

  // The incumbent's time: nanoseconds / 1000 cut off, not rounded down.
  static bool same_time(const ScanFile& file, std::int64_t mtime_us) {
    return is_same_time(file.mtime_ns / 1000, mtime_us);
  }

  void added(std::string path, const ScanFile& file) { result_.added.push_back(changed(std::move(path), file)); }
  void modified(std::string path, const ScanFile& file) { result_.modified.push_back(changed(std::move(path), file)); }
  void unchanged(std::string path) {
    ++result_.unchanged_count;
    if (options_.list_unchanged) result_.unchanged.push_back(std::move(path));
  }

  /// Before hashing: false if the file must be hashed to know.
  bool decided(const ScanFile& file, const Known& known) const {
    return options_.mode == CompareMode::kFast || file.size != known.size || !known.hashed;
  }
  bool same(const ScanFile& file, const Known& known) const {
    if (file.size != known.size) return false;
    if (options_.mode == CompareMode::kFast || !known.hashed) return same_time(file, known.mtime_us);
    if (file.state == ScanFile::State::kChunks) {
      const auto now = scan_.tree().chunks(file);
      return std::equal(now.begin(), now.end(), known.chunks.begin(), known.chunks.end());
    }
    return file.state == ScanFile::State::kHashed && known.chunks.empty() && file.hash == known.hash;
  }
  static void want(ScanFile& file, const Known& known) {
    file.flags |= ScanFile::kWanted;
    if (!known.chunks.empty()) file.flags |= ScanFile::kInChunks;
  }

  Result<TreeComparison> finish() {
    ScanFindings& found = scan_.findings();
    result_.omissions = std::move(found.omissions);
    result_.files_hashed = found.files_hashed + found.files_from_cache;
    result_.bytes_hashed = found.bytes_hashed;
    scan_.finish_progress(result_.files_hashed);
    return std::move(result_);
  }

 private:
  static ChangedFile changed(std::string path, const ScanFile& file) {
    const bool link = file.state == ScanFile::State::kLink;
    return {std::move(path), link ? 0 : file.size, file.mtime_us(), file.has(ScanFile::kRunnable)};
  }

  const CompareOptions& options_;
  TreeScan& scan_;
  TreeComparison result_;
};

Result<std::unique_ptr<TreeScan>> open(const CompareOptions& options, TreeScan::Options scan_options) {
  scan_options.hash = false;
  scan_options.hash_later = options.mode == CompareMode::kDefinitive;
  scan_options.chunks = ScanContext::Chunks::kFlagged;
  scan_options.chunk_size = options.tree.chunk_size;
  return TreeScan::open(std::move(scan_options));
}

// What could not be read is neither deleted nor unchanged: it is not known.
class Unknown {
 public:
  explicit Unknown(const std::vector<Omission>& omissions) {
    for (const Omission& omission : omissions) {
      if (omission.reason == OmissionReason::kUnreadable) paths_.push_back(omission.path);
    }
    std::sort(paths_.begin(), paths_.end());
  }
  /// The path, or a directory above it.
  bool holds(std::string_view path) const {
    if (paths_.empty()) return false;
    for (std::size_t end = path.size();; end = path.rfind('/', end - 1)) {
      if (std::binary_search(paths_.begin(), paths_.end(), path.substr(0, end))) return true;
      if (path.substr(0, end).find('/') == std::string_view::npos) return false;
    }
  }

 private:
  std::vector<std::string> paths_;
};

Result<GlobSet> patterns(const TreeScan::Options& options, const LinkScope& scope) {
  return GlobSet::compile(
      options.include, options.exclude,
      {.dialect = options.dialect, .match_hidden = options.include_hidden, .root = from_posix_bytes(scope.root)});
}

// --- v2023-03-03 -----------------------------------------------------------------------------------------------------

// The entries that count, in canonical order: of a path that occurs twice the last.
std::vector<std::uint32_t> canonical_entries(const Manifest& manifest) {
  std::vector<std::uint32_t> order(manifest.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return compare_utf16(manifest.path(a), manifest.path(b)) < 0;
  };
  if (!std::is_sorted(order.begin(), order.end(), before)) std::stable_sort(order.begin(), order.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i + 1 < order.size() && manifest.path(order[i]) == manifest.path(order[i + 1])) continue;
    order[kept++] = order[i];
  }
  order.resize(kept);
  return order;
}

/// Calls, in canonical order, both(file, entry, path), only_tree(file, path) and only_manifest(entry).
template <typename Both, typename OnlyTree, typename OnlyManifest>
Status side_by_side(ScanTree& tree, const Manifest& manifest, std::span<const std::uint32_t> entries,
                    const std::stop_token& stop, Both both, OnlyTree only_tree, OnlyManifest only_manifest) {
  std::size_t next = 0;
  TreeOrder order(tree.root());
  TreeOrder::Run run;
  std::string path;
  std::string scratch;
  std::uint32_t count = 0;
  while (order.next(run)) {
    for (ScanFile& file : run.directory->files().subspan(run.first, run.last - run.first)) {
      if (++count % 4096 == 0 && stop.stop_requested()) return cancelled();
      if (file.state == ScanFile::State::kGone) continue;
      path = order.prefix();
      path += text_of(run.directory->name_of(file), scratch);
      int difference = 1;
      while (next < entries.size() && (difference = compare_utf16(manifest.path(entries[next]), path)) < 0) {
        only_manifest(entries[next++]);
      }
      if (next < entries.size() && difference == 0) {
        both(file, entries[next++], path);
      } else {
        only_tree(file, path);
      }
    }
  }
  while (next < entries.size()) only_manifest(entries[next++]);
  return {};
}

}  // namespace

Result<TreeComparison> compare_tree(const Manifest& manifest, const CompareOptions& options,
                                    const std::stop_token& stop) {
  ATTACHE_ASSIGN(const TreeScan::Options scan_options, options_v2023(options.tree));
  ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, open(options, scan_options));
  ATTACHE_ASSIGN(const GlobSet selected, patterns(scan_options, scan->scope()));
  ATTACHE_TRY(scan->run(stop));
  Verdicts verdicts(options, *scan);
  const std::vector<std::uint32_t> entries = canonical_entries(manifest);
  const auto known = [&](std::uint32_t index) {
    const ManifestEntry entry = manifest[index];
    return Known{entry.size, entry.mtime_us, entry.hash};
  };
  if (options.mode == CompareMode::kDefinitive) {
    ATTACHE_TRY(side_by_side(
        scan->tree(), manifest, entries, stop,
        [&](ScanFile& file, std::uint32_t index, const std::string&) {
          if (!verdicts.decided(file, known(index))) Verdicts::want(file, known(index));
        },
        [](const ScanFile&, const std::string&) {}, [](std::uint32_t) {}));
    ATTACHE_TRY(scan->hash_wanted(stop));
  }
  const Unknown unknown(scan->findings().omissions);
  ATTACHE_TRY(side_by_side(
      scan->tree(), manifest, entries, stop,
      [&](const ScanFile& file, std::uint32_t index, const std::string& path) {
        verdicts.same(file, known(index)) ? verdicts.unchanged(path) : verdicts.modified(path, file);
      },
      [&](const ScanFile& file, const std::string& path) { verdicts.added(path, file); },
      [&](std::uint32_t index) {
        const std::string_view path = manifest.path(index);
        if (selected.match_path(path) != GlobMatch::kSelected || unknown.holds(path)) return;
        verdicts.result().deleted.emplace_back(path);
      }));
  return verdicts.finish();
}

// --- v2025-12 --------------------------------------------------------------------------------------------------------

namespace {

/// The tree and the manifest, directory by directory.
class TreeComparer {
 public:
  TreeComparer(const Snapshot& manifest, const CompareOptions& options, TreeScan& scan, const GlobSet& selected)
      : manifest_(manifest), options_(options), scan_(scan), selected_(selected), verdicts_(options, scan) {}

  Result<TreeComparison> run(const std::stop_token& stop) {
    if (options_.mode == CompareMode::kDefinitive) {
      choosing_ = true;
      ATTACHE_TRY(walk(stop));
      ATTACHE_TRY(scan_.hash_wanted(stop));
      choosing_ = false;
    }
    unknown_.emplace(scan_.findings().omissions);
    ATTACHE_TRY(walk(stop));
    TreeComparison& result = verdicts_.result();
    const auto by_path = [](const ChangedFile& a, const ChangedFile& b) { return compare_utf16(a.path, b.path) < 0; };
    const auto by_units = [](const std::string& a, const std::string& b) { return compare_utf16(a, b) < 0; };
    std::sort(result.added.begin(), result.added.end(), by_path);
    std::sort(result.modified.begin(), result.modified.end(), by_path);
    std::sort(result.deleted.begin(), result.deleted.end(), by_units);
    std::sort(result.unchanged.begin(), result.unchanged.end(), by_units);
    std::sort(result.added_directories.begin(), result.added_directories.end());
    std::sort(result.deleted_directories.begin(), result.deleted_directories.end());
    return verdicts_.finish();
  }

 private:
  /// One side may be missing.
  struct Pair {
    ScanDirectory* tree;
    std::optional<DirectoryId> known;
  };

  Status walk(const std::stop_token& stop) {
    open_.push_back({&scan_.tree().root(), DirectoryId::kRoot});
    while (!open_.empty()) {
      if (stop.stop_requested()) return cancelled();
      const Pair pair = open_.back();
      open_.pop_back();
      if (pair.tree != nullptr) {
        order_files(*pair.tree);
        order_children(*pair.tree);
      }
      if (!choosing_) compare_directory(pair);
      compare_files(pair);
      pair_children(pair);
    }
    return {};
  }

  // A directory is in the tree's manifest if the patterns select it, or something below it.
  static bool is_listed(ScanDirectory& directory) {
    if (directory.selected) return true;
    std::vector<const ScanDirectory*> open{&directory};
    while (!open.empty()) {
      const ScanDirectory* next = open.back();
      open.pop_back();
      if (next->gone) continue;
      const auto files = next->files();
      if (next->selected || std::any_of(files.begin(), files.end(),
                                        [](const auto& file) { return file.state != ScanFile::State::kGone; })) {
        return true;
      }
      open.insert(open.end(), next->children.begin(), next->children.end());
    }
    return false;
  }

  void compare_directory(const Pair& pair) {
    if (pair.known == DirectoryId::kRoot) return;
    const bool here = pair.tree != nullptr && is_listed(*pair.tree);
    if (here && !pair.known) {
      verdicts_.result().added_directories.push_back(from_posix_bytes(pair.tree->path()));
    } else if (!here && pair.known) {
      std::string path = manifest_.path_of(*pair.known);
      if (is_concerned(*pair.known, path) && !unknown_->holds(path)) {
        verdicts_.result().deleted_directories.push_back(std::move(path));
      }
    }
  }

  // What the patterns select of the manifest: the directory itself, or a file in it or below.
  bool is_concerned(DirectoryId top, const std::string& path) const {
    if (selected_.match_path(path) == GlobMatch::kSelected) return true;
    std::vector<DirectoryId> open{top};
    while (!open.empty()) {
      const DirectoryId id = open.back();
      open.pop_back();
      const auto range = manifest_.files_in(id);
      for (std::size_t i = range.first; i < range.last; ++i) {
        if (selected_.match_path(manifest_.path_of(manifest_.file(i))) == GlobMatch::kSelected) return true;
      }
      const auto below = manifest_.directories_in(id);
      open.insert(open.end(), below.begin(), below.end());
    }
    return false;
  }

  void pair_children(const Pair& pair) {
    static const std::vector<ScanDirectory*> kNone;
    const auto& mine = pair.tree != nullptr ? pair.tree->children : kNone;
    const auto theirs = pair.known ? manifest_.directories_in(*pair.known) : std::span<const DirectoryId>();
    auto a = mine.begin();
    auto b = theirs.begin();
    std::string scratch;
    while (a != mine.end() || b != theirs.end()) {
      int order = 0;
      if (a == mine.end()) {
        order = 1;
      } else if (b == theirs.end()) {
        order = -1;
      } else {
        order = text_of((*a)->name, scratch).compare(manifest_.directory(*b).name);
      }
      open_.push_back({order <= 0 ? *a : nullptr, order >= 0 ? std::optional(*b) : std::nullopt});
      if (order <= 0) ++a;
      if (order >= 0) ++b;
    }
  }

  void compare_files(const Pair& pair) {
    const auto mine = pair.tree != nullptr ? pair.tree->files() : std::span<ScanFile>();
    const auto theirs = pair.known ? manifest_.files_in(*pair.known) : TreeManifest::FileRange{};
    std::size_t next = theirs.first;
    std::string scratch;
    for (ScanFile& file : mine) {
      if (file.state == ScanFile::State::kGone) continue;
      const std::string_view name = text_of(pair.tree->name_of(file), scratch);
      int order = 1;
      while (next < theirs.last && (order = compare_utf16(manifest_.file_name(next), name)) < 0) only_known(next++);
      if (next < theirs.last && order == 0) {
        both(*pair.tree, file, manifest_.file(next++));
      } else if (!choosing_) {
        verdicts_.added(from_posix_bytes(pair.tree->path_of(pair.tree->name_of(file))), file);
      }
    }
    while (next < theirs.last) only_known(next++);
  }

  void only_known(std::size_t index) {
    if (choosing_) return;
    std::string path = manifest_.path_of(manifest_.file(index));
    if (selected_.match_path(path) != GlobMatch::kSelected || unknown_->holds(path)) return;
    verdicts_.result().deleted.push_back(std::move(path));
  }

  void both(ScanDirectory& directory, ScanFile& file, const FileEntry& entry) {
    const bool link = file.state == ScanFile::State::kLink;
    const bool known_link = entry.data.content == FileContent::kLink;
    const Known known{entry.data.size, entry.data.mtime_us, entry.data.hash, entry.data.chunks,
                      entry.data.content != FileContent::kUnhashed};
    if (choosing_) {
      if (!link && !known_link && !verdicts_.decided(file, known)) Verdicts::want(file, known);
      return;
    }
    bool same = link == known_link;
    if (same && link) same = directory.targets[static_cast<std::size_t>(file.size)] == entry.data.link_target;
    if (same && !link) {
      same = verdicts_.same(file, known) &&
             (options_.ignore_runnable || file.has(ScanFile::kRunnable) == entry.data.runnable);
    }
    std::string path = manifest_.path_of(entry);
    same ? verdicts_.unchanged(std::move(path)) : verdicts_.modified(std::move(path), file);
  }

  const Snapshot& manifest_;
  const CompareOptions& options_;
  TreeScan& scan_;
  const GlobSet& selected_;
  Verdicts verdicts_;
  std::vector<Pair> open_;
  std::optional<Unknown> unknown_;
  bool choosing_ = false;
};

}  // namespace

Result<TreeComparison> compare_tree(const Snapshot& manifest, const CompareOptions& options,
                                    const std::stop_token& stop) {
  const TreeScan::Options scan_options = options_v2025(options.tree);
  ATTACHE_ASSIGN(const std::unique_ptr<TreeScan> scan, open(options, scan_options));
  ATTACHE_ASSIGN(const GlobSet selected, patterns(scan_options, scan->scope()));
  ATTACHE_TRY(scan->run(stop));
  return TreeComparer(manifest, options, *scan, selected).run(stop);
}

}  // namespace attache
