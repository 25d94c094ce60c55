#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// An XXH3-128 value: 16 bytes, high 64 bits first (the canonical form). Its text is 32 lower-case hex digits.
/// A type of its own so that it cannot be taken for a path or another text.
class Digest {
 public:
  static constexpr std::size_t kBytes = 16;
  static constexpr std::size_t kHexDigits = 32;

  constexpr Digest() = default;
  constexpr explicit Digest(const std::array<std::uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  /// Exactly 32 lower-case hex digits; anything else is nothing.
  static std::optional<Digest> parse(std::string_view hex);

  std::string to_hex() const;
  /// Writes the 32 digits to `out` without a terminator: for encoders.
  void write_hex(char* out) const;

  const std::array<std::uint8_t, kBytes>& bytes() const { return bytes_; }

  friend constexpr bool operator==(const Digest&, const Digest&) = default;
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a null pointer in what the compiler generates
  friend constexpr std::strong_ordering operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace attache

/// Of all bytes, mixed: a manifest may have any digests, such as small numbers, which all begin alike.
template <>
struct std::hash<attache::Digest> {
  std::size_t operator()(const attache::Digest& digest) const noexcept;
};
