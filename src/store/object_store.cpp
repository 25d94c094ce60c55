#include <attache/store/object_batch.hpp>
#include <attache/store/object_store.hpp>

#include "store_common.hpp"

#include <algorithm>

namespace attache {

Result<std::size_t> MemorySource::read(std::span<std::byte> buffer) {
  const std::size_t count = std::min(buffer.size(), data_.size() - offset_);
  std::ranges::copy(data_.subspan(offset_, count), buffer.begin());
  offset_ += count;
  return count;
}

Result<std::size_t> ObjectSource::read_at(std::uint64_t offset, std::span<std::byte> buffer) {
  static_cast<void>(buffer);
  return fail(ErrorCode::kUnsupported, "this source cannot be read at byte " + std::to_string(offset),
              "read it in order");
}

Status ObjectStore::run(ObjectBatch& batch, std::stop_token stop) {
  while (!stop.stop_requested()) {
    const std::optional<ObjectTask> task = batch.next();
    if (!task) return {};
    batch.done(*task, run_alone(*this, *task, stop));
  }
  return cancelled();
}

std::string ListPage::last() const {
  const std::string key = objects.empty() ? std::string() : objects.back().key;
  return prefixes.empty() ? key : std::max(key, prefixes.back());
}

}  // namespace attache
