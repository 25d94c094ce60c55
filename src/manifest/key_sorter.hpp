#pragma once

#include <attache/base/swar.hpp>
#include <attache/base/text.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::detail {

/// True if a text has a lone surrogate U+D800-U+DBFF, for which there is no order_key(): it orders between characters
/// above U+FFFF by its own value. No file name of any system decodes to one.
bool has_high_surrogate(std::string_view wtf8);

/// For bytes from 0x80 on. UTF-8 bytes order as UTF-16 code units do, but for U+E000-U+FFFF (lead bytes 0xEE and 0xEF),
/// which code units put after the characters above U+FFFF (0xF0-0xF4), and lone low surrogates (0xED before 0xB0 and
/// more), which come between these and those. Lead bytes that UTF-8 does not use mend it.
std::uint64_t order_key_beyond_ascii(std::string_view rest);

/// The first eight bytes of a text as a number that orders as the text does, zeros after its end: keys differ only if
/// the texts do, and order as their UTF-16 code units then. Equal keys say that the texts are equal for eight bytes, or
/// up to the end of the shorter one.
inline std::uint64_t order_key(std::string_view rest) {
  std::uint64_t word = 0;
  if (rest.size() >= sizeof word) {
    word = load_word(rest.data());
  } else {
    for (std::size_t i = 0; i < rest.size(); ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(rest[i])} << (8 * i);
    }
  }
  return (word & kHighBits) == 0 ? swap_bytes(word) : order_key_beyond_ascii(rest);
}

/// Which bits of some texts vary, in what order_key() makes of each eight of their bytes. What does not vary can be
/// left out of a key: of digits four bits remain, and of the many characters that all names share none, so that one
/// integer holds as much of a path as tells it from nearly all others.
class VaryingBits {
 public:
  /// From a text's byte `depth` on, this many bytes are looked at.
  static constexpr std::size_t kSpan = 128;

  VaryingBits(std::string_view first, std::size_t depth) : depth_(depth) {
    for (std::size_t i = 0; i < kWords; ++i) first_[i] = word_of(first, i);
    longest_ = first.size();
  }
  void add(std::string_view text) {
    const std::size_t words =
        std::min(kWords, (std::max(longest_, text.size()) - std::min(depth_, text.size()) + 7) / 8);
    for (std::size_t i = 0; i < words; ++i) varying_[i] |= word_of(text, i) ^ first_[i];
    longest_ = std::max(longest_, text.size());
  }

  std::size_t longest() const { return longest_; }

 private:
  friend class PackedKey;
  static constexpr std::size_t kWords = kSpan / 8;

  std::uint64_t word_of(std::string_view text, std::size_t i) const {
    const std::size_t at = depth_ + 8 * i;
    return at < text.size() ? order_key(text.substr(at)) : 0;
  }

  std::size_t depth_;
  std::size_t longest_ = 0;
  std::array<std::uint64_t, kWords> first_{};
  std::array<std::uint64_t, kWords> varying_{};
};

/// A key of the bits that vary, as many as fit: of each byte those from the highest varying one down.
class PackedKey {
 public:
  /// Keys of up to `bits` bits.
  PackedKey(const VaryingBits& varying, unsigned bits);

  /// False if no bit varies.
  bool tells_apart() const { return count_ > 0; }
  unsigned bits() const { return bits_; }
  /// Texts of equal keys are equal up to this byte, or to the end of the shorter one.
  std::size_t depth() const { return depth_; }

  std::uint64_t operator()(std::string_view text) const {
    std::uint64_t key = 0;
    std::uint64_t word = 0;
    std::size_t loaded = VaryingBits::kSpan;
    for (std::size_t i = 0; i < count_; ++i) {
      const Field& field = fields_[i];
      if (field.at != loaded) {
        loaded = field.at;
        word = start_ + loaded < text.size() ? order_key(text.substr(start_ + loaded)) : 0;
      }
      key = (key << field.bits) | ((word >> field.shift) & field.mask);
    }
    return key;
  }

 private:
  struct Field {
    std::uint8_t at = 0;  // of the word, in bytes after the start
    std::uint8_t shift = 0;
    std::uint8_t bits = 0;
    std::uint8_t mask = 0;
  };

  std::size_t start_;
  std::size_t depth_;
  unsigned bits_ = 0;
  std::size_t count_ = 0;
  std::array<Field, 64> fields_;  // each has a bit
};

/// Sorts integers by their bits from `low` up to `high`; those that are equal in them stay in their order. Takes
/// another array of the same size.
void radix_sort(std::uint64_t* first, const std::uint64_t* last, unsigned low, unsigned high);

/// Sorts integers by their bits from `low` on, a byte at a time and only by bytes in which they differ; those that are
/// equal in all of them stay in their order. `scratch` grows to their number.
void sort_by_varying_bytes(std::uint64_t* first, const std::uint64_t* last, unsigned low,
                           std::vector<std::uint64_t>& scratch);

/// Sorts indexes of texts by the UTF-16 code units of the texts, and equal texts by index. The texts must be WTF-8
/// without lone high surrogates.
///
/// An item is one integer: a key above the index. Items are sorted as numbers, without a look at any text; only those
/// with equal keys form a group that gets new keys, from after what all its texts have in common. Sorting by comparing
/// texts instead means 20 comparisons of each all over memory, 2.7 CPU s for a million paths.
template <typename Text>
class KeySorter {
 public:
  /// `text(index)` is the text of an index below `count`.
  KeySorter(std::size_t count, Text text)
      : bits_(std::max<unsigned>(static_cast<unsigned>(std::bit_width(count)), 1)), text_(std::move(text)) {}

  /// An item with as much of an order_key() as fits.
  std::uint64_t item(std::uint64_t key, std::size_t index) const { return (key & ~mask()) | index; }
  std::size_t index_of(std::uint64_t item) const { return static_cast<std::size_t>(item & mask()); }
  unsigned key_bits() const { return 64 - bits_; }

  struct Range {
    const std::uint64_t* first;
    const std::uint64_t* last;
  };

  /// Sorts items that have the keys of their texts from byte `depth` on, and are in the order of their indexes; up to
  /// there the texts are equal.
  void sort(std::uint64_t* first, std::uint64_t* last, std::size_t depth) {
    sort_by_key(first, last);
    find_groups(first, last, depth);
    for (const Group& group : groups_) tied_.push_back({group.first, group.last});
    sort_groups();
  }
  /// What had equal keys in any sort(): only there are equal texts, in a row.
  const std::vector<Range>& tied() const { return tied_; }
  /// The same for items without keys, which are in the order of their indexes.
  void sort_indexes(std::uint64_t* first, std::uint64_t* last) {
    if (last - first > 1) groups_.push_back({first, last, 0});
    sort_groups();
  }

 private:
  struct Group {
    std::uint64_t* first;
    std::uint64_t* last;
    std::size_t depth;
  };
  static constexpr std::ptrdiff_t kSmall = 6;        // a sort by comparing texts costs less than new keys
  static constexpr std::ptrdiff_t kManyItems = 128;  // passes over all of them cost less than comparing them
  static constexpr std::ptrdiff_t kLarge = 1 << 14;  // a sort by digits costs less than one by comparing numbers
  static constexpr std::ptrdiff_t kBlock = 16;       // texts whose waits for memory overlap

  std::uint64_t mask() const { return (std::uint64_t{1} << bits_) - 1; }

  // Without recursion: equal paths of any length are a group at each of their depths.
  void sort_groups() {
    while (!groups_.empty()) {
      const Group group = groups_.back();
      groups_.pop_back();
      if (group.last - group.first <= kSmall) {
        sort_by_comparing(group);
      } else {
        regroup(group);
      }
    }
  }

  void sort_by_key(std::uint64_t* first, std::uint64_t* last) {
    if (last - first < kManyItems) {
      std::sort(first, last);
    } else {
      sort_by_varying_bytes(first, last, bits_, scratch_);
    }
  }

  void find_groups(std::uint64_t* first, const std::uint64_t* last, std::size_t depth) {
    for (std::uint64_t* begin = first; begin != last;) {
      std::uint64_t* end = begin + 1;
      while (end != last && (*end >> bits_) == (*begin >> bits_)) ++end;
      if (end - begin > 1) groups_.push_back({begin, end, depth});
      begin = end;
    }
  }

  // Calls function(item, text) for each item of a group.
  template <typename Function>
  void for_each(const Group& group, Function function) {
    std::array<std::string_view, kBlock> texts;
    for (std::uint64_t* begin = group.first; begin != group.last;) {
      std::uint64_t* const end = begin + std::min(kBlock, group.last - begin);
      std::transform(begin, end, texts.begin(), [this](std::uint64_t item) { return text_(index_of(item)); });
      for (std::ptrdiff_t i = 0; i < end - begin; ++i) {
        const std::string_view text = texts[static_cast<std::size_t>(i)];
        if (group.depth < text.size()) touch(text.data() + group.depth);
      }
      for (std::ptrdiff_t i = 0; i < end - begin; ++i) function(begin[i], texts[static_cast<std::size_t>(i)]);
      begin = end;
    }
  }

  // The items of a group are in the order of their indexes.
  void regroup(const Group& group) {
    VaryingBits varying(text_(index_of(*group.first)), group.depth);
    for_each(group, [&](std::uint64_t, std::string_view text) { varying.add(text); });
    const PackedKey key(varying, key_bits());
    if (!key.tells_apart()) {
      if (varying.longest() > group.depth + VaryingBits::kSpan) {
        groups_.push_back({group.first, group.last, group.depth + VaryingBits::kSpan});
      } else {
        sort_by_size(group);
      }
      return;
    }
    for_each(group, [&](std::uint64_t& item, std::string_view text) { item = (key(text) << bits_) | index_of(item); });
    if (group.last - group.first >= kLarge) {
      radix_sort(group.first, group.last, bits_, bits_ + key.bits());
    } else {
      sort_by_key(group.first, group.last);
    }
    find_groups(group.first, group.last, key.depth());
  }

  // Texts that are equal but for zeros at their ends, which keys do not show.
  void sort_by_size(const Group& group) {
    std::stable_sort(group.first, group.last, [this](std::uint64_t a, std::uint64_t b) {
      return text_(index_of(a)).size() < text_(index_of(b)).size();
    });
  }

  void sort_by_comparing(const Group& group) {
    for (std::uint64_t* item = group.first + 1; item < group.last; ++item) {
      const std::uint64_t moved = *item;
      const std::string_view text = text_(index_of(moved));
      std::uint64_t* to = item;
      while (to != group.first && compare_utf16(text_(index_of(to[-1])), text) > 0) {
        *to = to[-1];
        --to;
      }
      *to = moved;
    }
  }

  unsigned bits_;
  Text text_;
  std::vector<Group> groups_;
  std::vector<Range> tied_;
  std::vector<std::uint64_t> scratch_;
};

}  // namespace attache::detail
