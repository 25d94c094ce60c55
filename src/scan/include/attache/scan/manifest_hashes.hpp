#pragma once

#include <attache/cache/hash_cache.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <string>

namespace attache {

/// Lets a scan take the hashes of files that seem unchanged from an earlier manifest of the same tree: those of the
/// same size whose times differ by 1 us at most, as CompareMode::kFast has it. That is less than a HashCache asks for,
/// which sees an edit that keeps the time; use it where the user asked for a comparison by size and time. Not for a
/// manifest whose tree may have been exchanged as a whole.
///
/// What it does not know it asks, and what it is given it stores in, `next`. Thread-safe if that is.
class ManifestHashes final : public HashCache {
 public:
  /// `manifest` is relative to the directory `root`: a resolved absolute host path, native bytes. `next` may be null.
  /// All must outlive this object.
  ManifestHashes(const Snapshot& manifest, std::string root, HashCache* next);

  bool may_know(std::string_view directory) override;
  void look_up(std::string_view directory, std::span<const CacheSubject> subjects,
               std::span<std::optional<Digest>> found) override;
  bool look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                      std::vector<Digest>& hashes) override;
  void store(std::string_view directory, const CacheSubject& subject, const Digest& hash) override;
  void store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                    std::span<const Digest> hashes) override;
  void flush() override;

 private:
  /// The directory in the manifest; nothing outside of the root.
  std::optional<DirectoryId> directory_of(std::string_view directory) const;
  /// The file's entry if it seems unchanged.
  std::optional<FileEntry> unchanged(DirectoryId directory, const CacheSubject& subject) const;

  const Snapshot& manifest_;
  std::string root_;
  HashCache* next_;
};

}  // namespace attache
