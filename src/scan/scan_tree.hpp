#pragma once

#include <attache/fsio/file_status.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/hash/digest.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

/// A file (or a link that is kept) of a ScanDirectory: 40 bytes, so that a million take less than their manifest.
struct ScanFile {
  enum class State : std::uint8_t {
    kListed,  ///< its name is known
    kFound,   ///< size, time and execute bit too
    kHashed,  ///< and the hash
    kChunks,  ///< and the hashes of its chunks: ScanTree::chunks
    kLink,    ///< a link to be kept: ScanDirectory::targets[size]
    kGone,    ///< left out
  };
  static constexpr std::uint8_t kRunnable = 1;
  static constexpr std::uint8_t kFollowed = 2;  ///< its name is a link; everything here is about what it leads to
  static constexpr std::uint8_t kWanted = 4;  ///< to be hashed when only some are; if asked for by name: must be there
  static constexpr std::uint8_t kInChunks = 8;  ///< to be hashed in chunks

  std::uint32_t name_offset = 0;
  std::uint16_t name_length = 0;
  State state = State::kListed;
  std::uint8_t flags = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  Digest hash;  ///< kChunks: set by ScanTree::set_chunks

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  std::int64_t mtime_us() const;
};
static_assert(sizeof(ScanFile) == 40);

/// A directory that a scan has met. It knows its own name only: whole paths would take memory by the square of the
/// depth. Its files and children are set once, by the worker that lists it; each file is then changed by one worker at
/// a time.
struct ScanDirectory {
  ScanDirectory* parent = nullptr;  ///< none: this is the root
  std::string name;                 ///< native bytes; empty for the root
  unsigned depth = 0;               ///< of the root: 0
  bool followed = false;            ///< links on the way from its parent are followed
  bool given = false;               ///< its files are those that were asked for by name, not all
  bool selected = false;            ///< the patterns select the directory itself
  bool gone = false;                ///< left out
  bool ascii = true;                ///< the names of its files are: they are in canonical order then
  bool unseen = false;              ///< its files are opened without being looked at before
  std::uint64_t device = 0;         ///< 0 and 0 until it was opened
  std::uint64_t inode = 0;
  /// Where it lies, if it was reached by other ways than by its name in its parent. Else empty.
  std::string real_path;

  std::unique_ptr<char[]> names;      ///< native bytes, each name followed by NUL
  std::unique_ptr<ScanFile[]> slots;  ///< by the bytes of their names
  std::uint32_t file_count = 0;
  std::vector<ScanDirectory*> children;
  std::vector<std::string> targets;  ///< of links, WTF-8

  std::span<ScanFile> files() const { return {slots.get(), file_count}; }
  std::string_view name_of(const ScanFile& file) const { return {names.get() + file.name_offset, file.name_length}; }
  const char* c_name_of(const ScanFile& file) const { return names.get() + file.name_offset; }

  /// Native bytes, relative to the root; empty for the root.
  std::string path() const;
  std::string path_of(std::string_view name_in_it) const;
  /// Absolute, without links; empty if it is not known. Any length.
  std::string resolved_path() const;
  /// The nearest directory on the way up, this one included, that has a real_path (or the root).
  const ScanDirectory& mount() const;
  /// Frees what only a directory that was not yet written needs.
  void release();
};

/// What a scan has found. Directories stay where they are; workers add them each to a store of its own.
class ScanTree {
 public:
  explicit ScanTree(std::size_t workers) : directories_(workers + 1) {}

  ScanDirectory& root() { return root_; }
  const ScanDirectory& root() const { return root_; }
  /// `store`: of the worker that calls; workers() for the thread that owns the tree.
  ScanDirectory& add(std::size_t store, ScanDirectory& parent, std::string_view name);
  std::size_t own_store() const { return directories_.size() - 1; }

  /// Thread-safe.
  void set_chunks(ScanFile& file, std::vector<Digest> hashes);
  std::span<const Digest> chunks(const ScanFile& file) const;

 private:
  ScanDirectory root_;
  std::vector<std::deque<ScanDirectory>> directories_;
  std::mutex mutex_;
  std::deque<std::vector<Digest>> chunks_;
};

}  // namespace attache
