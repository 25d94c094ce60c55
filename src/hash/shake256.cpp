#include <attache/hash/shake256.hpp>

#include <array>
#include <bit>
#include <cstdint>

namespace attache {

namespace {

constexpr std::size_t kRate = 136;  // bytes absorbed or squeezed per permutation: 1600 bits less twice 256
constexpr std::size_t kRounds = 24;
using State = std::array<std::uint64_t, 25>;  // lane (x, y) at x + 5y

constexpr std::array<std::uint64_t, kRounds> kRoundConstants{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

void permute(State& a) {
  for (const std::uint64_t round_constant : kRoundConstants) {
    // theta
    std::array<std::uint64_t, 5> column{};
    for (std::size_t x = 0; x < 5; ++x) column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (std::size_t i = 0; i < 25; ++i) a[i] ^= column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
    // rho and pi: lane (x, y) moves to (y, 2x + 3y), rotated by the triangular numbers in the order of that walk
    std::uint64_t moving = a[1];
    std::size_t x = 1;
    std::size_t y = 0;
    for (int t = 1; t <= 24; ++t) {
      const std::size_t next_y = (2 * x + 3 * y) % 5;
      x = y;
      y = next_y;
      const std::uint64_t here = a[x + 5 * y];
      a[x + 5 * y] = std::rotl(moving, t * (t + 1) / 2 % 64);
      moving = here;
    }
    // chi
    for (std::size_t row = 0; row < 25; row += 5) {
      const std::array<std::uint64_t, 5> b{a[row], a[row + 1], a[row + 2], a[row + 3], a[row + 4]};
      for (std::size_t i = 0; i < 5; ++i) a[row + i] = b[i] ^ (~b[(i + 1) % 5] & b[(i + 2) % 5]);
    }
    // iota
    a[0] ^= round_constant;
  }
}

// Lanes are little-endian byte strings, whatever the machine.
void absorb(State& a, std::size_t at, std::uint8_t byte) {
  a[at / 8] ^= std::uint64_t{byte} << (8 * (at % 8));
}
std::byte squeeze(const State& a, std::size_t at) {
  return static_cast<std::byte>(a[at / 8] >> (8 * (at % 8)));
}

}  // namespace

void shake256(std::string_view data, std::span<std::byte> out) {
  State state{};
  std::size_t at = 0;
  for (const char c : data) {
    absorb(state, at, static_cast<std::uint8_t>(c));
    if (++at == kRate) {
      permute(state);
      at = 0;
    }
  }
  absorb(state, at, 0x1F);  // the SHAKE suffix 1111 and the first bit of the padding
  absorb(state, kRate - 1, 0x80);
  permute(state);
  at = 0;
  for (std::byte& byte : out) {
    if (at == kRate) {
      permute(state);
      at = 0;
    }
    byte = squeeze(state, at++);
  }
}

}  // namespace attache
