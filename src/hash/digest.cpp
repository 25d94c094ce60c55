#include <attache/hash/digest.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace attache {

namespace {

// Eight digits at a time in one integer, the first in the lowest byte. The digits of a hash are random: branches on
// them are mispredicted (100 ns a hash), a table of their values takes 38 ns, this 13; to write them 7 instead of 12.
constexpr std::uint64_t kOnes = 0x0101010101010101U;

constexpr std::uint64_t swap_if_big_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) {
    std::uint64_t swapped = 0;
    for (int i = 0; i < 8; ++i, word >>= 8) swapped = (swapped << 8) | (word & 0xFF);
    return swapped;
  } else {
    return word;
  }
}

// The values of eight lower-case digits, one in each byte. Bits of `bad` are set if one is something else; those of
// several words may be gathered there.
std::uint64_t values_of(std::uint64_t digits, std::uint64_t& bad) {
  const std::uint64_t letters = (digits >> 6) & kOnes;  // 1 in each byte that can only be a letter
  const std::uint64_t values = (digits & (kOnes * 0x0F)) + letters * 9;
  bad |= (digits & (kOnes * 0xF0)) ^ ((kOnes + letters) * 0x30);  // '0'-'9' are 0x30-0x39, 'a'-'f' are 0x61-0x66
  bad |= (values & (kOnes * 0x10)) | ((((values + kOnes * 6) >> 4) & kOnes) ^ letters);  // 10 or more means a letter
  return values;
}

// Two values in one byte: the eight become four bytes, the first lowest.
std::uint64_t packed(std::uint64_t values) {
  std::uint64_t bytes = ((values << 4) | (values >> 8)) & 0x00FF00FF00FF00FFU;
  bytes = (bytes | (bytes >> 8)) & 0x0000FFFF0000FFFFU;
  return (bytes | (bytes >> 16)) & 0x00000000FFFFFFFFU;
}

std::uint64_t eight_bytes_of(const char* sixteen_digits, std::uint64_t& bad) {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::memcpy(&first, sixteen_digits, sizeof first);
  std::memcpy(&second, sixteen_digits + 8, sizeof second);
  const std::uint64_t low = packed(values_of(swap_if_big_endian(first), bad));
  return swap_if_big_endian(low | (packed(values_of(swap_if_big_endian(second), bad)) << 32));
}

// The digits of the lowest four bytes.
std::uint64_t digits_of(std::uint64_t bytes) {
  std::uint64_t spread = (bytes | (bytes << 16)) & 0x0000FFFF0000FFFFU;
  spread = (spread | (spread << 8)) & 0x00FF00FF00FF00FFU;
  const std::uint64_t values = ((spread >> 4) | (spread << 8)) & (kOnes * 0x0F);
  const std::uint64_t letters = ((values + kOnes * 6) >> 4) & kOnes;
  return values + kOnes * '0' + letters * ('a' - '0' - 10);
}

void put_sixteen_digits(char* out, const std::uint8_t* eight_bytes) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, eight_bytes, sizeof bytes);
  bytes = swap_if_big_endian(bytes);
  const std::uint64_t first = swap_if_big_endian(digits_of(bytes & 0xFFFFFFFFU));
  const std::uint64_t second = swap_if_big_endian(digits_of(bytes >> 32));
  std::memcpy(out, &first, sizeof first);
  std::memcpy(out + 8, &second, sizeof second);
}

}  // namespace

std::optional<Digest> Digest::parse(std::string_view hex) {
  if (hex.size() != kHexDigits) return std::nullopt;
  std::uint64_t bad = 0;
  const std::uint64_t first = eight_bytes_of(hex.data(), bad);
  const std::uint64_t second = eight_bytes_of(hex.data() + 16, bad);
  if (bad != 0) return std::nullopt;
  // Written where it is returned: a copy of sixteen bytes would wait for the two stores of eight.
  std::optional<Digest> digest(std::in_place);
  std::memcpy(digest->bytes_.data(), &first, sizeof first);
  std::memcpy(digest->bytes_.data() + 8, &second, sizeof second);
  return digest;
}

void Digest::write_hex(char* out) const {
  put_sixteen_digits(out, bytes_.data());
  put_sixteen_digits(out + 16, bytes_.data() + 8);
}

std::string Digest::to_hex() const {
  std::string text(kHexDigits, '\0');
  write_hex(text.data());
  return text;
}

}  // namespace attache

std::size_t std::hash<attache::Digest>::operator()(const attache::Digest& digest) const noexcept {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::memcpy(&first, digest.bytes().data(), sizeof first);
  std::memcpy(&last, digest.bytes().data() + sizeof first, sizeof last);
  // Every bit has to do with every other, down to those that a table of a power of two looks at (MurmurHash3's mix).
  std::uint64_t value = first ^ std::rotl(last, 32);
  value = (value ^ (value >> 33U)) * 0xFF51'AFD7'ED55'8CCD;
  value = (value ^ (value >> 33U)) * 0xC4CE'B9FE'1A85'EC53;
  return static_cast<std::size_t>(value ^ (value >> 33U));
}
