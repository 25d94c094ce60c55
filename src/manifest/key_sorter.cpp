#include "key_sorter.hpp"

#include <memory>

namespace attache::detail {

bool has_high_surrogate(std::string_view wtf8) {
  for (std::size_t at = wtf8.find('\xED'); at != std::string_view::npos; at = wtf8.find('\xED', at + 1)) {
    if (at + 1 == wtf8.size()) return false;
    const auto second = static_cast<unsigned char>(wtf8[at + 1]);
    if (second >= 0xA0 && second < 0xB0) return true;
  }
  return false;
}

std::uint64_t order_key_beyond_ascii(std::string_view rest) {
  constexpr std::size_t kBytes = 8;
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < kBytes; ++i) {
    std::uint64_t byte = 0;
    if (i < rest.size()) {
      byte = static_cast<unsigned char>(rest[i]);
      const auto next = i + 1 < rest.size() ? static_cast<unsigned char>(rest[i + 1]) : 0U;
      if (byte == 0xED && next >= 0xB0) byte = 0xF5;
      if (byte == 0xEE || byte == 0xEF) byte += 0x10;
    }
    key = (key << 8) | byte;
  }
  return key;
}

PackedKey::PackedKey(const VaryingBits& varying, unsigned bits) : start_(varying.depth_), depth_(varying.depth_) {
  for (std::size_t i = 0; i < VaryingBits::kWords; ++i) {
    for (unsigned shift = 64; shift > 0;) {
      shift -= 8;
      auto width = static_cast<unsigned>(std::bit_width((varying.varying_[i] >> shift) & 0xFF));
      const bool fits = bits_ + width <= bits;
      const unsigned cut = fits ? 0 : bits_ + width - bits;
      width -= cut;
      if (width > 0) {
        fields_[count_++] = {static_cast<std::uint8_t>(8 * i), static_cast<std::uint8_t>(shift + cut),
                             static_cast<std::uint8_t>(width), static_cast<std::uint8_t>((1U << width) - 1)};
        bits_ += width;
      }
      if (!fits) return;
      depth_ = start_ + 8 * i + (64 - shift) / 8;
    }
  }
}

void radix_sort(std::uint64_t* first, const std::uint64_t* last, unsigned low, unsigned high) {
  constexpr unsigned kDigit = 11;
  const auto size = static_cast<std::size_t>(last - first);
  const std::unique_ptr<std::uint64_t[]> other(new std::uint64_t[size]);
  std::array<std::uint32_t, std::size_t{1} << kDigit> places{};
  std::uint64_t* from = first;
  std::uint64_t* to = other.get();
  for (unsigned shift = low; shift < high; shift += kDigit) {
    const std::uint64_t mask = (std::uint64_t{1} << std::min(kDigit, high - shift)) - 1;
    places.fill(0);
    for (std::size_t i = 0; i < size; ++i) ++places[(from[i] >> shift) & mask];
    std::uint32_t place = 0;
    for (std::uint32_t& each : places) place += std::exchange(each, place);
    for (std::size_t i = 0; i < size; ++i) to[places[(from[i] >> shift) & mask]++] = from[i];
    std::swap(from, to);
  }
  if (from != first) std::copy(from, from + size, first);
}

void sort_by_varying_bytes(std::uint64_t* first, const std::uint64_t* last, unsigned low,
                           std::vector<std::uint64_t>& scratch) {
  const auto size = static_cast<std::size_t>(last - first);
  if (scratch.size() < size) scratch.resize(size);
  std::uint64_t varying = 0;
  for (const std::uint64_t* item = first; item != last; ++item) varying |= *item ^ *first;
  std::array<std::uint32_t, 256> places{};
  std::uint64_t* from = first;
  std::uint64_t* to = scratch.data();
  for (unsigned shift = low; shift < 64; shift += 8) {
    if (((varying >> shift) & 0xFF) == 0) continue;
    places.fill(0);
    for (std::size_t i = 0; i < size; ++i) ++places[(from[i] >> shift) & 0xFF];
    std::uint32_t place = 0;
    for (std::uint32_t& each : places) place += std::exchange(each, place);
    for (std::size_t i = 0; i < size; ++i) to[places[(from[i] >> shift) & 0xFF]++] = from[i];
    std::swap(from, to);
  }
  if (from != first) std::copy(from, from + size, first);
}

}  // namespace attache::detail
