#pragma once

#include <attache/base/error.hpp>
#include <attache/base/result.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/hash/digest.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

struct HashCacheOptions {
  /// Holds `hash_cache.db`; host path, native bytes. Made (0700) if missing. See cache_directory.hpp for the usual one.
  std::string directory{};
  /// Rows that the incumbent wrote are used although all they say of a file is its path and its time.
  bool trust_incumbent = false;
  /// Told at most once of what makes the cache unusable or worse than none; on the thread that meets it.
  std::function<void(const Error&)> warn{};
  /// How long one call may wait for other processes before the cache is done without. Theirs are transactions of some
  /// 10 ms; who holds the file for longer than this will not let it go.
  std::chrono::milliseconds patience{15'000};
  /// When it fires, nothing waits for other processes any more; what cannot be written at once is lost.
  std::stop_token stop{};
  /// The clock that files' times are compared with, in ns since 1970; empty: the system's. For tests.
  std::function<std::int64_t()> now_ns{};
};

/// A file that a hash is looked up or stored for. Views must live as long as the call.
struct CacheSubject {
  /// One component, native bytes.
  std::string_view name;
  /// From fstat of the open file, or statx without following: what a stored row is compared with.
  const FileStatus* status = nullptr;
  /// For store: the time (CLOCK_REALTIME, ns since 1970) when the file was last seen to have this status. 0: the time
  /// of the call, which is right if it comes within 0.4 s.
  std::int64_t seen_at_ns = 0;
};

/// The hashes of files that have not changed since they were hashed, kept in the incumbent's `hash_cache.db` and tables
/// of our own beside its `hashesV4`. A cache never fails: what goes wrong is warned of once and then everything is a
/// miss. Thread-safe: any thread may call anything.
///
/// A hit is a file whose size, inode, device, mtime and ctime (in ns) are those of the time when it was hashed. Rows of
/// the incumbent, which know a file's path and mtime only, are no evidence and are not read, unless the options say so;
/// even then not for a file that is known to have changed without its time, and not if the hash is not 32 lower-case
/// hex digits. What is stored here, the incumbent finds: path as WTF-8, time as its own text.
///
/// A look-up takes some 100 ns of CPU for each file in directories of 100 and 210 ns in directories of 10 (all hits,
/// what the caller's own memory costs included), beside 1,600 ns for getdents and statx on the same machine. A stored
/// row takes 2.7 us, of which 2 us are the incumbent's table (hash_cache_tables.hpp). Look-ups do not wait for writers,
/// of whatever process. A read transaction may stay open between two look-ups, until a row is written or flush() is
/// called: call it when there will be no look-up for long, or the log beside the file cannot be used again from its
/// beginning.
///
/// Directories are given as resolved absolute host paths (no links in them, no `/` at the end but for the root),
/// because that is what the incumbent's rows are found by.
class HashCache {
 public:
  /// Always gives a cache; one that could not be opened has warned, and remembers nothing.
  static std::unique_ptr<HashCache> open(HashCacheOptions options);
  virtual ~HashCache();

  /// False if a look-up of whatever file in this directory would find nothing: then nobody needs their statuses before
  /// they are opened. True when in doubt. About 3 us.
  virtual bool may_know(std::string_view directory) = 0;
  /// The hashes of whole files in one directory: found[i] is that of subjects[i], or nothing. Subjects must be ordered
  /// by the bytes of their names (one that is not may be missed). One query for all.
  virtual void look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                       std::span<std::optional<Digest>> found) = 0;
  /// The hashes of all chunks of one file, in order; false if one is missing, and for an empty file, which has none.
  virtual bool look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                              std::vector<Digest>& hashes) = 0;

  /// Remembers the hash of a file of this status, if nothing can have changed since without being seen: not if the file
  /// was changed less than 2.5 s before it was seen, or a minute on a network file system ("racily clean", see
  /// racily_clean.hpp for the reasons). Buffered; every 4,096 rows one of the callers writes.
  virtual void store(std::string_view directory, const CacheSubject& subject, const Digest& hash) = 0;
  /// The same for the chunks of one file: as many hashes as chunks of `chunk_size` bytes, the last may be shorter.
  virtual void store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                            std::span<const Digest> hashes) = 0;
  /// Writes what is buffered; the destructor does, too.
  virtual void flush() = 0;
};

}  // namespace attache
