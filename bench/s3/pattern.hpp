#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace attache::bench {

/// What the objects of the null server are made of: byte i is pattern()[i % kPattern].
inline constexpr std::size_t kPattern = std::size_t{64} * 1024;

inline std::string pattern() {
  std::string text(kPattern, '\0');
  std::uint64_t state = 88172645463325252ULL;
  for (char& byte : text) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    byte = static_cast<char>(state);
  }
  return text;
}

}  // namespace attache::bench
