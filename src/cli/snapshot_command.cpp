#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/paths/names.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/manifest_hashes.hpp>

#include "commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_file.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace attache {

namespace {

/// What a snapshot gives. Without a manifest nothing has changed since the parent.
struct Taken {
  std::optional<AnyManifest> manifest;
  std::vector<Omission> omissions;
  std::uint64_t bytes_hashed = 0;
  std::uint64_t files_from_cache = 0;
};

template <typename M>
Taken without_manifest(ScanResult<M>& result) {
  return {std::nullopt, std::move(result.omissions), result.bytes_hashed, result.files_from_cache};
}

template <typename M>
Taken taken(ScanResult<M>&& result) {
  Taken all = without_manifest(result);
  all.manifest.emplace(std::move(result.manifest));
  return all;
}

/// The files of a v2023-03-03 parent that are new or modified by content: all are read.
Result<Taken> rehashed_changes(const Manifest& parent, SnapshotOptions options, const std::stop_token& stop) {
  options.cache = nullptr;
  ATTACHE_ASSIGN(TreeSnapshot current, snapshot_tree(options, stop));
  ATTACHE_ASSIGN(const std::vector<FileDifference> differences, compare(parent, current.manifest));
  ManifestBuilder builder;
  for (const FileDifference& difference : differences) {
    if (difference.status != FileChange::kNew && difference.status != FileChange::kModified) continue;
    const ManifestEntry entry = current.manifest[difference.index];
    ATTACHE_TRY(builder.add(entry.path, entry.hash, entry.size, entry.mtime_us));
  }
  Taken result = without_manifest(current);
  if (builder.size() == 0) return result;
  ATTACHE_ASSIGN(Manifest changes, std::move(builder).build());
  result.manifest.emplace(std::move(changes));
  return result;
}

/// The same by size and time: only these are read.
Result<Taken> fast_changes(const Manifest& parent, SnapshotOptions options, const std::stop_token& stop) {
  CompareOptions compare{.tree = options};
  compare.tree.cache = nullptr;
  compare.tree.progress = {};
  ATTACHE_ASSIGN(TreeComparison comparison, compare_tree(parent, compare, stop));
  for (const std::vector<ChangedFile>* list : {&comparison.added, &comparison.modified}) {
    for (const ChangedFile& file : *list) {
      options.files.push_back(to_posix_bytes(file.path).value_or(file.path));
    }
  }
  if (options.files.empty()) return Taken{std::nullopt, std::move(comparison.omissions), 0, 0};
  ATTACHE_ASSIGN(TreeSnapshot changes, snapshot_tree(options, stop));
  Taken result = taken(std::move(changes));
  // The second look was at files that the first one had found.
  result.omissions.insert(result.omissions.begin(), comparison.omissions.begin(), comparison.omissions.end());
  return result;
}

Result<Taken> take_v2023(const SnapshotCommand& command, const std::optional<AnyManifest>& parent,
                         const SnapshotOptions& options, const std::stop_token& stop) {
  if (!parent) {
    ATTACHE_ASSIGN(TreeSnapshot snapshot, snapshot_tree(options, stop));
    return taken(std::move(snapshot));
  }
  const auto* const flat = std::get_if<Manifest>(&*parent);
  if (flat == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is of format v2025-12, and changes since it cannot be one of v2023-03-03",
                            input_name(command.diff)),
                "leave out --format, or use 'attache manifest convert' on it first");
  }
  return command.force_rehash ? rehashed_changes(*flat, options, stop) : fast_changes(*flat, options, stop);
}

/// True for what diff() has because a time differs by the microsecond that a comparison by time lets pass.
bool is_same_but_for_a_microsecond(const FileEntry& now, const FileEntry& before) {
  return now.data.content == before.data.content && now.data.size == before.data.size &&
         now.data.runnable == before.data.runnable && now.data.hash == before.data.hash &&
         std::equal(now.data.chunks.begin(), now.data.chunks.end(), before.data.chunks.begin(),
                    before.data.chunks.end()) &&
         now.data.content != FileContent::kLink && is_same_time(now.data.mtime_us, before.data.mtime_us);
}

Result<Taken> take_v2025(const SnapshotCommand& command, std::optional<AnyManifest> parent, SnapshotOptions options,
                         const std::stop_token& stop) {
  if (!parent) {
    ATTACHE_ASSIGN(RelativeTreeSnapshot snapshot, snapshot_tree_v2025(options, stop));
    return taken(std::move(snapshot));
  }
  ATTACHE_ASSIGN(const TreeInput input, to_tree_input(std::move(*parent), command.diff));
  const auto* const before = std::get_if<Snapshot>(&input.manifest);
  if (before == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is {}, and changes are found against a relative snapshot", input_name(command.diff),
                            type_with_article(tree_in(input.manifest))),
                "name the snapshot that was taken of this root");
  }
  std::error_code error;
  const std::string root = std::filesystem::canonical(options.root, error).string();
  ManifestHashes hashes(*before, root, options.cache);
  if (!error) options.cache = &hashes;
  if (command.force_rehash) options.cache = nullptr;
  ATTACHE_ASSIGN(RelativeTreeSnapshot current, snapshot_tree_v2025(options, stop));
  DiffOptions diff_options;
  diff_options.parent_hash = input.v2023_hash;
  ATTACHE_ASSIGN(SnapshotDiff changes, diff(*before, current.manifest, diff_options));
  if (!command.force_rehash) {
    ATTACHE_ASSIGN(changes, filter(changes, [&](std::string_view path, const FileEntry* file) {
                     if (file == nullptr || file->data.content == FileContent::kDeleted) return true;
                     const std::optional<std::size_t> index = before->find_file(path);
                     return !index || !is_same_but_for_a_microsecond(*file, before->file(*index));
                   }));
  }
  Taken result = without_manifest(current);
  const bool changed = changes.file_count() > 0 || changes.directory_count() > 1;  // the root is always there
  if (changed) result.manifest.emplace(std::move(changes));
  return result;
}

}  // namespace

Result<ExitStatus> run_snapshot(const SnapshotCommand& command, const CliEnvironment& environment, Console& console) {
  // Everything that can be refused is refused before the first file is read.
  const TreeSelection& selection = command.selection;
  const std::string root = from_posix_bytes(selection.root);
  const LocalTime now = environment.local_time();
  std::optional<std::string> name;
  if (!command.name.empty()) name = from_posix_bytes(command.name);
  ATTACHE_TRY(snapshot_file_name(root, name, now).map([](const std::string&) {}));
  if (!command.destination.empty()) ATTACHE_TRY(Directory::open(command.destination).map([](const Directory&) {}));
  ATTACHE_ASSIGN(const std::optional<ManifestFormat> asked, parse_format(command.format));
  ATTACHE_ASSIGN(SnapshotOptions options, snapshot_options(selection));
  std::optional<AnyManifest> parent;
  if (!command.diff.empty()) {
    ATTACHE_ASSIGN(parent, read_manifest(command.diff, environment, selection.chunk_size));
  }
  const ManifestFormat format = asked ? *asked : parent ? format_of(*parent) : ManifestFormat::kV2023_03_03;

  const std::unique_ptr<HashCache> cache = open_hash_cache(selection.cache, environment, console);
  if (!command.force_rehash) options.cache = cache.get();
  options.progress = console.progress("Hashing");
  ATTACHE_ASSIGN(const Taken result, format == ManifestFormat::kV2023_03_03
                                         ? take_v2023(command, parent, options, environment.stop)
                                         : take_v2025(command, std::move(parent), options, environment.stop));
  if (cache) cache->flush();

  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("root", root);
  if (result.manifest) {
    const std::string& directory = command.destination.empty() ? selection.root : command.destination;
    ATTACHE_ASSIGN(const std::string document, encode_manifest(*result.manifest));
    ATTACHE_ASSIGN(const std::string path, write_manifest_file(directory, root, name, now, document));
    const ManifestTotals totals = totals_of(*result.manifest);
    console.print(fmt::format("{} of {}: {}", command.diff.empty() ? "Snapshot" : "Changes", printable(root),
                              totals_text(totals)));
    report_omissions(result.omissions, console);
    console.print("Manifest: " + printable(from_posix_bytes(path)));
    json.member("manifest", from_posix_bytes(path)).member("manifestHash", xxh128(document).to_hex());
    json.member("files", totals.files).member("bytes", totals.bytes);
  } else {
    console.print(fmt::format("Changes of {}: none; no manifest is written", printable(root)));
    report_omissions(result.omissions, console);
    json.member("files", std::uint64_t{0}).member("bytes", std::uint64_t{0});
  }
  json.member("bytesHashed", result.bytes_hashed).member("filesFromCache", result.files_from_cache);
  add_omissions(json, result.omissions);
  json.end_object();
  console.print(json);
  return status_of(result.omissions);
}

}  // namespace attache
