#pragma once

#include <attache/manifest/tree_manifest.hpp>
#include <attache/manifest/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// Makes a TreeManifest: collects directories and files in any order, then puts them in order and checks them. What the
/// codec, the public builder and the operations have in common; it reports faults by rule and leaves words to them.
///
/// Directories are numbered as they come; the numbers of the finished manifest are others.
class TreeAssembler {
 public:
  using DirectoryRecord = TreeManifest::DirectoryRecord;
  using FileRecord = TreeManifest::FileRecord;
  static constexpr std::uint32_t kRoot = 0;
  static constexpr std::uint32_t kNoDirectory = 0xFFFFFFFF;

  TreeAssembler(PathStyle style, ManifestKind kind);

  PathStyle style() const { return tree_.style(); }
  ManifestKind kind() const { return tree_.kind(); }

  void reserve(std::size_t files, std::size_t text_bytes);
  std::size_t file_count() const { return tree_.files_.size(); }
  std::size_t directory_count() const { return tree_.directories_.size(); }
  std::size_t text_bytes() const { return tree_.text_.size(); }

  // --- by path, with every check of a path -------------------------------------------------------------------------

  /// The rule that a path breaks, if any, and what to say about it.
  struct Fault {
    DecodeRule rule;
    std::string what;  ///< goes after the path: "has an empty component"
  };
  /// Where a path ends: its directory (made if it is new) and its last component. A path that is an anchor itself has
  /// no last component.
  struct Place {
    std::uint32_t directory = kRoot;
    std::string_view name;
  };
  /// `path` is WTF-8. `base` is the directory that the path begins in (for `$N/...`), else kRoot.
  std::optional<Fault> place(std::string_view path, std::uint32_t base, Place& result);
  /// The same for one component in a directory.
  std::optional<Fault> check_name(std::uint32_t directory, std::string_view name) const;
  /// Whether there may be one more directory in a directory.
  std::optional<Fault> check_nesting(std::uint32_t parent) const;
  /// The fault of a link's target, by the rules of the style. `target` is WTF-8.
  std::optional<Fault> check_target(std::string_view target) const;

  // --- by directory ------------------------------------------------------------------------------------------------

  /// The directory `name` of a directory; made if it is new. `name` has been checked. Found by hash.
  std::uint32_t intern(std::uint32_t parent, std::string_view name, std::uint32_t new_flags = 0);
  /// The same for a name that is known to be new: no look-up, and intern() will not find it.
  std::uint32_t add_directory(std::uint32_t parent, std::string_view name, std::uint32_t flags);
  /// Says that a directory stands in the document (or was added by a producer). False if it did already.
  bool list(std::uint32_t directory, bool deleted);
  bool is_listed(std::uint32_t directory) const { return has(directory, DirectoryRecord::kListed); }
  bool is_deleted(std::uint32_t directory) const { return has(directory, DirectoryRecord::kDeleted); }
  bool is_anchor(std::uint32_t directory) const { return has(directory, DirectoryRecord::kAnchor); }
  /// Changes what list() said.
  void relist(std::uint32_t directory, bool deleted);
  void add_file(std::uint32_t directory, std::string_view name, const FileData& data);
  /// The same for a hashed file whose name has been written to room() already; see TextArena.
  void add_written_file(std::uint32_t directory, std::size_t name_size, const Digest& hash, std::uint64_t size,
                        std::int64_t mtime_us, bool runnable) {
    FileRecord record;
    record.name_offset = tree_.text_.size();
    record.length_and_flags = static_cast<std::uint32_t>(name_size) |
                              static_cast<std::uint32_t>(FileContent::kHash) << FileRecord::kContentShift |
                              (runnable ? std::uint32_t{FileRecord::kRunnable} : 0U);
    record.directory = directory;
    record.hash = hash;
    record.size = size;
    record.mtime_us = mtime_us;
    tree_.files_.push_back(record);
    tree_.text_.extend(name_size);
  }
  char* room() { return tree_.text_.room(); }
  std::size_t room_size() const { return tree_.text_.room_size(); }
  /// Depth of a directory: 0 for the root.
  std::uint32_t depth(std::uint32_t directory) const { return tree_.directories_[directory].first_file; }
  std::string path_of(std::uint32_t directory) const { return tree_.path_of(static_cast<DirectoryId>(directory)); }

  /// A file of another manifest with all it has. The link target may be given anew.
  void copy_file(const TreeManifest& from, std::size_t index, std::uint32_t directory);

  // --- the end -------------------------------------------------------------------------------------------------------

  /// A fault that shows only when everything is there. `path` is the entry's.
  struct Finding {
    DecodeRule rule;
    std::string path;
    bool is_directory = false;
  };
  /// Puts everything in order and hands every fault to `report`, until that returns false. What there is after a fault
  /// is not to be used. kIntegerRange is reported if the sizes exceed 64 bits together.
  using Report = std::function<bool(const Finding&)>;
  void finish(const Report& report);

  void set_parent_hash(const Digest& hash) { tree_.parent_hash_ = hash; }
  /// After finish() without a fault.
  template <typename M>
  M take() && {
    return M(std::move(tree_));
  }

 private:
  bool has(std::uint32_t directory, std::uint32_t flag) const { return tree_.directories_[directory].has(flag); }
  std::uint64_t store_text(std::string_view text);
  std::string_view name_of(const DirectoryRecord& record) const { return tree_.name_of(record); }
  std::string_view name_of(const FileRecord& record) const { return tree_.name_of(record); }
  static std::uint64_t hash_of(std::uint32_t parent, std::string_view name);
  void grow_table();

  /// The files of a directory, while they are brought in order.
  struct FileGroup {
    std::uint64_t first_name = 0;  ///< in the arena, of the file that came first
    std::uint32_t prefix = 0;      ///< bytes that all names begin with
    std::uint32_t next = 0;        ///< where the next file goes
    bool started = false;
  };

  void order_directories();
  void renumber(const std::vector<std::uint32_t>& order);
  void group_files();
  bool groups_are_sorted();
  void sort_files();
  void bring_groups_together(std::vector<FileGroup>& groups, std::vector<std::uint64_t>& keys);
  void permute_files(std::vector<std::uint64_t>& sources, std::size_t first, std::size_t last);
  bool find_duplicates(const Report& report) const;
  void settle_implied_directories();
  bool find_conflicts(const Report& report) const;
  bool check_links(const Report& report) const;
  bool add_up(const Report& report);
  bool has_live_file(std::uint32_t directory, std::string_view name) const;

  TreeManifest tree_;                 // directories without the one at the end, children and ranges only at the end
  std::vector<std::uint32_t> table_;  // open addressing over directories: number + 1; 0 is free
  std::size_t interned_ = 0;
  bool has_duplicates_ = false;  // some directory has two files of one name
};

}  // namespace attache
