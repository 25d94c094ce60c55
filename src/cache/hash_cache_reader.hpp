#pragma once

#include <attache/cache/hash_cache.hpp>
#include <attache/cache/hash_range.hpp>
#include <attache/sqlite/connection.hpp>

#include "file_block.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A connection to hash_cache.db that looks hashes up. One thread at a time.
class HashCacheReader {
 public:
  /// `keep_transactions`: a read transaction may stay open after a look-up, for the next ones. Only with WAL, where it
  /// keeps nobody from writing.
  static SqliteResult<HashCacheReader> make(SqliteConnection connection, bool trust_incumbent, bool keep_transactions);

  /// As HashCache::may_know.
  SqliteResult<bool> may_know(std::string_view directory);
  /// As HashCache::look_up; `damaged` is set if a row was not what its seal says.
  SqliteStatus look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                       std::span<std::optional<Digest>> found, bool& damaged);
  SqliteResult<bool> look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                                    std::vector<Digest>& hashes, bool& damaged);

  /// Ends a transaction that is still open: it keeps the log (-wal) from being used again from its beginning.
  void let_go();
  /// After an error: ends whatever is open, so that a call can be made again.
  void abandon();

 private:
  HashCacheReader(SqliteConnection connection, SqliteStatement any, SqliteStatement blocks, SqliteStatement chunks,
                  SqliteStatement incumbent_row, bool trust_incumbent, bool keep_transactions);

  SqliteStatus enter();
  SqliteStatus leave();
  SqliteStatus own_rows(std::string_view directory, std::span<const CacheSubject> subjects,
                        std::span<std::optional<Digest>> found, bool& damaged);
  void match(BlockReader block, std::span<const CacheSubject> subjects, std::span<std::optional<Digest>> found,
             std::size_t first);
  SqliteStatus incumbent_rows(std::string_view directory, std::span<const CacheSubject> subjects,
                              std::span<std::optional<Digest>> found);
  SqliteResult<std::optional<Digest>> incumbent_row(std::string_view key, std::string_view time,
                                                    const HashRange& range);

  SqliteConnection connection_;
  SqliteStatement any_;
  SqliteStatement blocks_;
  SqliteStatement chunks_;
  SqliteStatement incumbent_row_;
  bool trust_incumbent_;
  bool keep_transactions_;
  int look_ups_in_transaction_ = 0;
  std::string key_;
  std::vector<char> refuted_;  ///< by subject, with trust_incumbent_: its row in hashesV4 is known to be out of date
};

}  // namespace attache
