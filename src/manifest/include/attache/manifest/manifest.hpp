#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/text_arena.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

namespace detail {
class TrustedAppender;
}  // namespace detail

/// One regular file of a v2023-03-03 manifest. `path` is WTF-8 exactly as decoded, not yet checked for anything: make a
/// RelativePath of it before a file is touched.
struct ManifestEntry {
  std::string_view path;  ///< points into the manifest
  Digest hash;
  std::uint64_t size = 0;     ///< bytes
  std::int64_t mtime_us = 0;  ///< microseconds since the epoch, may be negative

  friend bool operator==(const ManifestEntry&, const ManifestEntry&) = default;
};

/// A v2023-03-03 manifest: files in the order they were decoded or added, duplicates included. Immutable; cheap to
/// move. One text arena and one array of 40-byte records; no heap object per entry. Views stay valid for the manifest's
/// life, also when it is moved. Any number of threads may read it.
class Manifest {
 public:
  Manifest() = default;
  Manifest(Manifest&&) noexcept = default;
  Manifest& operator=(Manifest&&) noexcept = default;
  Manifest(const Manifest&) = delete;
  Manifest& operator=(const Manifest&) = delete;

  std::size_t size() const { return records_.size(); }
  bool empty() const { return records_.empty(); }
  /// `index` must be less than size().
  ManifestEntry operator[](std::size_t index) const {
    const Record& record = records_[index];
    return {path(index), record.hash, record.size, record.mtime_us};
  }
  /// The path of an entry alone: for sorting and look-ups.
  std::string_view path(std::size_t index) const {
    const std::size_t begin = records_[index].path_offset;
    const std::size_t end = index + 1 < records_.size() ? records_[index + 1].path_offset : text_.size();
    return {text_.data() + begin, end - begin};
  }
  /// The `totalSize` field as stated; not recomputed.
  std::uint64_t total_size() const { return total_size_; }
  /// Bytes of all paths together: for estimates.
  std::size_t path_bytes() const { return text_.size(); }

  /// Goes over ManifestEntry values.
  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = ManifestEntry;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = ManifestEntry;

    iterator() = default;
    ManifestEntry operator*() const { return (*manifest_)[index_]; }
    iterator& operator++() {
      ++index_;
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    friend class Manifest;
    iterator(const Manifest* manifest, std::size_t index) : manifest_(manifest), index_(index) {}
    const Manifest* manifest_ = nullptr;
    std::size_t index_ = 0;
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, size()}; }

 private:
  friend class ManifestBuilder;
  friend class detail::TrustedAppender;
  struct Record {
    std::uint64_t path_offset;  // the path ends where the next one begins: a length would make it 48 bytes
    Digest hash;
    std::uint64_t size;
    std::int64_t mtime_us;
  };
  static_assert(sizeof(Record) == 40);

  detail::TextArena text_;
  std::vector<Record> records_;
  std::uint64_t total_size_ = 0;
};

/// Collects entries into a Manifest. Not thread-safe.
class ManifestBuilder {
 public:
  /// Room for this many entries and bytes of paths in all, so that neither array is copied while it grows.
  Status reserve(std::size_t entries, std::size_t path_bytes);
  /// kInvalidArgument if the path is not WTF-8 or longer than 4 GiB, or after 4,294,967,295 entries.
  Status add(std::string_view path, const Digest& hash, std::uint64_t size, std::int64_t mtime_us);
  std::size_t size() const { return manifest_.size(); }
  std::size_t path_bytes() const { return manifest_.path_bytes(); }
  /// Forgets all entries.
  void clear();
  /// The manifest with `totalSize` = the sum of sizes (kInvalidArgument beyond uint64). The builder is spent, whatever
  /// the outcome.
  Result<Manifest> build() &&;
  /// The same with the total as stated by a document.
  Manifest build_with_total(std::uint64_t total_size) &&;

 private:
  friend class detail::TrustedAppender;
  Manifest manifest_;
};

}  // namespace attache
