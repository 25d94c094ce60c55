#include <attache/store/object_store.hpp>

#include <algorithm>

namespace attache {

Result<std::size_t> MemorySource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), data_.size() - offset_);
  std::ranges::copy(data_.subspan(offset_, count), buffer.begin());
  offset_ += count;
  return count;
}

}  // namespace attache
