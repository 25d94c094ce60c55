#include "name_sorter.hpp"

#include <algorithm>

namespace attache {

namespace {

std::size_t common_prefix(std::span<const std::string_view> names) {
  if (names.empty()) return 0;
  std::size_t length = names.front().size();
  for (const std::string_view name : names) {
    length = std::min(length, name.size());
    const auto [end, ignored] =
        std::mismatch(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(length), names.front().begin());
    length = static_cast<std::size_t>(end - name.begin());
  }
  return length;
}

// Zeros after the end: no name holds one, so a shorter name comes first as it should.
std::uint64_t key_of(std::string_view rest) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) {
    key = (key << 8U) | (i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U);
  }
  return key;
}

}  // namespace

std::span<const std::uint32_t> NameSorter::sort(std::span<const std::string_view> names) {
  const std::size_t prefix = common_prefix(names);
  items_.clear();
  bool sorted = true;
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    items_.push_back({key_of(names[i].substr(prefix)), i});
    sorted = sorted && (i == 0 || items_[i - 1].key < items_[i].key);
  }
  if (!sorted) {
    std::sort(items_.begin(), items_.end(), [&](const Item& a, const Item& b) {
      if (a.key != b.key) return a.key < b.key;
      return names[a.index].substr(prefix) < names[b.index].substr(prefix);
    });
  }
  order_.clear();
  for (const Item& item : items_) order_.push_back(item.index);
  return order_;
}

}  // namespace attache
