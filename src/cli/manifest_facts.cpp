#include "manifest_facts.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace attache {

namespace {

/// Paths that are named in a line.
constexpr std::size_t kNamedPaths = 5;

struct DroppedKind {
  const std::vector<std::string>& paths;
  std::string_view key;  ///< in JSON
  std::string_view one;
  std::string_view many;
};

std::array<DroppedKind, 5> kinds_of(const Dropped& dropped) {
  return {{{dropped.links, "links", "link left out", "links left out"},
           {dropped.collapsed_links, "collapsedLinks", "link replaced by what it leads to",
            "links replaced by what they lead to"},
           {dropped.empty_directories, "emptyDirectories", "empty directory left out", "empty directories left out"},
           {dropped.deletions, "deletions", "deletion left out", "deletions left out"},
           {dropped.runnable, "runnable", "file lost its execute bit", "files lost their execute bit"}}};
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string some_of(const std::vector<std::string>& paths) {
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), kNamedPaths); ++i) {
    text += (i == 0 ? "" : ", ") + printable(paths[i]);
  }
  return paths.size() > kNamedPaths ? text + ", ..." : text;
}

ManifestTotals totals_of(const AnyManifest& manifest) {
  if (const TreeManifest* tree = tree_of(manifest)) return tree->totals();
  const auto& flat = std::get<Manifest>(manifest);
  ManifestTotals totals;
  totals.files = flat.size();
  for (const ManifestEntry& entry : flat) totals.bytes += entry.size;
  return totals;
}

std::string totals_text(const ManifestTotals& totals) {
  std::string text = counted(totals.files, "file", "files");
  const auto add = [&text](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count > 0) text += ", " + counted(count, one, many);
  };
  add(totals.links, "link", "links");
  add(totals.directories, "directory", "directories");
  add(totals.deleted_files, "deleted file", "deleted files");
  add(totals.deleted_directories, "deleted directory", "deleted directories");
  return text + ", " + human_size(totals.bytes);
}

void add_facts(JsonWriter& json, const AnyManifest& manifest, const Digest& hash, const ManifestTotals& totals) {
  const TreeManifest* tree = tree_of(manifest);
  const bool absolute = tree != nullptr && tree->style() == PathStyle::kAbsolute;
  const bool diff = tree != nullptr && tree->kind() == ManifestKind::kDiff;
  json.member("format", to_string(format_of(manifest)));
  json.member("pathStyle", absolute ? "absolute" : "relative").member("kind", diff ? "diff" : "snapshot");
  json.member("manifestHash", hash.to_hex());
  if (diff && tree->parent_hash()) json.member("parentManifestHash", tree->parent_hash()->to_hex());
  json.member("files", totals.files).member("links", totals.links).member("directories", totals.directories);
  json.member("deletedFiles", totals.deleted_files).member("deletedDirectories", totals.deleted_directories);
  json.member("chunkedFiles", totals.chunked_files).member("unhashedFiles", totals.unhashed_files);
  json.member("runnableFiles", totals.runnable_files).member("bytes", totals.bytes);
}

void add_paths(JsonWriter& json, std::string_view name, const std::vector<std::string>& paths) {
  json.key(name).begin_array();
  for (const std::string& path : paths) json.value(path);
  json.end_array();
}

void report_dropped(const Dropped& dropped, Console& console) {
  for (const DroppedKind& kind : kinds_of(dropped)) {
    if (kind.paths.empty()) continue;
    console.print(
        fmt::format("Not in the result: {}: {}", counted(kind.paths.size(), kind.one, kind.many), some_of(kind.paths)));
    if (!console.wants_detail()) continue;
    for (const std::string& path : kind.paths) console.detail(fmt::format("{}: {}", kind.one, printable(path)));
  }
}

void add_dropped(JsonWriter& json, const Dropped& dropped) {
  json.key("dropped").begin_object();
  for (const DroppedKind& kind : kinds_of(dropped)) add_paths(json, kind.key, kind.paths);
  json.end_object();
}

}  // namespace attache
