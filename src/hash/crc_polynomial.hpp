#pragma once

#include <cstdint>
#include <limits>

namespace attache::detail {

// Polynomials over GF(2) modulo the one of a CRC, "reflected" as both of ours are: the highest bit of a word is the
// coefficient of x^0, and multiplying by x is a shift to the right.

struct Crc32c {
  using Word = std::uint32_t;
  static constexpr Word kPolynomial = 0x82f63b78;  // 0x1edc6f41, bits reversed
};

struct Crc64Nvme {
  using Word = std::uint64_t;
  static constexpr Word kPolynomial = 0x9a6c9329ac4bc9b5;  // 0xad93d23594c93659, bits reversed
};

template <typename Crc>
constexpr typename Crc::Word times_x(typename Crc::Word value) {
  return static_cast<typename Crc::Word>((value >> 1) ^ ((value & 1) != 0 ? Crc::kPolynomial : 0));
}

template <typename Crc>
constexpr typename Crc::Word product(typename Crc::Word a, typename Crc::Word b) {
  typename Crc::Word result = 0;
  for (int bit = std::numeric_limits<typename Crc::Word>::digits - 1; bit >= 0; --bit) {
    if (((a >> bit) & 1) != 0) result ^= b;
    b = times_x<Crc>(b);
  }
  return result;
}

/// x to the power `exponent`.
template <typename Crc>
constexpr typename Crc::Word power_of_x(std::uint64_t exponent) {
  using Word = typename Crc::Word;
  Word result = Word{1} << (std::numeric_limits<Word>::digits - 1);
  for (Word square = result >> 1; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = product<Crc>(result, square);
    square = product<Crc>(square, square);
  }
  return result;
}

}  // namespace attache::detail
