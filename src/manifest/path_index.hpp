#pragma once

#include <attache/manifest/manifest.hpp>

#include "text_hash.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::detail {

/// Numbers by paths: open addressing, eight bytes a slot, half of them empty. It keeps no path: `path_at(number)` must
/// give the path of every number that is in it. O(log n) even for paths that were made to collide: what does not find a
/// place near its own goes to an ordered map.
template <typename PathAt>
class PathIndex {
 public:
  /// For up to `most` paths.
  PathIndex(std::size_t most, PathAt path_at)
      : slots_(std::bit_ceil(2 * most + kReach), kEmpty), path_at_(std::move(path_at)) {}

  /// A path on its way to its number. Looking up a million of them is waiting for memory, so look_up() a few, then
  /// touch() each, then find or add them: the waits overlap.
  struct Key {
    std::string_view path;
    std::uint64_t hash = 0;
  };
  Key look_up(std::string_view path) const {
    const Key key{path, text_hash(path)};
    detail::touch(&slots_[place(key)]);
    return key;
  }
  /// Touches the path that is probably the same.
  void touch(const Key& key) const {
    const std::uint64_t slot = slots_[place(key)];
    if (slot == kEmpty || tag_of(slot) != tag_of(key)) return;
    const std::string_view path = path_at_(number_of(slot));
    if (!path.empty()) detail::touch(path.data());
  }

  std::optional<std::uint32_t> find(const Key& key) const {
    for (std::size_t i = 0; i < kReach; ++i) {
      const std::uint64_t slot = slots_[(place(key) + i) & mask()];
      if (slot == kEmpty) return std::nullopt;
      if (tag_of(slot) == tag_of(key) && path_at_(number_of(slot)) == key.path) return number_of(slot);
    }
    const auto found = far_.find(key.path);
    return found == far_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<std::uint32_t> find(std::string_view path) const { return find(Key{path, text_hash(path)}); }

  /// The number of an equal path that is in it already, or nothing: then `number` has been added for this one, and
  /// path_at() must know it from now on.
  std::optional<std::uint32_t> find_or_add(const Key& key, std::uint32_t number) {
    for (std::size_t i = 0; i < kReach; ++i) {
      std::uint64_t& slot = slots_[(place(key) + i) & mask()];
      if (slot == kEmpty) {
        slot = (tag_of(key) << 32) | number;
        return std::nullopt;
      }
      if (tag_of(slot) == tag_of(key) && path_at_(number_of(slot)) == key.path) return number_of(slot);
    }
    const auto [found, added] = far_.emplace(key.path, number);
    return added ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::uint64_t kEmpty = std::numeric_limits<std::uint64_t>::max();  // no number is 2^32 - 1
  static constexpr std::size_t kReach = 64;  // of a million random paths in half-full tables none is farther than 40

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t place(const Key& key) const { return static_cast<std::size_t>(key.hash) & mask(); }
  static std::uint64_t tag_of(const Key& key) { return key.hash >> 32; }
  static std::uint64_t tag_of(std::uint64_t slot) { return slot >> 32; }
  static std::uint32_t number_of(std::uint64_t slot) { return static_cast<std::uint32_t>(slot); }

  std::vector<std::uint64_t> slots_;
  std::map<std::string_view, std::uint32_t> far_;  // its keys are views of paths that path_at() knows
  PathAt path_at_;
};

/// Calls function(number, key) for each of `count` paths, with keys of an index into which `function` may add them. The
/// waits for memory of a block of paths overlap: two manifests of a million entries in different orders are merged in
/// 0.4 CPU s.
template <typename Index, typename PathOf, typename Function>
void for_each_key(std::size_t count, PathOf path_of, const Index& index, Function function) {
  std::array<typename Index::Key, 32> keys{};
  for (std::size_t begin = 0; begin < count; begin += keys.size()) {
    const std::size_t some = std::min(keys.size(), count - begin);
    for (std::size_t i = 0; i < some; ++i) keys[i] = index.look_up(path_of(begin + i));
    for (std::size_t i = 0; i < some; ++i) index.touch(keys[i]);
    for (std::size_t i = 0; i < some; ++i) function(static_cast<std::uint32_t>(begin + i), keys[i]);
  }
}
template <typename Index, typename Function>
void for_each_key(const Manifest& manifest, const Index& index, Function function) {
  for_each_key(
      manifest.size(), [&manifest](std::size_t i) { return manifest.path(i); }, index, function);
}

}  // namespace attache::detail
