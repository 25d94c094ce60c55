#include "canonical_order.hpp"

#include <attache/base/text.hpp>

#include "key_sorter.hpp"
#include "text_hash.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <string_view>

namespace attache::detail {

namespace {

struct PathOf {
  const Manifest* manifest;
  std::string_view operator()(std::size_t index) const { return manifest->path(index); }
};

// The directories of a manifest that files are directly in, and which file is in which.
//
// Sorting a million shuffled paths is a matter of memory that is not in the cache. So the paths are gone through twice
// in the order in which they lie there: first each finds its directory in a small table; then each puts a key of its
// name, taken from after what all names in the directory have in common, next to those of its neighbours. A directory's
// items are then sorted where they lie, nearly always without another look at a path.
class Directories {
 public:
  struct Directory {
    const char* first;     // the path of the first file in it, which begins with the directory's own
    std::uint32_t size;    // bytes of the directory's path, with the '/' at its end; 0 for the root
    std::uint32_t common;  // bytes that all names in it have in common
    std::uint32_t files;
    std::uint32_t hash;

    std::string_view path() const { return {first, size}; }
  };

  // Nothing if there are so many that looking them up is what takes the time.
  static std::optional<Directories> of(const Manifest& manifest) {
    Directories found;
    found.of_entry_.resize(manifest.size());
    found.slots_.resize(kFirstSlots, kNone);
    const std::size_t most = manifest.size() / 16;
    for (std::size_t i = 0; i < manifest.size(); ++i) {
      found.of_entry_[i] = found.add(manifest.path(i));
      // Nor if their hashes collide, which must have been made so.
      if (found.directories_.size() > most || found.steps_ > 8 * manifest.size()) return std::nullopt;
    }
    found.slots_ = {};
    return found;
  }

  const std::vector<Directory>& list() const { return directories_; }
  std::vector<std::uint32_t>& of_entry() { return of_entry_; }

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kFirstSlots = 1024;  // a power of two

  static std::size_t directory_size(std::string_view path) {
    std::size_t at = path.size();
    for (; at >= 8; at -= 8) {
      const std::uint64_t other = load_word(path.data() + at - 8) ^ (kOnes * '/');
      const std::uint64_t slashes = ~(((other & ~kHighBits) + ~kHighBits) | other) & kHighBits;  // exact in every byte
      if (slashes != 0) return at - static_cast<std::size_t>(std::countl_zero(slashes)) / 8;
    }
    while (at > 0 && path[at - 1] != '/') --at;
    return at;
  }

  std::uint32_t add(std::string_view path) {
    const std::size_t size = directory_size(path);
    const std::string_view directory = path.substr(0, size);
    const auto hash = static_cast<std::uint32_t>(text_hash(directory));
    std::size_t slot = hash & (slots_.size() - 1);
    for (; slots_[slot] != kNone; slot = (slot + 1) & (slots_.size() - 1), ++steps_) {
      Directory& known = directories_[slots_[slot]];
      if (known.hash != hash || known.path() != directory) continue;
      ++known.files;
      std::size_t same = 0;
      const std::size_t most = std::min<std::size_t>(known.common, path.size() - size);
      while (same < most && known.first[size + same] == path[size + same]) ++same;
      known.common = static_cast<std::uint32_t>(same);
      return slots_[slot];
    }
    const auto id = static_cast<std::uint32_t>(directories_.size());
    slots_[slot] = id;
    directories_.push_back(
        {path.data(), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(path.size() - size), 1, hash});
    if (2 * directories_.size() > slots_.size()) grow();
    return id;
  }

  void grow() {
    slots_.assign(2 * slots_.size(), kNone);
    for (std::uint32_t id = 0; id < directories_.size(); ++id) {
      std::size_t slot = directories_[id].hash & (slots_.size() - 1);
      for (; slots_[slot] != kNone; ++steps_) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = id;
    }
  }

  std::vector<Directory> directories_;
  std::vector<std::uint32_t> of_entry_;  // the directory of each entry
  std::vector<std::uint32_t> slots_;     // open addressing: directories by their hashes
  std::size_t steps_ = 0;                // to places beside those of the hashes
};

using FileSorter = KeySorter<PathOf>;

// Puts the files of all directories together. A directory's contents, files in directories below it included, are one
// piece of the order, because they are what begins with its path. Among the files beside it that piece may stand
// anywhere: "a" and "a-b" are before "a/...", and "a0" behind it.
class Assembly {
 public:
  Assembly(const Manifest& manifest, const FileSorter& sorter, std::vector<std::uint32_t>& order)
      : manifest_(manifest), sorter_(sorter), order_(order) {}

  // A directory's files, sorted. Directories must come in the order of their paths: what lies in one follows it.
  void add(std::string_view directory, const std::uint64_t* first, const std::uint64_t* last) {
    while (!open_.empty() && !directory.starts_with(open_.back().path)) close();
    if (!open_.empty()) put_until(directory);
    open_.push_back({directory, first, last});
  }

  void finish() {
    while (!open_.empty()) close();
  }

 private:
  struct Open {
    std::string_view path;
    const std::uint64_t* next;  // the first file that is not in the order yet
    const std::uint64_t* last;
  };

  void put(std::uint64_t item) { order_[filled_++] = static_cast<std::uint32_t>(sorter_.index_of(item)); }

  // Looks with steps that double, and then between the last two: a directory may hold many files or many directories.
  void put_until(std::string_view directory) {
    Open& open = open_.back();
    const auto is_before = [&](std::uint64_t item) {
      return compare_utf16(manifest_.path(sorter_.index_of(item)), directory) <= 0;
    };
    const std::uint64_t* known = open.next;
    std::ptrdiff_t step = 1;
    while (open.last - known >= step && is_before(known[step - 1])) {
      known += step;
      step *= 2;
    }
    const std::uint64_t* const limit = known + std::min(step, open.last - known);
    const std::uint64_t* const end = std::partition_point(known, limit, is_before);
    std::for_each(open.next, end, [this](std::uint64_t item) { put(item); });
    open.next = end;
  }

  void close() {
    const Open& open = open_.back();
    std::for_each(open.next, open.last, [this](std::uint64_t item) { put(item); });
    open_.pop_back();
  }

  const Manifest& manifest_;
  const FileSorter& sorter_;
  std::vector<std::uint32_t>& order_;
  std::size_t filled_ = 0;
  std::vector<Open> open_;  // directories around each other
};

std::vector<std::uint32_t> order_by_directories(const Manifest& manifest, FileSorter& sorter, Directories directories) {
  const std::vector<Directories::Directory>& list = directories.list();
  std::vector<std::uint32_t> ends(list.size());  // of each directory's items; at first, of those that are there already
  std::uint32_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    ends[i] = begin;
    begin += list[i].files;
  }
  std::vector<std::uint64_t> items(manifest.size());
  for (std::size_t i = 0; i < manifest.size(); ++i) {
    const std::uint32_t id = directories.of_entry()[i];
    const std::size_t known = list[id].size + list[id].common;
    items[ends[id]++] = sorter.item(order_key(manifest.path(i).substr(known)), i);
  }

  const auto path_of_directory = [&list](std::size_t id) { return list[id].path(); };
  KeySorter directory_sorter(list.size(), path_of_directory);
  std::vector<std::uint64_t> sorted(list.size());
  std::iota(sorted.begin(), sorted.end(), std::uint64_t{0});
  directory_sorter.sort_indexes(sorted.data(), sorted.data() + sorted.size());

  std::vector<std::uint32_t> order = std::move(directories.of_entry());  // its values are not needed any more
  Assembly assembly(manifest, sorter, order);
  for (const std::uint64_t item : sorted) {
    const std::size_t id = directory_sorter.index_of(item);
    std::uint64_t* const last = items.data() + ends[id];
    std::uint64_t* const first = last - list[id].files;
    sorter.sort(first, last, list[id].size + list[id].common);
    assembly.add(list[id].path(), first, last);
  }
  assembly.finish();
  return order;
}

// True if keys of the paths themselves tell nearly all of them apart, as they do where names differ by numbers in the
// same places: then that is the whole sort. Of 2,000 paths about 2 pairs have the same key if a million has groups of
// one on average.
bool keys_are_enough(const Manifest& manifest, const FileSorter& sorter) {
  constexpr std::size_t kSample = 2048;
  if (manifest.size() < 4 * kSample) return false;
  const auto sample = [&](std::size_t i) { return manifest.path(i * (manifest.size() / kSample)); };
  VaryingBits varying(sample(0), 0);
  for (std::size_t i = 1; i < kSample; ++i) varying.add(sample(i));
  const PackedKey key(varying, sorter.key_bits());
  std::array<std::uint64_t, kSample> keys{};
  for (std::size_t i = 0; i < kSample; ++i) keys[i] = key(sample(i));
  std::sort(keys.begin(), keys.end());
  const auto different = std::unique(keys.begin(), keys.end()) - keys.begin();
  return static_cast<std::size_t>(different) + 4 >= kSample;
}

std::vector<std::uint32_t> order_by_paths(const Manifest& manifest, FileSorter& sorter) {
  std::vector<std::uint64_t> items(manifest.size());
  std::iota(items.begin(), items.end(), std::uint64_t{0});
  sorter.sort_indexes(items.data(), items.data() + items.size());
  std::vector<std::uint32_t> order(items.size());
  std::transform(items.begin(), items.end(), order.begin(),
                 [&sorter](std::uint64_t item) { return static_cast<std::uint32_t>(sorter.index_of(item)); });
  return order;
}

std::vector<std::uint32_t> order_by_comparing(const Manifest& manifest) {
  std::vector<std::uint32_t> order(manifest.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(), [&manifest](std::uint32_t a, std::uint32_t b) {
    return compare_utf16(manifest.path(a), manifest.path(b)) < 0;
  });
  return order;
}

}  // namespace

std::vector<std::uint32_t> canonical_order(const Manifest& manifest) {
  std::size_t sorted = 1;
  while (sorted < manifest.size() && compare_utf16(manifest.path(sorted - 1), manifest.path(sorted)) <= 0) ++sorted;
  if (sorted >= manifest.size()) return {};

  for (std::size_t i = 0; i < manifest.size(); ++i) {
    if (has_high_surrogate(manifest.path(i))) return order_by_comparing(manifest);
  }
  FileSorter sorter(manifest.size(), PathOf{&manifest});
  if (keys_are_enough(manifest, sorter)) return order_by_paths(manifest, sorter);
  if (std::optional<Directories> directories = Directories::of(manifest)) {
    return order_by_directories(manifest, sorter, std::move(*directories));
  }
  return order_by_paths(manifest, sorter);
}

}  // namespace attache::detail
