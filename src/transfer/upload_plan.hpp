#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/text_arena.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// One content that is to be in the store, and where its bytes are.
struct UploadContent {
  Digest hash;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;  ///< in the file: of a chunk
  std::uint32_t entry = 0;   ///< the first that has it
  bool is_chunk = false;
  /// The entry whose last content that nobody had before this is: done with it.
  bool ends_entry = false;
};

/// What an upload is to do: the unique contents of a manifest, in the order of their first use, and the paths of all
/// files, which are looked at before. Flat arrays, nothing per file.
class UploadPlan {
 public:
  /// kOutsideRoot and kInvalidArgument for paths as RelativePath has it, and for names that no file of this system can
  /// have; kInvalidManifest for one hash with two sizes, for entries without a hash, and sizes beyond 64 bits.
  /// kCancelled.
  static Result<UploadPlan> make(const Manifest& manifest, const std::stop_token& stop = {});
  /// kInvalidArgument if files in chunks have another number of them than `chunk_size` says.
  static Result<UploadPlan> make(const TreeManifest& manifest, std::uint64_t chunk_size,
                                 const std::stop_token& stop = {});

  std::span<const UploadContent> contents() const { return contents_; }
  std::size_t entries() const { return entries_.size(); }
  bool has_content(std::size_t entry) const { return first_use(entry) < first_use(entry + 1); }
  /// Indexes of the entry's contents.
  std::span<const std::uint32_t> uses(std::size_t entry) const {
    return std::span(uses_).subspan(first_use(entry), first_use(entry + 1) - first_use(entry));
  }
  /// Native bytes, relative to the root, or to `/` for an absolute manifest; NUL follows. Empty if there is no content.
  std::string_view path(std::size_t entry) const {
    const std::size_t begin = entries_[entry].path;
    return {paths_.data() + begin, entries_[entry].path_size};
  }
  std::uint64_t size(std::size_t entry) const { return entries_[entry].size; }
  std::int64_t mtime_us(std::size_t entry) const { return entries_[entry].mtime_us; }
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  class Builder;
  struct Entry {
    std::uint64_t path = 0;
    std::uint32_t path_size = 0;
    std::uint32_t first_use = 0;
    std::uint64_t size = 0;
    std::int64_t mtime_us = 0;
  };

  std::size_t first_use(std::size_t entry) const {
    return entry < entries_.size() ? entries_[entry].first_use : uses_.size();
  }

  std::vector<UploadContent> contents_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> uses_;
  detail::TextArena paths_;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace attache
