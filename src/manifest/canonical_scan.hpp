#pragma once

#include <attache/base/swar.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace attache::detail {

// Reading text that looks as the encoders write it, by comparing instead of parsing: for the fast paths of the
// decoders. All functions read ahead; the caller sees to it that what they may touch is there.

// Two full words and two digits: what always fits int64.
inline constexpr std::size_t kMaxDigits = 18;
// What may be touched of a number: its digits, and a word behind each that is full.
inline constexpr std::size_t kNumberReach = 24;

// Comparing with a literal is two loads and two comparisons, as its size is known.
template <std::size_t N>
bool take(const char*& at, const char (&literal)[N]) {
  if (std::memcmp(at, literal, N - 1) != 0) return false;
  at += N - 1;
  return true;
}

// The value of eight digits, each in a byte as its value, the first lowest: pairs, fours and the whole in parallel.
inline std::uint64_t eight_digits(std::uint64_t values) {
  values = values * 10 + (values >> 8);
  return (((values & 0x000000FF000000FFU) * ((std::uint64_t{1000000} << 32) + 100)) +
          (((values >> 16) & 0x000000FF000000FFU) * ((std::uint64_t{10000} << 32) + 1))) >>
         32;
}

inline constexpr std::uint64_t kPowers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};

// A word's leading digits: their number, and their value.
inline int leading_digits(const char* at, std::uint64_t& value) {
  const std::uint64_t digits = load_word(at) ^ (kOnes * '0');  // 0 to 9 for digits, and for nothing else
  const std::uint64_t others = (digits | (digits + kOnes * 0x76)) & kHighBits;  // exact up to the first that is none
  if (others == 0) {
    value = eight_digits(digits);
    return 8;
  }
  const int count = bytes_before(others);
  // As many zeros before them as are missing; in two steps, because a shift by 64 is none.
  value = eight_digits((digits << 8) << (8 * (7 - count)));
  return count;
}

// An integer without a sign and without leading zeros. Whatever follows it is the caller's to look at.
inline bool take_integer(const char*& at, std::uint64_t& value) {
  const char* const start = at;
  int count = leading_digits(at, value);
  at += count;
  if (count == 8) {
    std::uint64_t more = 0;
    count = leading_digits(at, more);
    at += count;
    if (count == 8) {
      value = value * 100'000'000 + more;
      for (; *at >= '0' && *at <= '9'; ++at) {
        if (at - start == kMaxDigits) return false;
        value = value * 10 + static_cast<std::uint64_t>(*at - '0');
      }
    } else {
      value = value * kPowers[count] + more;
    }
  }
  return at != start && (*start != '0' || at - start == 1);
}

}  // namespace attache::detail
