#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_manifest.hpp>
#include <attache/transfer/download.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

inline constexpr auto kNoIndex = std::numeric_limits<std::uint32_t>::max();

/// A directory of the destination; the first is its root. `name` is native bytes, one component.
struct PlannedDirectory {
  std::uint32_t parent = 0;
  std::string name;
  bool is_listed = false;  ///< made though nothing comes into it
};

/// A file that is to be there. `name` is native bytes.
struct PlannedDownloadFile {
  std::string name;
  std::size_t entry = 0;  ///< index in the manifest
  std::uint32_t directory = 0;
  std::uint32_t content = 0;
  std::uint32_t next = kNoIndex;  ///< the next file of the same content
  bool is_runnable = false;
  std::int64_t mtime_us = 0;
};

/// What one or more files hold: one object, or one for each chunk.
struct PlannedDownloadContent {
  Digest hash{};                     ///< one object; of chunks a hash that stands for them
  std::span<const Digest> chunks{};  ///< empty: one object
  std::uint64_t size = 0;
  std::uint32_t first = kNoIndex;  ///< its files, in manifest order
  std::uint32_t last = kNoIndex;
};

struct PlannedLink {
  std::string name;  ///< native bytes
  std::string text;  ///< native bytes, relative to the link's directory
  std::size_t entry = 0;
  std::uint32_t directory = 0;
};

/// A part of a content that has an object of its own.
struct ContentPart {
  Digest hash;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// What a manifest asks for, checked as far as that goes without looking at the destination: the `plan` of
/// download.hpp. Points into the manifest.
struct DownloadPlan {
  std::vector<PlannedDirectory> directories;
  std::vector<PlannedDownloadFile> files;  ///< in manifest order
  std::vector<PlannedDownloadContent> contents;
  std::vector<PlannedLink> links;
  std::vector<PlannedLink> deleted_files;          ///< without text
  std::vector<std::uint32_t> deleted_directories;  ///< the deepest first
  std::uint64_t chunk_size = 0;

  /// WTF-8, relative to the destination; "" for the root.
  std::string path_of(std::uint32_t directory) const;
  /// The same of a name in it (native bytes).
  std::string path_of(std::uint32_t directory, std::string_view name) const;
  std::string path_of(const PlannedDownloadFile& file) const { return path_of(file.directory, file.name); }

  std::size_t parts_of(const PlannedDownloadContent& content) const {
    return content.chunks.empty() ? 1 : content.chunks.size();
  }
  ContentPart part_of(const PlannedDownloadContent& content, std::size_t index) const;

  /// Stands for what is asked for: the same for the same files, contents and times.
  Result<Digest> digest(ConflictResolution conflict, const std::stop_token& stop = {}) const;
};

Result<DownloadPlan> plan_download(const Manifest& manifest, const DownloadOptions& options,
                                   const std::stop_token& stop = {});
Result<DownloadPlan> plan_download(const TreeManifest& manifest, const DownloadOptions& options,
                                   const std::stop_token& stop = {});

/// The text of a link in `directory` that leads to `target`, both relative to the same root and WTF-8; nothing if that
/// is outside. `.` and `..` in the target are resolved as text.
std::optional<std::string> link_text(std::string_view directory, std::string_view target);

}  // namespace attache
