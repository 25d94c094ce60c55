#include "upload_plan.hpp"

#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/transfer/chunk_ranges.hpp>

#include "content_index.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace attache {

namespace {

constexpr const char* kMakeAgain = "make the manifest again from the original files";
constexpr std::size_t kNamedOffenders = 20;
/// Entries, some of which take a microsecond.
constexpr std::size_t kStopInterval = 4096;

/// True if the text is a path that RelativePath takes, which most are; false says nothing.
bool is_plain_path(std::string_view text) {
  if (text.empty() || !is_ascii(text) || text.find('\0') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    if (end == begin || text[begin] == '.') return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

class UploadPlan::Builder {
 public:
  explicit Builder(std::size_t entries) {
    plan_.entries_.reserve(entries);
    plan_.uses_.reserve(entries);
    index_.reserve(entries);
  }

  /// The path of the entry that follows, native bytes.
  void begin(std::string_view native, std::uint64_t size, std::int64_t mtime_us) {
    Entry entry;
    entry.path = plan_.paths_.size();
    entry.path_size = static_cast<std::uint32_t>(native.size());
    entry.first_use = static_cast<std::uint32_t>(plan_.uses_.size());
    entry.size = size;
    entry.mtime_us = mtime_us;
    plan_.entries_.push_back(entry);
    plan_.paths_.append(native);
    plan_.paths_.append(std::string_view("\0", 1));
  }

  Status add(const Digest& hash, std::uint64_t offset, std::uint64_t size, bool is_chunk) {
    const auto [number, is_new] = index_.try_add(hash, static_cast<std::uint32_t>(plan_.contents_.size()),
                                                 [this](std::uint32_t at) { return plan_.contents_[at].hash; });
    plan_.uses_.push_back(number);
    if (is_new) {
      const auto entry = static_cast<std::uint32_t>(plan_.entries_.size() - 1);
      plan_.contents_.push_back({hash, size, offset, entry, is_chunk, false});
      return {};
    }
    const UploadContent& first = plan_.contents_[number];
    if (first.size == size) return {};
    return fail(ErrorCode::kInvalidManifest,
                "the manifest gives hash " + hash.to_hex() + " two sizes, " + std::to_string(first.size) + " (for '" +
                    printable(plan_.path(first.entry)) + "') and " + std::to_string(size) + " (for '" +
                    printable(plan_.path(plan_.entries_.size() - 1)) + "')",
                kMakeAgain);
  }

  /// Of an entry with content.
  Status end() {
    const std::size_t entry = plan_.entries_.size() - 1;
    ++plan_.files_;
    const std::uint64_t size = plan_.entries_[entry].size;
    if (size > UINT64_MAX - plan_.bytes_) {
      return fail(ErrorCode::kInvalidManifest, "the manifest's sizes add up to more than 2^64 bytes", kMakeAgain);
    }
    plan_.bytes_ += size;
    if (!plan_.contents_.empty() && plan_.contents_.back().entry == entry) plan_.contents_.back().ends_entry = true;
    return {};
  }

  UploadPlan plan() && { return std::move(plan_); }

 private:
  UploadPlan plan_;
  ContentIndex index_;
};

namespace {

Result<std::string> native_bytes(std::string_view text) {
  if (auto bytes = to_posix_bytes(text)) return *std::move(bytes);
  return fail(ErrorCode::kInvalidArgument, "path '" + printable(text) + "' cannot be the name of a file on this system",
              "the manifest was made on another system; take a snapshot here");
}

Status refuse_unhashed(const TreeManifest& manifest) {
  std::size_t count = 0;
  std::string list;
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    if (manifest.content(i) != FileContent::kUnhashed) continue;
    if (count++ < kNamedOffenders) list += "\n  " + printable(manifest.path_of(manifest.file(i)));
  }
  if (count == 0) return {};
  if (count > kNamedOffenders) list += "\n  and " + std::to_string(count - kNamedOffenders) + " more";
  return fail(ErrorCode::kInvalidManifest,
              std::to_string(count) + (count == 1 ? " file" : " files") + " of the manifest have no hash:" + list,
              "hash the manifest first: a snapshot does");
}

/// The directories of the manifest as native paths, each with its slash; the anchor `/` of absolute ones is nothing.
Result<std::vector<std::string>> native_directories(const TreeManifest& manifest) {
  std::vector<std::string> paths(manifest.directory_count());
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const DirEntry directory = manifest.directory(static_cast<DirectoryId>(i));
    if (directory.is_anchor) {
      if (directory.name == "/") continue;
      return fail(ErrorCode::kInvalidArgument,
                  "the manifest has paths below '" + printable(directory.name) + "', which is no place of this system",
                  "the manifest was made on another system; upload it there");
    }
    ATTACHE_ASSIGN(const std::string name, native_bytes(directory.name));
    paths[i] = paths[static_cast<std::size_t>(directory.parent)] + name + "/";
  }
  return paths;
}

Status check_chunks(const std::string& path, const FileData& data, std::uint64_t chunk_size) {
  const std::uint64_t expected = content_count(data.size, chunk_size);
  if (expected == data.chunks.size()) return {};
  return fail(ErrorCode::kInvalidArgument,
              "'" + printable(path) + "' has " + std::to_string(data.chunks.size()) + " chunks for " +
                  std::to_string(data.size) + " bytes, and chunks of " + std::to_string(chunk_size) +
                  " bytes would be " + std::to_string(expected),
              "give the chunk size that the manifest was made with");
}

}  // namespace

Result<UploadPlan> UploadPlan::make(const Manifest& manifest, const std::stop_token& stop) {
  Builder builder(manifest.size());
  std::size_t count = 0;
  for (const ManifestEntry entry : manifest) {
    if (count++ % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    if (is_plain_path(entry.path)) {
      builder.begin(entry.path, entry.size, entry.mtime_us);
    } else {
      ATTACHE_TRY(RelativePath::parse(entry.path));
      ATTACHE_ASSIGN(const std::string native, native_bytes(entry.path));
      builder.begin(native, entry.size, entry.mtime_us);
    }
    ATTACHE_TRY(builder.add(entry.hash, 0, entry.size, false));
    ATTACHE_TRY(builder.end());
  }
  return std::move(builder).plan();
}

Result<UploadPlan> UploadPlan::make(const TreeManifest& manifest, std::uint64_t chunk_size,
                                    const std::stop_token& stop) {
  ATTACHE_TRY(refuse_unhashed(manifest));
  ATTACHE_ASSIGN(const std::vector<std::string> directories, native_directories(manifest));
  Builder builder(manifest.file_count());
  std::string path;
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    const FileEntry entry = manifest.file(i);
    const FileData& data = entry.data;
    if (data.content != FileContent::kHash && data.content != FileContent::kChunks) {
      builder.begin({}, 0, 0);
      continue;
    }
    path = directories[static_cast<std::size_t>(entry.directory)];
    if (is_ascii(entry.name)) {
      path += entry.name;
    } else {
      ATTACHE_ASSIGN(const std::string name, native_bytes(entry.name));
      path += name;
    }
    builder.begin(path, data.size, data.mtime_us);
    if (data.content == FileContent::kHash) {
      ATTACHE_TRY(builder.add(data.hash, 0, data.size, false));
    } else {
      ATTACHE_TRY(check_chunks(path, data, chunk_size));
      for (std::size_t chunk = 0; chunk < data.chunks.size(); ++chunk) {
        const ChunkRange range = content_range(data.size, chunk_size, chunk);
        ATTACHE_TRY(builder.add(data.chunks[chunk], range.offset, range.size, true));
      }
    }
    ATTACHE_TRY(builder.end());
  }
  return std::move(builder).plan();
}

}  // namespace attache
