#include "memory_hash_cache.hpp"

namespace attache {

bool MemoryHashCache::may_know(std::string_view directory) {
  const std::lock_guard lock(mutex_);
  return directories_.find(directory) != directories_.end();
}

void MemoryHashCache::look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                              std::span<std::optional<Digest>> found) {
  const std::lock_guard lock(mutex_);
  ++queries_;
  for (std::size_t i = 1; i < subjects.size(); ++i) {
    disordered_ = disordered_ || !(subjects[i - 1].name < subjects[i].name);
  }
  const auto known = directories_.find(directory);
  if (known == directories_.end() || subjects.empty()) return;
  // Both are ordered by name: one goes along the other.
  const Rows& rows = known->second;
  auto row = rows.lower_bound(subjects.front().name);
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    while (row != rows.end() && row->first < subjects[i].name) ++row;
    if (row == rows.end()) return;
    if (row->first != subjects[i].name || row->second.chunk_size != 0) continue;
    if (row->second.status.same_version_as(*subjects[i].status)) found[i] = row->second.hash;
  }
}

bool MemoryHashCache::look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                                     std::vector<Digest>& hashes) {
  const std::lock_guard lock(mutex_);
  ++queries_;
  const auto known = directories_.find(directory);
  if (known == directories_.end()) return false;
  const auto row = known->second.find(subject.name);
  if (row == known->second.end() || row->second.chunk_size != chunk_size) return false;
  if (!row->second.status.same_version_as(*subject.status)) return false;
  hashes = row->second.chunks;
  return true;
}

void MemoryHashCache::store(std::string_view directory, const CacheSubject& subject, const Digest& hash) {
  const std::lock_guard lock(mutex_);
  ++stored_;
  directories_[std::string(directory)][std::string(subject.name)] = {*subject.status, hash, 0, {}};
}

void MemoryHashCache::store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                                   std::span<const Digest> hashes) {
  const std::lock_guard lock(mutex_);
  ++stored_;
  directories_[std::string(directory)][std::string(subject.name)] = {
      *subject.status, {}, chunk_size, {hashes.begin(), hashes.end()}};
}

std::vector<std::string> MemoryHashCache::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> result;
  for (const auto& [directory, rows] : directories_) {
    for (const auto& [name, row] : rows) result.push_back(directory + (directory == "/" ? "" : "/") + name);
  }
  return result;
}

void MemoryHashCache::poison(const Digest& hash) {
  const std::lock_guard lock(mutex_);
  for (auto& [directory, rows] : directories_) {
    for (auto& [name, row] : rows) {
      row.hash = hash;
      row.chunks.push_back(hash);
    }
  }
}

}  // namespace attache
