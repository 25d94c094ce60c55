#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations_v2023.hpp>
#include <attache/scan/manifest_hashes.hpp>

#include <utility>

namespace attache {

ManifestHashes::ManifestHashes(const Snapshot& manifest, std::string root, HashCache* next)
    : manifest_(manifest), root_(std::move(root)), next_(next) {
  if (!root_.ends_with('/')) root_ += '/';
}

std::optional<DirectoryId> ManifestHashes::directory_of(std::string_view directory) const {
  if (directory == root_ || directory == std::string_view(root_).substr(0, root_.size() - 1)) return DirectoryId::kRoot;
  if (!directory.starts_with(root_)) return std::nullopt;
  return manifest_.find_directory(from_posix_bytes(directory.substr(root_.size())));
}

std::optional<FileEntry> ManifestHashes::unchanged(DirectoryId directory, const CacheSubject& subject) const {
  const std::optional<std::size_t> index = manifest_.find_file(directory, from_posix_bytes(subject.name));
  if (!index) return std::nullopt;
  const FileEntry entry = manifest_.file(*index);
  if (entry.data.size != subject.status->size || !is_same_time(entry.data.mtime_us, subject.status->mtime_us())) {
    return std::nullopt;
  }
  return entry;
}

bool ManifestHashes::may_know(std::string_view directory) {
  return directory_of(directory) || (next_ != nullptr && next_->may_know(directory));
}

void ManifestHashes::look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                             std::span<std::optional<Digest>> found) {
  if (next_ != nullptr) {
    next_->look_up(directory, subjects, found);
  } else {
    for (std::optional<Digest>& each : found) each.reset();
  }
  const std::optional<DirectoryId> id = directory_of(directory);
  if (!id) return;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const std::optional<FileEntry> entry = unchanged(*id, subjects[i]);
    if (entry && entry->data.content == FileContent::kHash) found[i] = entry->data.hash;
  }
}

bool ManifestHashes::look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                                    std::vector<Digest>& hashes) {
  if (const std::optional<DirectoryId> id = directory_of(directory)) {
    const std::optional<FileEntry> entry = unchanged(*id, subject);
    // The manifest may have been made with another chunk size.
    const std::uint64_t wanted = entry && chunk_size > 0 ? chunk_count(entry->data.size, chunk_size) : 0;
    if (entry && entry->data.content == FileContent::kChunks && entry->data.chunks.size() == wanted) {
      hashes.assign(entry->data.chunks.begin(), entry->data.chunks.end());
      return true;
    }
  }
  return next_ != nullptr && next_->look_up_chunks(directory, subject, chunk_size, hashes);
}

void ManifestHashes::store(std::string_view directory, const CacheSubject& subject, const Digest& hash) {
  if (next_ != nullptr) next_->store(directory, subject, hash);
}

void ManifestHashes::store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                                  std::span<const Digest> hashes) {
  if (next_ != nullptr) next_->store_chunks(directory, subject, chunk_size, hashes);
}

void ManifestHashes::flush() {
  if (next_ != nullptr) next_->flush();
}

}  // namespace attache
