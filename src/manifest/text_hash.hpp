#pragma once

#include <attache/base/swar.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attache::detail {

/// A hash for tables in memory: a few instructions for each eight bytes, inlined, where a call of XXH3 takes 15 ns. Its
/// collisions can be computed by whoever wants to, so that a table which uses it must bound what they cost.
inline std::uint64_t text_hash(std::string_view text) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = text.size() * kFactor;
  const auto mix = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 32;
  };
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) mix(load_word(text.data() + at));
  if (at == text.size()) return hash;
  if (text.size() >= 8) {
    mix(load_word(text.data() + text.size() - 8));  // overlaps the word before
  } else {
    std::uint64_t word = 0;
    for (; at < text.size(); ++at) word = (word << 8) | static_cast<unsigned char>(text[at]);
    mix(word);
  }
  return hash;
}

}  // namespace attache::detail
