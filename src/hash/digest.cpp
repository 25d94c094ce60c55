#include <attache/hash/digest.hpp>

#include <cstring>

namespace attache {

namespace {

constexpr char kHex[] = "0123456789abcdef";

int value_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::optional<Digest> Digest::parse(std::string_view hex) {
  if (hex.size() != kHexDigits) return std::nullopt;
  std::array<std::uint8_t, kBytes> bytes{};
  for (std::size_t i = 0; i < kBytes; ++i) {
    const int high = value_of(hex[2 * i]);
    const int low = value_of(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

void Digest::write_hex(char* out) const {
  for (const std::uint8_t byte : bytes_) {
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
}

std::string Digest::to_hex() const {
  std::string text(kHexDigits, '\0');
  write_hex(text.data());
  return text;
}

}  // namespace attache

std::size_t std::hash<attache::Digest>::operator()(const attache::Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}
