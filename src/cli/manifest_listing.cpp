#include "manifest_listing.hpp"

#include <attache/base/text.hpp>
#include <attache/manifest/canonical_runs.hpp>

#include "utc_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace attache {

namespace {

void for_each_entry(const Manifest& manifest, const EntryVisitor& visit) {
  std::vector<std::size_t> order(manifest.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return compare_utf16(manifest.path(a), manifest.path(b)) < 0; });
  for (const std::size_t index : order) {
    const ManifestEntry entry = manifest[index];
    visit({false, false, entry.path, FileData::hashed(entry.hash, entry.size, entry.mtime_us)});
  }
}

void for_each_entry(const TreeManifest& tree, const EntryVisitor& visit) {
  std::string path;
  for (std::size_t i = 0; i < tree.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (!tree.is_listed(id)) continue;
    path.clear();
    tree.append_path(path, id);
    visit({true, tree.directory(id).deleted, path, {}});
  }
  CanonicalRuns runs(tree);
  while (const auto run = runs.next()) {
    path.clear();
    tree.append_path(path, tree.file(run->first).directory);
    if (!path.empty() && path.back() != '/') path += '/';
    const std::size_t above = path.size();
    for (std::size_t i = run->first; i < run->last; ++i) {
      const FileEntry file = tree.file(i);
      path.resize(above);
      path += file.name;
      visit({false, file.data.content == FileContent::kDeleted, path, file.data});
    }
  }
}

bool has_size(const ListedEntry& entry) {
  return !entry.is_directory && !entry.deleted && entry.data.content != FileContent::kLink;
}

std::string_view type_of(const ListedEntry& entry) {
  if (entry.is_directory) return "directory";
  return entry.data.content == FileContent::kLink ? "link" : "file";
}

}  // namespace

void for_each_entry(const AnyManifest& manifest, const EntryVisitor& visit) {
  std::visit([&](const auto& each) { for_each_entry(each, visit); }, manifest);
}

EntryLines::EntryLines(const AnyManifest& manifest) {
  std::uint64_t largest = 0;
  const auto note = [&largest](std::uint64_t size) { largest = std::max(largest, size); };
  if (const TreeManifest* tree = tree_of(manifest)) {
    for (std::size_t i = 0; i < tree->file_count(); ++i) note(tree->file(i).data.size);
  } else {
    for (const ManifestEntry& entry : std::get<Manifest>(manifest)) note(entry.size);
  }
  size_width_ = static_cast<int>(std::to_string(largest).size());
}

std::string EntryLines::line(const ListedEntry& entry) const {
  const char kind = entry.is_directory ? 'd' : entry.data.content == FileContent::kLink ? 'l' : '-';
  const char state = entry.deleted ? 'D' : entry.data.runnable ? 'x' : '-';
  char content = '-';
  if (has_size(entry) && entry.data.content == FileContent::kChunks) content = 'c';
  if (has_size(entry) && entry.data.content == FileContent::kUnhashed) content = 'u';
  std::string text = fmt::format("{}{}{}  {:>{}}  {:<27}  {}", kind, state, content,
                                 has_size(entry) ? std::to_string(entry.data.size) : "-", size_width_,
                                 has_size(entry) ? utc_text(entry.data.mtime_us) : "-", printable(entry.path));
  if (kind == 'l') text += " -> " + printable(entry.data.link_target);
  return text;
}

void add_entry(JsonWriter& json, const ListedEntry& entry) {
  json.begin_object().member("type", type_of(entry)).member("path", entry.path);
  if (entry.deleted) json.member("deleted", true);
  if (has_size(entry)) {
    json.member("size", entry.data.size).member("mtime", entry.data.mtime_us);
    if (entry.data.runnable) json.member("runnable", true);
    if (entry.data.content == FileContent::kHash) json.member("hash", entry.data.hash.to_hex());
    if (entry.data.content == FileContent::kChunks) {
      json.key("chunkhashes").begin_array();
      for (const Digest& chunk : entry.data.chunks) json.value(chunk.to_hex());
      json.end_array();
    }
  }
  if (!entry.is_directory && entry.data.content == FileContent::kLink) json.member("target", entry.data.link_target);
  json.end_object();
}

}  // namespace attache
