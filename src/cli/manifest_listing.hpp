#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/any_manifest.hpp>

#include "json_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What `attache manifest show` and `diff --list` print about entries.

/// One entry of a manifest of either format; the views are valid during the call that passes it.
struct ListedEntry {
  bool is_directory = false;
  bool deleted = false;
  std::string_view path;
  FileData data{};  ///< not of directories
};

using EntryVisitor = std::function<void(const ListedEntry&)>;

/// Goes over all entries in canonical order: directories, implied ones included, then files.
void for_each_entry(const AnyManifest& manifest, const EntryVisitor& visit);

/// Lines like those of `ls -l`, in columns that programs can split at blanks: three letters, size in bytes, time, path.
/// Letters: `d` directory, `l` link, `-` file; then `x` for the execute bit, `D` for a deletion; then `c` for a hash
/// per chunk, `u` for no hash yet. What an entry does not have is `-`. The path is printable, and so is ` -> target`
/// after that of a link.
class EntryLines {
 public:
  /// Widths are those that all entries of the manifest need.
  explicit EntryLines(const AnyManifest& manifest);
  std::string line(const ListedEntry& entry) const;

 private:
  int size_width_ = 1;
};

/// The entry as an object: type, path, and what it has of size, mtime, hash, chunkhashes, target, runnable, deleted.
void add_entry(JsonWriter& json, const ListedEntry& entry);

/// What lies in and below each directory, by DirectoryId.
struct DirectoryTotals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};
std::vector<DirectoryTotals> directory_totals(const TreeManifest& tree);

/// Directories below the root, or below the anchor in an absolute manifest: what --depth counts.
std::vector<std::uint32_t> directory_depths(const TreeManifest& tree);

/// The tree as lines with sizes and counts in columns before it: everything down to `depth` directories below the root.
void print_tree(const TreeManifest& tree, std::optional<std::uint64_t> depth,
                const std::function<void(const std::string&)>& print);

}  // namespace attache
