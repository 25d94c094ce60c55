#include <attache/hash/crc.hpp>

#include "crc_functions.hpp"
#include "crc_polynomial.hpp"

#include <array>

namespace attache {

namespace detail {
namespace {

template <typename Crc>
using Tables = std::array<std::array<typename Crc::Word, 256>, 8>;

/// tables[k][b] is the CRC of byte b followed by k zero bytes.
template <typename Crc>
constexpr Tables<Crc> make_tables() {
  using Word = typename Crc::Word;
  Tables<Crc> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    Word value = static_cast<Word>(byte);
    for (int bit = 0; bit < 8; ++bit) value = times_x<Crc>(value);
    tables[0][byte] = value;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t k = 1; k < 8; ++k) {
      const Word before = tables[k - 1][byte];
      tables[k][byte] = static_cast<Word>((before >> 8) ^ tables[0][before & 0xff]);
    }
  }
  return tables;
}

template <typename Crc>
constexpr Tables<Crc> kTables = make_tables<Crc>();

/// Eight bytes per step ("slicing by 8"): byte by byte takes five times as long.
template <typename Crc>
typename Crc::Word update(typename Crc::Word state, const std::byte* data, std::size_t size) {
  constexpr const Tables<Crc>& kT = kTables<Crc>;
  const auto at = [&data](std::size_t i) { return std::to_integer<std::uint64_t>(data[i]); };
  for (; size >= 8; data += 8, size -= 8) {
    const std::uint64_t v = state ^ (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24 | at(4) << 32 | at(5) << 40 |
                                     at(6) << 48 | at(7) << 56);
    state = kT[7][v & 0xff] ^ kT[6][(v >> 8) & 0xff] ^ kT[5][(v >> 16) & 0xff] ^ kT[4][(v >> 24) & 0xff] ^
            kT[3][(v >> 32) & 0xff] ^ kT[2][(v >> 40) & 0xff] ^ kT[1][(v >> 48) & 0xff] ^ kT[0][v >> 56];
  }
  for (std::size_t i = 0; i < size; ++i) {
    state = static_cast<typename Crc::Word>((state >> 8) ^ kT[0][(state ^ at(i)) & 0xff]);
  }
  return state;
}

/// Appending n bytes multiplies by x^8n. The ones that a CRC begins and ends with cancel each other.
template <typename Crc>
typename Crc::Word combine(typename Crc::Word first, typename Crc::Word second, std::uint64_t second_bytes) {
  constexpr typename Crc::Word kByte = power_of_x<Crc>(8);
  typename Crc::Word factor = power_of_x<Crc>(0);
  for (typename Crc::Word square = kByte; second_bytes != 0; second_bytes >>= 1) {
    if ((second_bytes & 1) != 0) factor = product<Crc>(factor, square);
    square = product<Crc>(square, square);
  }
  return product<Crc>(first, factor) ^ second;
}

}  // namespace

std::uint32_t crc32c_portable(std::uint32_t state, const std::byte* data, std::size_t size) {
  return update<Crc32c>(state, data, size);
}

std::uint64_t crc64nvme_portable(std::uint64_t state, const std::byte* data, std::size_t size) {
  return update<Crc64Nvme>(state, data, size);
}

}  // namespace detail

std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t before) {
  return ~detail::crc_functions().front().crc32c(~before, data.data(), data.size());
}

std::uint64_t crc64nvme(std::span<const std::byte> data, std::uint64_t before) {
  return ~detail::crc_functions().front().crc64nvme(~before, data.data(), data.size());
}

std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes) {
  return detail::combine<detail::Crc32c>(first, second, second_bytes);
}

std::uint64_t crc64nvme_combine(std::uint64_t first, std::uint64_t second, std::uint64_t second_bytes) {
  return detail::combine<detail::Crc64Nvme>(first, second, second_bytes);
}

}  // namespace attache
