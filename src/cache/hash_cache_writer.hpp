#pragma once

#include <attache/cache/hash_range.hpp>
#include <attache/hash/digest.hpp>
#include <attache/sqlite/connection.hpp>

#include "cache_database.hpp"
#include "file_block.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attache {

/// Rows that wait to be written. Names are kept in one text, so that a row costs no allocation of its own.
class HashCacheBatch {
 public:
  void add_file(std::string_view directory, std::string_view name, const FileStamp& stamp, const Digest& hash);
  void add_chunks(std::string_view directory, std::string_view name, const FileStamp& stamp, std::uint64_t chunk_size,
                  const Digest* first, std::size_t count);

  /// Rows of hashesV4 that this becomes: the measure of the work.
  std::size_t rows() const { return files_.size() + chunk_hashes_; }
  bool empty() const { return rows() == 0; }

 private:
  friend class HashCacheWriter;
  struct File {
    std::uint32_t directory;
    std::uint32_t name_size;
    std::size_t name_begin;
    FileStamp stamp;
    Digest hash;
  };
  struct Chunks {
    std::uint32_t directory;
    std::string name;
    FileStamp stamp;
    std::uint64_t chunk_size;
    std::vector<Digest> hashes;
  };
  std::uint32_t number_of(std::string_view directory);
  std::string_view name_of(const File& file) const {
    return std::string_view(names_).substr(file.name_begin, file.name_size);
  }

  std::vector<std::string> directories_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::uint32_t last_directory_ = 0;
  std::string names_;
  std::vector<File> files_;
  std::vector<Chunks> chunks_;
  std::size_t chunk_hashes_ = 0;
};

/// Writes batches to hash_cache.db, each in one transaction. One thread at a time.
class HashCacheWriter {
 public:
  /// The connection must outlive the writer.
  static SqliteResult<HashCacheWriter> make(SqliteConnection& connection);

  /// All or nothing. kBusy: the same batch may be written later.
  SqliteStatus write(const HashCacheBatch& batch);

 private:
  HashCacheWriter(SqliteConnection& connection, SqliteStatement find_block, SqliteStatement next_bound,
                  SqliteStatement write_block, SqliteStatement write_chunks, SqliteStatement write_incumbent);

  SqliteStatus write_directory(std::string_view directory, const std::vector<FileRow>& rows);
  SqliteStatus write_blocks(std::string_view directory, std::string_view bound, const std::vector<FileRow>& rows);
  SqliteStatus write_incumbent(std::string_view key, std::string_view time, const HashRange& range, const Digest& hash);
  SqliteStatus write_files(const HashCacheBatch& batch);
  SqliteStatus write_chunks(const HashCacheBatch& batch);

  SqliteConnection* connection_;
  SqliteStatement find_block_;
  SqliteStatement next_bound_;
  SqliteStatement write_block_;
  SqliteStatement write_chunks_;
  SqliteStatement write_incumbent_;
  std::string key_;
};

}  // namespace attache
