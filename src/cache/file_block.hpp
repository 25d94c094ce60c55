#pragma once

#include <attache/fsio/file_status.hpp>
#include <attache/hash/digest.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// How our own tables hold files. One row of a table is a block: files of one directory, ordered by the bytes of their
// names, and nothing else of that directory between its first and its last. Why blocks and not a row per file is told,
// with numbers, in hash_cache_tables.hpp.
//
//   block   seal (8 bytes), then files
//   file    length of the name (2), name, stamp (40), hash (16)
//   stamp   size, mtime in ns, ctime in ns, inode, device; 8 bytes each
//   chunks  seal (8), stamp (40), hashes (16 each): one file
//
// Numbers are little-endian. The seal is a checksum over the rest and over the key the row is found by: SQLite does not
// check its pages, and a damaged page must not become a wrong hash, nor one row's bytes be taken for another's.

/// What a file is recognised by, as stored.
struct FileStamp {
  static constexpr std::size_t kBytes = 40;

  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;

  static FileStamp of(const FileStatus& status) {
    return {status.size, status.mtime_ns, status.ctime_ns, status.inode, status.device};
  }
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// A file of a block. The name is a view into the block, or of the caller.
struct FileRow {
  std::string_view name;
  FileStamp stamp;
  Digest hash;
};

/// Reads a block's files in order, without allocating.
class BlockReader {
 public:
  /// Nothing if the seal does not fit. `key` as in block_key(). The bytes must live as long as the reader.
  static std::optional<BlockReader> open(std::string_view block, std::string_view key);

  /// Name and position of the next file, false at the end. Stamp and hash are read only when asked for: most are passed
  /// over while names are compared.
  bool next();
  std::string_view name() const { return name_; }
  FileStamp stamp() const;
  Digest hash() const;

 private:
  explicit BlockReader(std::string_view rest) : rest_(rest) {}

  std::string_view rest_;
  std::string_view name_;
  const char* fixed_ = nullptr;
};

/// What a block is found by: the directory and the bound (see hash_cache_tables.hpp), so that the seal covers them.
void block_key(std::string& key, std::string_view directory, std::string_view bound);

/// Files as a block; ordered by the caller.
std::string encode_block(const FileRow* first, const FileRow* last, std::string_view key);

/// The files of a block, in order; none if the seal does not fit. Names are views into `block`.
std::vector<FileRow> decode_block(std::string_view block, std::string_view key);

/// The hashes of a file's chunks, see above. `key` is the path and the chunk size.
std::string encode_chunks(const FileStamp& stamp, const Digest* first, std::size_t count, std::string_view key);
struct ChunkRow {
  FileStamp stamp;
  std::vector<Digest> hashes;
};
std::optional<ChunkRow> decode_chunks(std::string_view bytes, std::string_view key);
void chunk_key(std::string& key, std::string_view path, std::uint64_t chunk_size);

}  // namespace attache
