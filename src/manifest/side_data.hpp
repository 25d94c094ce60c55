#pragma once

#include <attache/hash/digest.hpp>

#include <array>
#include <cstdint>
#include <cstring>

namespace attache::detail {

/// Files with chunk hashes and links have no hash of their own: its 16 bytes say where the other data is.
struct SideData {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

inline SideData side_data(const Digest& field) {
  SideData side;
  static_assert(sizeof side == Digest::kBytes);
  std::memcpy(&side, field.bytes().data(), sizeof side);
  return side;
}

inline Digest side_field(const SideData& side) {
  std::array<std::uint8_t, Digest::kBytes> bytes{};
  std::memcpy(bytes.data(), &side, sizeof side);
  return Digest(bytes);
}

}  // namespace attache::detail
