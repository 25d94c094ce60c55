#include <attache/store/object_store.hpp>

#include <algorithm>

namespace attache {

Result<std::size_t> MemorySource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), data_.size() - offset_);
  std::ranges::copy(data_.subspan(offset_, count), buffer.begin());
  offset_ += count;
  return count;
}

std::string ListPage::last() const {
  const std::string key = objects.empty() ? std::string() : objects.back().key;
  return prefixes.empty() ? key : std::max(key, prefixes.back());
}

}  // namespace attache
