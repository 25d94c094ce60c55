#pragma once

#include <attache/manifest/manifest.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace attache::detail {

/// Adds entries to a ManifestBuilder whose paths are known to be WTF-8: a decoder has just read them as such, or they
/// come from another manifest. Checking a million paths once more would be 5 percent of decoding them.
class TrustedAppender {
 public:
  static constexpr std::size_t kMaxPath = std::numeric_limits<std::uint32_t>::max();
  /// Entries are numbered in 32 bits wherever many numbers are kept. So many take a document of 300 GB at least.
  static constexpr std::size_t kMaxEntries = std::numeric_limits<std::uint32_t>::max();

  explicit TrustedAppender(ManifestBuilder& builder) : manifest_(builder.manifest_) {}

  /// `path` is at most kMaxPath long, and there are fewer than kMaxEntries.
  void add(std::string_view path, const Digest& hash, std::uint64_t size, std::int64_t mtime_us) {
    manifest_.records_.push_back({manifest_.text_.size(), hash, size, mtime_us});
    manifest_.text_.append(path);
  }
  void add(const ManifestEntry& entry) { add(entry.path, entry.hash, entry.size, entry.mtime_us); }

  /// The same for who has written the path to room() already.
  void add_written(std::size_t path_size, const Digest& hash, std::uint64_t size, std::int64_t mtime_us) {
    manifest_.records_.push_back({manifest_.text_.size(), hash, size, mtime_us});
    manifest_.text_.extend(path_size);
  }
  char* room() { return manifest_.text_.room(); }
  std::size_t room_size() const { return manifest_.text_.room_size(); }

 private:
  Manifest& manifest_;
};

}  // namespace attache::detail
