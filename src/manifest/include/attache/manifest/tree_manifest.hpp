#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/text_arena.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

// Manifests of format 2025-12 in memory. A document names one of four specifications, and each is a type of its own:
//
//                 paths relative to a root     absolute paths
//   a whole tree  Snapshot                     AbsSnapshot
//   a change      SnapshotDiff                 AbsSnapshotDiff
//
// All four are trees of directories with files, held by the one class TreeManifest below, which is what code that does
// not care about the difference takes.

enum class PathStyle : std::uint8_t { kRelative, kAbsolute };
enum class ManifestKind : std::uint8_t { kSnapshot, kDiff };

/// Bytes of one path component. File systems end at 255 characters; more is refused before it costs memory.
inline constexpr std::size_t kMaxComponentBytes = 0xFFFF;
/// Directories above a file.
inline constexpr std::size_t kMaxDirectoryDepth = 10'000;
/// Bytes of a symbolic link's target.
inline constexpr std::size_t kMaxLinkTargetBytes = 0xFFFF;

/// A directory of one manifest: an index, valid for that manifest only. They ascend in canonical order (by the bytes of
/// the full paths), so a parent comes before its children.
enum class DirectoryId : std::uint32_t { kRoot = 0 };

/// What stands at a file's path.
enum class FileContent : std::uint8_t {
  kUnhashed,  ///< a file collected but not hashed: accepted by decode, refused by whatever moves content
  kHash,      ///< a file with one hash
  kChunks,    ///< a file with a hash per chunk, in order
  kLink,      ///< a symbolic link; neither size nor time is kept
  kDeleted,   ///< diffs only: nothing stands there any more
};

/// The content of one file, for producers. Use the functions; each sets what its content has.
struct FileData {
  FileContent content = FileContent::kUnhashed;
  bool runnable = false;
  Digest hash{};                     ///< kHash
  std::span<const Digest> chunks{};  ///< kChunks
  /// kLink: WTF-8; relative to the root of the manifest, or absolute in an absolute manifest
  std::string_view link_target{};
  std::uint64_t size = 0;     ///< bytes; 0 for links and deletions
  std::int64_t mtime_us = 0;  ///< microseconds since the epoch; 0 for links and deletions

  static FileData hashed(const Digest& hash, std::uint64_t size, std::int64_t mtime_us, bool runnable = false) {
    return {FileContent::kHash, runnable, hash, {}, {}, size, mtime_us};
  }
  static FileData chunked(std::span<const Digest> chunks, std::uint64_t size, std::int64_t mtime_us,
                          bool runnable = false) {
    return {FileContent::kChunks, runnable, {}, chunks, {}, size, mtime_us};
  }
  static FileData unhashed(std::uint64_t size, std::int64_t mtime_us, bool runnable = false) {
    return {FileContent::kUnhashed, runnable, {}, {}, {}, size, mtime_us};
  }
  static FileData link(std::string_view target) { return {FileContent::kLink, false, {}, {}, target, 0, 0}; }
  static FileData deleted() { return {FileContent::kDeleted, false, {}, {}, {}, 0, 0}; }
};

/// One file (or link, or deletion) as it is read: a value whose views point into the manifest.
struct FileEntry {
  DirectoryId directory{};
  std::string_view name;  ///< WTF-8, one component
  FileData data;
};

/// One directory as it is read; the views point into the manifest.
struct DirEntry {
  DirectoryId parent{};
  /// One component. A first directory of an absolute manifest is what its paths begin with: see is_anchor.
  std::string_view name;
  bool deleted = false;    ///< diffs only
  bool made_anew = false;  ///< deleted, and then there again: something live is in it
  /// `/`, `X:/` or `//server/share/`: not a directory that is listed, but the place where absolute paths begin.
  bool is_anchor = false;
};

/// Counts of a manifest; sizes as in the format's totalSize: without links and deletions.
struct ManifestTotals {
  std::uint64_t files = 0;  ///< regular files, chunked and unhashed ones included
  std::uint64_t links = 0;
  std::uint64_t directories = 0;  ///< implied ones included
  std::uint64_t deleted_files = 0;
  std::uint64_t deleted_directories = 0;
  std::uint64_t chunked_files = 0;
  std::uint64_t unhashed_files = 0;
  std::uint64_t runnable_files = 0;
  std::uint64_t bytes = 0;
};

class TreeAssembler;  // private to the module

/// A tree of directories and files. Immutable; cheap to move; any number of threads may read it. One arena for all
/// text, one array of 24-byte directories, one of 48-byte files: no heap object per entry. A full path is stored
/// nowhere, so a document of nested directories costs what it is long, not the square of that.
///
/// Always in order: directories as DirectoryId says, the files of a directory together, by the UTF-16 code units of
/// their names. What a document leaves implied (every directory above an entry) is there as if it were listed. No path
/// occurs twice, except that in a diff a deleted file and a live directory, or the reverse, may share one: that is how
/// a diff changes the kind.
class TreeManifest {
 public:
  TreeManifest(TreeManifest&&) noexcept = default;
  TreeManifest& operator=(TreeManifest&&) noexcept = default;
  TreeManifest(const TreeManifest&) = delete;
  TreeManifest& operator=(const TreeManifest&) = delete;

  PathStyle style() const { return style_; }
  ManifestKind kind() const { return kind_; }
  /// Diffs: the hash of the canonical bytes of the manifest that the diff changes.
  const std::optional<Digest>& parent_hash() const { return parent_hash_; }
  /// The format's totalSize, always computed.
  std::uint64_t total_size() const { return total_size_; }
  ManifestTotals totals() const;

  /// Files, links and deletions of files.
  std::size_t file_count() const { return files_.size(); }
  /// `index` must be less than file_count(); indexes ascend directory by directory.
  FileEntry file(std::size_t index) const {
    const FileRecord& record = files_[index];
    return {static_cast<DirectoryId>(record.directory), name_of(record), data_of(record)};
  }
  /// The name of a file alone: for sorting and look-ups.
  std::string_view file_name(std::size_t index) const { return name_of(files_[index]); }
  /// What stands there alone.
  FileContent content(std::size_t index) const { return files_[index].content(); }
  /// All directories with the root and the anchors: valid ids are the numbers below this one.
  std::size_t directory_count() const { return directories_.size() - 1; }
  DirEntry directory(DirectoryId id) const {
    const DirectoryRecord& record = record_of(id);
    const bool deleted = record.has(DirectoryRecord::kDeleted);
    return {static_cast<DirectoryId>(record.parent), name_of(record), deleted,
            deleted && record.has(DirectoryRecord::kLive), record.has(DirectoryRecord::kAnchor)};
  }
  /// True for what the format lists: not for the root and the anchors.
  bool is_listed(DirectoryId id) const { return id != DirectoryId::kRoot && !directory(id).is_anchor; }

  /// The files of one directory: [first, last) of file().
  struct FileRange {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t size() const { return last - first; }
  };
  FileRange files_in(DirectoryId id) const {
    const auto index = static_cast<std::size_t>(id);
    return {directories_[index].first_file, directories_[index + 1].first_file};
  }
  /// The directories in one directory, by the bytes of their names.
  std::span<const DirectoryId> directories_in(DirectoryId id) const {
    const auto index = static_cast<std::size_t>(id);
    return std::span(children_).subspan(directories_[index].first_child,
                                        directories_[index + 1].first_child - directories_[index].first_child);
  }

  /// Full paths, made on demand: "" for the root, "/" (or "C:/", ...) for an anchor.
  std::string path_of(DirectoryId id) const;
  std::string path_of(const FileEntry& file) const;
  /// The same at the end of a text that is used again and again.
  void append_path(std::string& out, DirectoryId id) const;

  /// Nothing if the text is no path of this manifest. By components: O(depth * log(entries of a directory)).
  std::optional<DirectoryId> find_directory(std::string_view path) const;
  std::optional<std::size_t> find_file(std::string_view path) const;
  std::optional<DirectoryId> find_child(DirectoryId directory, std::string_view name) const;
  std::optional<std::size_t> find_file(DirectoryId directory, std::string_view name) const;

 protected:
  TreeManifest(PathStyle style, ManifestKind kind) : style_(style), kind_(kind), directories_(2) {}

 private:
  friend class TreeAssembler;

  struct DirectoryRecord {
    static constexpr std::uint32_t kDeleted = 1U << 16;
    static constexpr std::uint32_t kAnchor = 1U << 17;
    static constexpr std::uint32_t kListed = 1U << 18;  // only while a manifest is made
    static constexpr std::uint32_t kLive = 1U << 19;    // diffs only: a live entry is at or below it

    std::uint64_t name_offset = 0;
    std::uint32_t length_and_flags = 0;  // the length in the lower 16 bits
    std::uint32_t parent = 0;
    std::uint32_t first_file = 0;   // while a manifest is made: the depth
    std::uint32_t first_child = 0;  // in children_

    bool has(std::uint32_t flag) const { return (length_and_flags & flag) != 0; }
  };
  static_assert(sizeof(DirectoryRecord) == 24);

  struct FileRecord {
    static constexpr unsigned kContentShift = 16;
    static constexpr std::uint32_t kRunnable = 1U << 20;

    std::uint64_t name_offset = 0;
    std::uint32_t length_and_flags = 0;  // the length in the lower 16 bits, then the content
    std::uint32_t directory = 0;
    Digest hash;  // kChunks: first chunk and count; kLink: offset and length of the target
    std::uint64_t size = 0;
    std::int64_t mtime_us = 0;

    FileContent content() const { return static_cast<FileContent>((length_and_flags >> kContentShift) & 0xFU); }
  };
  static_assert(sizeof(FileRecord) == 48);

  template <typename Record>
  std::string_view name_of(const Record& record) const {
    return {text_.data() + record.name_offset, record.length_and_flags & 0xFFFFU};
  }
  const DirectoryRecord& record_of(DirectoryId id) const { return directories_[static_cast<std::size_t>(id)]; }
  FileData data_of(const FileRecord& record) const {
    FileData data;
    data.content = record.content();
    data.runnable = (record.length_and_flags & FileRecord::kRunnable) != 0;
    data.size = record.size;
    data.mtime_us = record.mtime_us;
    if (data.content == FileContent::kHash) {
      data.hash = record.hash;
    } else if (data.content == FileContent::kChunks || data.content == FileContent::kLink) {
      read_side_data(record, data);
    }
    return data;
  }
  void read_side_data(const FileRecord& record, FileData& data) const;

  PathStyle style_;
  ManifestKind kind_;
  std::optional<Digest> parent_hash_;
  std::uint64_t total_size_ = 0;
  detail::TextArena text_;
  std::vector<DirectoryRecord> directories_;  // and one more that ends the ranges of the last
  std::vector<DirectoryId> children_;         // of each directory together
  std::vector<FileRecord> files_;
  std::vector<Digest> chunks_;
};

/// One of the four specifications.
template <PathStyle kStyleOf, ManifestKind kKindOf>
class TypedManifest : public TreeManifest {
 public:
  static constexpr PathStyle kStyle = kStyleOf;
  static constexpr ManifestKind kKind = kKindOf;

  /// Without any entry; not for diffs, which need a parent.
  TypedManifest() requires(kKindOf == ManifestKind::kSnapshot) : TreeManifest(kStyleOf, kKindOf) {}

 private:
  friend class TreeAssembler;
  explicit TypedManifest(TreeManifest&& tree) : TreeManifest(std::move(tree)) {}  // of this style and kind
};

using Snapshot = TypedManifest<PathStyle::kRelative, ManifestKind::kSnapshot>;
using SnapshotDiff = TypedManifest<PathStyle::kRelative, ManifestKind::kDiff>;
using AbsSnapshot = TypedManifest<PathStyle::kAbsolute, ManifestKind::kSnapshot>;
using AbsSnapshotDiff = TypedManifest<PathStyle::kAbsolute, ManifestKind::kDiff>;

/// The diff type of a snapshot type and the reverse.
template <typename M>
using DiffOf = TypedManifest<M::kStyle, ManifestKind::kDiff>;
template <typename M>
using SnapshotOf = TypedManifest<M::kStyle, ManifestKind::kSnapshot>;
/// The same kind with the other path style.
template <typename M>
using RelativeOf = TypedManifest<PathStyle::kRelative, M::kKind>;
template <typename M>
using AbsoluteOf = TypedManifest<PathStyle::kAbsolute, M::kKind>;

}  // namespace attache
