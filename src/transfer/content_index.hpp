#pragma once

#include <attache/hash/digest.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace attache {

/// The numbers of contents by their hashes, for plans of a million files. One block of memory, and not a node for each
/// as in std::unordered_map, whose million nodes take longer to be given back than a cancelled call has time for.
class ContentIndex {
 public:
  /// Room for so many contents, so that the table does not grow.
  void reserve(std::size_t contents) {
    std::size_t size = kSmallest;
    while (size < contents * 2) size *= 2;
    reserved_ = size;
  }

  /// The number of the content with this hash, and whether it is new: then it is `next`. `hash_of(number)` is the hash
  /// of a content that was added before.
  template <typename HashOf>
  std::pair<std::uint32_t, bool> try_add(const Digest& hash, std::uint32_t next, const HashOf& hash_of) {
    if (count_ * 2 >= table_.size()) grow(hash_of);
    std::uint32_t& place = table_[place_of(hash, hash_of)];
    if (place != kFree) return {place, false};
    place = next;
    ++count_;
    return {next, true};
  }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  static constexpr std::size_t kSmallest = 64;

  template <typename HashOf>
  std::size_t place_of(const Digest& hash, const HashOf& hash_of) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t place = std::hash<Digest>()(hash) & mask;
    while (table_[place] != kFree && hash_of(table_[place]) != hash) place = (place + 1) & mask;
    return place;
  }

  template <typename HashOf>
  void grow(const HashOf& hash_of) {
    std::vector<std::uint32_t> old(std::move(table_));
    const std::size_t size = old.empty() ? std::max(reserved_, kSmallest) : old.size() * 2;
    table_.assign(size, kFree);
    for (const std::uint32_t number : old) {
      if (number != kFree) table_[place_of(hash_of(number), hash_of)] = number;
    }
  }

  std::vector<std::uint32_t> table_;  // a power of two, at most half full
  std::size_t reserved_ = kSmallest;
  std::size_t count_ = 0;
};

}  // namespace attache
