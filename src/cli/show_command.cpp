#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/convert.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_listing.hpp"
#include "utc_time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace attache {

namespace {

constexpr std::size_t kLargestFiles = 5;

struct LargeFile {
  std::string path;
  std::uint64_t size = 0;
};

/// What a summary says about one manifest.
struct Summary {
  ManifestTotals totals;
  Digest hash;
  std::uint64_t document_bytes = 0;
  bool canonical = false;
  std::string total_size_fault;  ///< what is wrong with the stated total; empty: nothing
  std::optional<std::int64_t> earliest;
  std::optional<std::int64_t> latest;
  std::uint64_t depth = 0;         ///< components of the longest path
  std::vector<LargeFile> largest;  ///< the largest first
};

/// Components of a path; what an absolute one begins with is none.
std::uint64_t components(std::string_view path) {
  std::uint64_t count = 0;
  bool in_component = false;
  for (const char c : path) {
    if (c != '/' && !in_component) ++count;
    in_component = c != '/';
  }
  return count;
}

void note_large(std::vector<LargeFile>& largest, const ListedEntry& entry) {
  if (largest.size() == kLargestFiles && largest.back().size >= entry.data.size) return;
  const auto place =
      std::find_if(largest.begin(), largest.end(), [&](const LargeFile& file) { return file.size < entry.data.size; });
  largest.insert(place, {std::string(entry.path), entry.data.size});
  if (largest.size() > kLargestFiles) largest.pop_back();
}

/// A document's totalSize may be wrong, and is not what the decoded manifest of format 2025-12 has.
Result<std::string> total_size_fault(const AnyManifest& manifest, std::string_view document,
                                     const ManifestTotals& totals, const DecodeOptions& options) {
  if (const auto* flat = std::get_if<Manifest>(&manifest)) {
    if (flat->total_size() == totals.bytes) return std::string();
    return fmt::format("the document states {} bytes", flat->total_size());
  }
  ATTACHE_ASSIGN(const Violations found, validate_manifest(document, options));
  for (const Violation& violation : found.listed) {
    if (violation.rule == DecodeRule::kTotalSize) return violation.message;
  }
  return std::string();
}

Result<Summary> summarise(const AnyManifest& manifest, std::string_view document, const DecodeOptions& options) {
  Summary summary;
  summary.totals = totals_of(manifest);
  ATTACHE_ASSIGN(summary.hash, manifest_hash(manifest));
  summary.document_bytes = document.size();
  summary.canonical = xxh128(document) == summary.hash;
  // What is canonical in format 2025-12 has the right total.
  if (!summary.canonical || format_of(manifest) == ManifestFormat::kV2023_03_03) {
    ATTACHE_ASSIGN(summary.total_size_fault, total_size_fault(manifest, document, summary.totals, options));
  }
  for_each_entry(manifest, [&](const ListedEntry& entry) {
    summary.depth = std::max(summary.depth, components(entry.path));
    if (entry.is_directory || entry.deleted || entry.data.content == FileContent::kLink) return;
    const std::int64_t time = entry.data.mtime_us;
    summary.earliest = std::min(summary.earliest.value_or(time), time);
    summary.latest = std::max(summary.latest.value_or(time), time);
    note_large(summary.largest, entry);
  });
  return summary;
}

/// "12 (3 chunked, 1 not hashed, 2 executable)"
std::string files_text(const ManifestTotals& totals) {
  std::vector<std::string> notes;
  if (totals.chunked_files > 0) notes.push_back(fmt::format("{} in chunks", totals.chunked_files));
  if (totals.unhashed_files > 0) notes.push_back(fmt::format("{} not hashed", totals.unhashed_files));
  if (totals.runnable_files > 0) notes.push_back(fmt::format("{} executable", totals.runnable_files));
  if (notes.empty()) return std::to_string(totals.files);
  return fmt::format("{} ({})", totals.files, fmt::join(notes, ", "));
}

void print_summary(const std::string& file, const AnyManifest& manifest, const Summary& summary, Console& console) {
  const auto line = [&console](std::string_view label, std::string_view text) {
    console.print(fmt::format("  {:<14} {}", label, text));
  };
  const TreeManifest* tree = tree_of(manifest);
  const ManifestTotals& totals = summary.totals;
  console.print(input_label(file));
  if (tree == nullptr) {
    line("Type", "snapshot, format v2023-03-03");
  } else {
    line("Type", fmt::format("{}, format v2025-12", type_name(manifest)));
    line("Specification", specification_version(tree->style(), tree->kind()));
  }
  line("Files", files_text(totals));
  if (tree != nullptr) {
    line("Links", std::to_string(totals.links));
    line("Directories", std::to_string(totals.directories));
    if (tree->kind() == ManifestKind::kDiff) {
      line("Deletions", counted(totals.deleted_files, "file", "files") + ", " +
                            counted(totals.deleted_directories, "directory", "directories"));
    }
  }
  line("Depth", counted(summary.depth, "level", "levels"));
  line("Total size", totals.bytes < 1000 ? human_size(totals.bytes)
                                         : fmt::format("{} ({} bytes)", human_size(totals.bytes), totals.bytes));
  if (!summary.total_size_fault.empty()) line("", "but " + summary.total_size_fault);
  if (summary.earliest) {
    line("Oldest file", utc_text(*summary.earliest));
    line("Newest file", utc_text(*summary.latest));
  }
  line("Manifest hash", summary.hash.to_hex());
  if (tree != nullptr && tree->parent_hash()) line("Parent hash", tree->parent_hash()->to_hex());
  line("Document",
       fmt::format("{}, {}", human_size(summary.document_bytes),
                   summary.canonical ? "canonical" : "not canonical ('attache manifest convert' writes that form)"));
  std::string_view label = "Largest files";
  for (const LargeFile& large : summary.largest) {
    line(label, fmt::format("{:>9}  {}", human_size(large.size), printable(large.path)));
    label = "";
  }
}

/// The tree of a manifest of either format. `room` holds the one that is made of a v2023-03-03 manifest.
Result<const TreeManifest*> tree_for_display(const std::string& file, const AnyManifest& manifest,
                                             std::optional<Snapshot>& room) {
  if (const TreeManifest* tree = tree_of(manifest)) return tree;
  auto converted = to_v2025(std::get<Manifest>(manifest));
  if (!converted) {
    return fail(converted.error().code(),
                fmt::format("{} cannot be shown as a tree: {}", input_name(file), converted.error().message()),
                "use --entries, which lists what the document says");
  }
  room.emplace(*std::move(converted));
  return &*room;
}

void add_tree(JsonWriter& json, const TreeManifest& tree, std::optional<std::uint64_t> depth) {
  const std::vector<DirectoryTotals> totals = directory_totals(tree);
  const std::vector<std::uint32_t> depths = directory_depths(tree);
  json.key("tree").begin_array();
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if ((depth && depths[i] > *depth) || tree.directory(id).deleted) continue;
    json.begin_object().member("path", tree.path_of(id)).member("files", totals[i].files);
    json.member("bytes", totals[i].bytes).end_object();
  }
  json.end_array();
}

void add_summary(JsonWriter& json, const AnyManifest& manifest, const Summary& summary) {
  add_facts(json, manifest, summary.hash, summary.totals);
  if (const TreeManifest* tree = tree_of(manifest)) {
    json.member("specificationVersion", specification_version(tree->style(), tree->kind()));
  }
  json.member("depth", summary.depth);
  if (summary.earliest) json.member("oldestMtime", *summary.earliest).member("newestMtime", *summary.latest);
  json.member("documentBytes", summary.document_bytes).member("canonical", summary.canonical);
  json.member("totalSizeIsRight", summary.total_size_fault.empty());
  json.key("largestFiles").begin_array();
  for (const LargeFile& large : summary.largest) {
    json.begin_object().member("path", large.path).member("size", large.size).end_object();
  }
  json.end_array();
}

Status show(const std::string& file, const ShowCommand& command, const CliEnvironment& environment, Console& console,
            JsonWriter& json) {
  DecodeOptions options;
  ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(command.chunk_size));
  ATTACHE_ASSIGN(std::string document, read_document(file, environment));
  ATTACHE_ASSIGN(const AnyManifest manifest, decode_document(document, file, command.chunk_size));
  std::optional<Snapshot> room;
  const TreeManifest* tree = nullptr;
  if (command.tree) {
    ATTACHE_ASSIGN(tree, tree_for_display(file, manifest, room));
  }
  if (console.wants_json()) {
    ATTACHE_ASSIGN(const Summary summary, summarise(manifest, document, options));
    json.begin_object().member("manifest", from_posix_bytes(file));
    add_summary(json, manifest, summary);
    if (command.entries) {
      json.key("entries").begin_array();
      for_each_entry(manifest, [&json](const ListedEntry& entry) { add_entry(json, entry); });
      json.end_array();
    }
    if (tree != nullptr) add_tree(json, *tree, command.depth);
    json.end_object();
    return {};
  }
  if (!command.entries && tree == nullptr) {
    ATTACHE_ASSIGN(const Summary summary, summarise(manifest, document, options));
    print_summary(file, manifest, summary, console);
    return {};
  }
  document = {};
  if (command.files.size() > 1) console.print(input_label(file) + ":");
  if (tree != nullptr) {
    print_tree(*tree, command.depth, [&console](const std::string& line) { console.print(line); });
  } else {
    const EntryLines lines(manifest);
    for_each_entry(manifest, [&](const ListedEntry& entry) { console.print(lines.line(entry)); });
  }
  return {};
}

}  // namespace

Result<ExitStatus> run_show(const ShowCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_TRY(check_inputs(command.files));
  if (command.entries && command.tree && !console.wants_json()) {
    return fail(ErrorCode::kInvalidArgument, "--entries and --tree are two ways to print the same",
                "give one of them; with --json both can be had");
  }
  if (command.depth && !command.tree) {
    return fail(ErrorCode::kInvalidArgument, "--depth is a matter of the tree", "give --tree too, or leave it out");
  }
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).key("manifests").begin_array();
  bool first = true;
  for (const std::string& file : command.files) {
    if (!first) console.print("");
    first = false;
    ATTACHE_TRY(show(file, command, environment, console, json));
  }
  json.end_array().end_object();
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
