#include <attache/base/glob.hpp>
#include <attache/manifest/operations.hpp>

#include "operations.hpp"
#include "snapshots.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace attache::bench {

namespace {

constexpr const char* kRoot = "/mnt/farm/project";
constexpr const char* kPrefix = "farm/project";

void diff_two(std::span<const std::string> files) {
  const Snapshot parent = load_snapshot(files[0]);
  const Snapshot current = load_snapshot(files[1]);
  Measurement measurement;
  measurement.begin();
  const SnapshotDiff difference = take(diff(parent, current));
  measurement.end();
  const ManifestTotals totals = difference.totals();
  measurement.report("live " + std::to_string(totals.files) + " deleted " + std::to_string(totals.deleted_files));
}

// The result must be the second document.
void apply_one(std::span<const std::string> files) {
  const Snapshot base = load_snapshot(files[0]);
  const Snapshot expected = load_snapshot(files[1]);
  const SnapshotDiff difference = take(diff(base, expected));
  const std::array<const SnapshotDiff*, 1> diffs{&difference};
  Measurement measurement;
  measurement.begin();
  const Snapshot result = take(apply_diffs(base, diffs));
  measurement.end();
  if (proof_of(result) != proof_of(expected)) die("applying the diff does not give the second document");
  measurement.report(proof_of(result));
}

void compose_two(std::span<const std::string> files) {
  const Snapshot below = load_snapshot(files[0]);
  const Snapshot above = load_snapshot(files[1]);
  const std::array<const Snapshot*, 2> layers{&below, &above};
  Measurement measurement;
  measurement.begin();
  const std::optional<Snapshot> result = take(compose(layers));
  measurement.end();
  measurement.report(proof_of(result.value()));
}

void merge_two(std::span<const std::string> files) {
  const Snapshot older = load_snapshot(files[0]);
  const Snapshot newer = load_snapshot(files[1]);
  const std::array<Timed<Snapshot>, 2> manifests{{{&newer, 2}, {&older, 1}}};
  Measurement measurement;
  measurement.begin();
  const std::optional<Snapshot> result = take(merge_by_time(std::span<const Timed<Snapshot>>(manifests)));
  measurement.end();
  measurement.report(proof_of(result.value()));
}

// Half of all sequences.
void filter_by_glob(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  const std::vector<std::string> include{"shot_*/seq_0?/*.exr"};
  const GlobSet patterns = take(GlobSet::compile(include, {}, {.dialect = GlobDialect::kDesign}));
  Measurement measurement;
  measurement.begin();
  const Snapshot result = take(filter(manifest, patterns));
  measurement.end();
  measurement.report(proof_of(result));
}

// Every second frame, by a predicate that sees the full path.
void filter_by_predicate(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  const EntryPredicate even = [](std::string_view path, const FileEntry* file) {
    return file != nullptr && path.size() > 5 && (path[path.size() - 5] - '0') % 2 == 0;
  };
  Measurement measurement;
  measurement.begin();
  const Snapshot result = take(filter(manifest, even));
  measurement.end();
  measurement.report(proof_of(result));
}

// Everything lies below the directory: no cut costs more.
void subtree_of_all(std::span<const std::string> files) {
  const Snapshot manifest = take(join(load_snapshot(files[0]), kPrefix));
  Measurement measurement;
  measurement.begin();
  const Snapshot result = take(subtree(manifest, kPrefix));
  measurement.end();
  measurement.report(proof_of(result));
}

void partition_by(const AbsSnapshot& manifest, const PartitionOptions& options) {
  Measurement measurement;
  measurement.begin();
  const std::vector<Part<Snapshot>> parts = take(partition(manifest, options));
  measurement.end();
  std::size_t entries = 0;
  for (const Part<Snapshot>& part : parts) entries += part.manifest.file_count();
  measurement.report("parts " + std::to_string(parts.size()) + " entries " + std::to_string(entries));
}

// The root is found, and everything is below it.
void partition_one(std::span<const std::string> files) {
  const AbsSnapshot manifest = take(to_absolute(load_snapshot(files[0]), kRoot));
  partition_by(manifest, {});
}

// Every shot is a root.
void partition_by_shots(std::span<const std::string> files) {
  const Snapshot relative = load_snapshot(files[0]);
  const AbsSnapshot manifest = take(to_absolute(relative, kRoot));
  PartitionOptions options;
  for (const DirectoryId shot : relative.directories_in(DirectoryId::kRoot)) {
    options.roots.push_back(std::string(kRoot) + "/" + relative.path_of(shot));
  }
  partition_by(manifest, options);
}

void join_below(std::span<const std::string> files) {
  const Snapshot manifest = load_snapshot(files[0]);
  Measurement measurement;
  measurement.begin();
  const Snapshot result = take(join(manifest, kPrefix));
  measurement.end();
  measurement.report(proof_of(result));
}

}  // namespace

std::vector<Operation> tree_operations_v2025() {
  return {
      {"v2025.diff", "PARENT CURRENT", 2, diff_two},
      {"v2025.apply", "PARENT CURRENT", 2, apply_one},
      {"v2025.compose", "LOWER UPPER", 2, compose_two},
      {"v2025.merge", "OLDER NEWER", 2, merge_two},
      {"v2025.filter", "DOCUMENT", 1, filter_by_glob},
      {"v2025.filter-by-predicate", "DOCUMENT", 1, filter_by_predicate},
      {"v2025.subtree", "DOCUMENT", 1, subtree_of_all},
      {"v2025.partition", "DOCUMENT", 1, partition_one},
      {"v2025.partition-by-shots", "DOCUMENT", 1, partition_by_shots},
      {"v2025.join", "DOCUMENT", 1, join_below},
  };
}

}  // namespace attache::bench
