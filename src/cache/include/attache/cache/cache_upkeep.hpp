#pragma once

#include <attache/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What a person does with cache files: look at them, empty them, compare them with the disk. Every function works while
// other processes use the files, and makes no file that is not there.

struct CacheTableFacts {
  std::string name{};
  std::uint64_t rows = 0;
};

struct CacheFileFacts {
  std::string path{};  ///< host path, native bytes
  bool exists = false;
  std::uint64_t bytes = 0;
  std::uint64_t log_bytes = 0;   ///< of the -wal beside it
  std::int64_t modified_ns = 0;  ///< last time that the file or its log was written
  std::string journal_mode{};
  std::vector<CacheTableFacts> tables{};  ///< all that are in the file, by name
  /// Files that our own tables know, of all rows.
  std::uint64_t files = 0;
  /// Of the check cache: when the oldest and the newest row were seen, and rows that are too old.
  std::optional<double> oldest_seen{};
  std::optional<double> newest_seen{};
  std::uint64_t expired = 0;
  /// Why the file cannot be used.
  std::optional<Error> problem{};
};

/// `file` is kHashCacheFile or kCheckCacheFile; `now` in seconds since 1970.
CacheFileFacts inspect_cache_file(const std::string& directory, std::string_view file, double now);

struct ClearedCache {
  std::uint64_t rows = 0;  ///< that were in it
  /// The file was no usable database: it and what belongs to it are gone.
  bool removed_file = false;
};

/// Empties the tables of the incumbent's and ours, in one transaction, and gives the space back if nobody else has the
/// file open. Programs that use it go on with an empty cache. Tables of others and of older versions stay. Nothing
/// there is success. kPermissionDenied for files of another user.
Result<ClearedCache> clear_cache_file(const std::string& directory, std::string_view file, std::stop_token stop = {});

enum class CacheRowState {
  kCurrent,  ///< the file is as it was
  kStale,    ///< it has changed since: the row is a miss, and harmless
  kMissing,  ///< there is no such file: the same
  kWrong,    ///< the file is as it was, and has another hash: the row would give a wrong manifest
};

struct VerifyCacheOptions {
  /// Also reads and hashes every file that is as it was. Else nothing can be found wrong.
  bool hash = false;
  std::stop_token stop{};
  /// Told of each row that is not current, and with `path` in native bytes. On the calling thread.
  std::function<void(const std::string& path, CacheRowState state)> found{};
};

struct VerifiedCache {
  std::uint64_t current = 0;
  std::uint64_t stale = 0;
  std::uint64_t missing = 0;
  std::uint64_t wrong = 0;
  /// Files whose status or content could not be read.
  std::uint64_t unreadable = 0;
  /// Rows that are not what their seal says; they are never used.
  std::uint64_t damaged = 0;

  bool is_sound() const { return wrong == 0 && damaged == 0; }
};

/// Compares the rows of our own tables with the files. kNotFound if there is no hash cache in `directory`.
Result<VerifiedCache> verify_hash_cache(const std::string& directory, const VerifyCacheOptions& options);

}  // namespace attache
