#pragma once

#include <attache/base/swar.hpp>
#include <attache/manifest/manifest.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace attache::detail {

/// Entries in an order that is not that of memory, a few at a time. One by one each costs two waits for memory, first
/// for its record and then for its path; those of a block overlap. A million entries are written in shuffled order in
/// 0.09 CPU s instead of 0.25.
template <typename EntryAt>
class EntryBlocks {
 public:
  /// `entry_at(i)` is the entry at place i of the order.
  EntryBlocks(std::size_t count, EntryAt entry_at) : count_(count), entry_at_(std::move(entry_at)) {}

  /// The next entries; empty at the end. Valid until the next call.
  std::span<const ManifestEntry> next() {
    const std::size_t size = std::min(block_.size(), count_ - at_);
    for (std::size_t i = 0; i < size; ++i) block_[i] = entry_at_(at_ + i);
    for (std::size_t i = 0; i < size; ++i) {
      const std::string_view path = block_[i].path;
      if (path.empty()) continue;
      touch(path.data());
      touch(path.data() + path.size() - 1);
    }
    at_ += size;
    return {block_.data(), size};
  }

 private:
  std::size_t count_;
  EntryAt entry_at_;
  std::size_t at_ = 0;
  std::array<ManifestEntry, 16> block_;
};

}  // namespace attache::detail
