#include "scan_tree.hpp"

#include <cstring>

namespace attache {

std::int64_t ScanFile::mtime_us() const {
  return FileStatus{.mtime_ns = mtime_ns}.mtime_us();
}

std::string ScanDirectory::path() const {
  return path_of({});
}

std::string ScanDirectory::path_of(std::string_view name_in_it) const {
  std::size_t length = name_in_it.size() + 1;
  for (const ScanDirectory* node = this; node->parent; node = node->parent) length += node->name.size() + 1;
  // From the end, so that a deep path is copied once.
  std::string result(length - 1, '/');
  std::size_t end = result.size() - name_in_it.size();
  result.replace(end, name_in_it.size(), name_in_it);
  for (const ScanDirectory* node = this; node->parent; node = node->parent) {
    end -= node->name.size() + 1;
    result.replace(end, node->name.size(), node->name);
  }
  if (name_in_it.empty() && !result.empty()) result.pop_back();
  return result;
}

const ScanDirectory& ScanDirectory::mount() const {
  const ScanDirectory* node = this;
  while (node->parent && node->real_path.empty()) node = node->parent;
  return *node;
}

std::string ScanDirectory::resolved_path() const {
  const ScanDirectory& from = mount();
  if (from.real_path.empty()) return {};
  std::vector<const ScanDirectory*> way;
  for (const ScanDirectory* node = this; node != &from; node = node->parent) way.push_back(node);
  std::string result = from.real_path;
  for (; !way.empty(); way.pop_back()) {
    if (result.back() != '/') result += '/';
    result += way.back()->name;
  }
  return result;
}

void ScanDirectory::release() {
  names.reset();
  slots.reset();
  file_count = 0;
  std::vector<ScanDirectory*>().swap(children);
  std::vector<std::string>().swap(targets);
}

ScanDirectory& ScanTree::add(std::size_t store, ScanDirectory& parent, std::string_view name) {
  ScanDirectory& directory = directories_[store].emplace_back();
  directory.parent = &parent;
  directory.name = name;
  directory.depth = parent.depth + 1;
  parent.children.push_back(&directory);
  return directory;
}

void ScanTree::set_chunks(ScanFile& file, std::vector<Digest> hashes) {
  std::uint64_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = chunks_.size();
    chunks_.push_back(std::move(hashes));
  }
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  std::memcpy(bytes.data(), &index, sizeof index);
  file.hash = Digest(bytes);
  file.state = ScanFile::State::kChunks;
}

std::span<const Digest> ScanTree::chunks(const ScanFile& file) const {
  std::uint64_t index = 0;
  std::memcpy(&index, file.hash.bytes().data(), sizeof index);
  return chunks_[static_cast<std::size_t>(index)];
}

}  // namespace attache
