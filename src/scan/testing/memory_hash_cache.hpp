#pragma once

#include <attache/cache/hash_cache.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A HashCache that keeps everything in memory, for ever, and believes in it: a hash is found again if the file's
/// FileStatus is the same version. Thread-safe.
class MemoryHashCache : public HashCache {
 public:
  bool may_know(std::string_view directory) override;
  void look_up(std::string_view directory, std::span<const CacheSubject> subjects,
               std::span<std::optional<Digest>> found) override;
  bool look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                      std::vector<Digest>& hashes) override;
  void store(std::string_view directory, const CacheSubject& subject, const Digest& hash) override;
  void store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                    std::span<const Digest> hashes) override;
  void flush() override {}

  // For tests.
  std::uint64_t queries() const { return queries_; }
  std::uint64_t stored() const { return stored_; }
  /// True if subjects did not come in the order of their names.
  bool disordered() const { return disordered_; }
  /// "directory/name" of everything it holds.
  std::vector<std::string> paths() const;
  /// Makes all answers wrong: what a poisoned cache would say.
  void poison(const Digest& hash);

 private:
  struct Row {
    FileStatus status;
    Digest hash;
    std::uint64_t chunk_size = 0;
    std::vector<Digest> chunks;
  };
  using Rows = std::map<std::string, Row, std::less<>>;

  mutable std::mutex mutex_;
  std::map<std::string, Rows, std::less<>> directories_;
  std::uint64_t queries_ = 0;
  std::uint64_t stored_ = 0;
  bool disordered_ = false;
};

}  // namespace attache
