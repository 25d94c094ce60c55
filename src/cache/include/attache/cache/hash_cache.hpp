#pragma once

#include <attache/base/error.hpp>
#include <attache/base/result.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/hash/digest.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

struct HashCacheOptions {
  /// Holds `hash_cache.db`; host path, native bytes. Made (0700) if missing.
  std::string directory{};
  /// Rows that the incumbent wrote are used although all they say of a file is its path and its time.
  bool trust_incumbent = false;
  /// Told at most once of what makes the cache unusable or worse than none; on the thread that meets it.
  std::function<void(const Error&)> warn{};
};

/// A file that a hash is looked up or stored for. Views must live as long as the call.
struct CacheSubject {
  /// One component, native bytes.
  std::string_view name;
  /// From fstat of the open file, or statx without following: what a stored row is compared with.
  const FileStatus* status = nullptr;
};

/// The hashes of files that have not changed since they were hashed, kept in the incumbent's `hash_cache.db` and a table
/// of our own beside it. A cache never fails: what goes wrong is warned of once and then everything is a miss.
/// Thread-safe: any thread may call anything.
///
/// Directories are given as resolved absolute host paths (no links in them, no `/` at the end but for the root), because
/// that is what the incumbent's rows are found by.
class HashCache {
 public:
  static std::unique_ptr<HashCache> open(HashCacheOptions options);
  virtual ~HashCache();

  /// The hashes of whole files in one directory: found[i] is that of subjects[i], or nothing. Subjects must be ordered
  /// by the bytes of their names. One query for all.
  virtual void look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                       std::span<std::optional<Digest>> found) = 0;
  /// The hashes of all chunks of one file, in order; false if one is missing.
  virtual bool look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                              std::vector<Digest>& hashes) = 0;

  /// Remembers the hash of a file of this status, if nothing can have changed since without being seen: not if the
  /// file was changed too shortly before it was read ("racily clean"). Buffered.
  virtual void store(std::string_view directory, const CacheSubject& subject, const Digest& hash) = 0;
  virtual void store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                            std::span<const Digest> hashes) = 0;
  /// Writes what is buffered; the destructor does, too.
  virtual void flush() = 0;
};

}  // namespace attache
