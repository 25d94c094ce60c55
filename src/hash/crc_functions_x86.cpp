#include "crc_functions.hpp"
#include "crc_polynomial.hpp"

#include <immintrin.h>

#include <limits>

// Folding with carry-less multiplication (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009): a block of 128 bits stands for a polynomial, and moving it D bits to the left is
// multiplying its halves by the constants x^(D+64) and x^D modulo the CRC's polynomial. Several blocks are moved at a
// time; what is left at last are 16 bytes with the same CRC as everything before them, which the tables take.
//
// Measured on one Zen 5 core, 64 KiB in cache, either CRC: tables 2.3 GB/s, eight blocks of 128 bits 15.6 GB/s, sixteen
// in four registers of 512 bits 52 GB/s (at 4 KiB: 2.3, 14.8 and 44). At 2.3 GB/s a part of 8 MiB takes as long as half
// of its way through a 10 Gbit/s link; at 15 it is nothing beside TLS.
//
// Functions carry their instruction set as an attribute: were it an option of this file, functions of the standard
// library that are compiled here could be the ones that the linker keeps for the whole program.

namespace attache::detail {

namespace {

/// The constants that move a block by `bits`, for the half with the earlier bytes and the other. The product of two
/// reflected words is one bit lower than the reflected product, hence the exponents less one.
struct FoldKeys {
  std::uint64_t earlier;
  std::uint64_t later;
};

template <typename Crc>
constexpr FoldKeys fold_keys(std::uint64_t bits) {
  constexpr int kShift = 64 - std::numeric_limits<typename Crc::Word>::digits;
  return {std::uint64_t{power_of_x<Crc>(bits + 64 - 1)} << kShift, std::uint64_t{power_of_x<Crc>(bits - 1)} << kShift};
}

template <typename Crc>
constexpr FoldKeys kFold128 = fold_keys<Crc>(128);
template <typename Crc>
constexpr FoldKeys kFold1024 = fold_keys<Crc>(1024);
template <typename Crc>
constexpr FoldKeys kFold2048 = fold_keys<Crc>(2048);

[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] inline __m128i load(const std::byte* data) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(data));
}

[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] inline __m128i vector_of(const FoldKeys& keys) {
  return _mm_set_epi64x(static_cast<long long>(keys.later), static_cast<long long>(keys.earlier));
}

/// `next` and what is left of `block` when it is moved onto it.
[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] inline __m128i fold(__m128i block, __m128i keys, __m128i next) {
  return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(block, keys, 0x00), _mm_clmulepi64_si128(block, keys, 0x11)),
                       next);
}

/// The state after `blocks`, which stand for all bytes so far, and the rest of the data.
template <typename Crc, std::size_t kBlocks>
[[gnu::target("pclmul,sse4.1")]] typename Crc::Word finish(
    const __m128i (&blocks)[kBlocks], const std::byte* data, std::size_t size,
    typename Crc::Word (*portable)(typename Crc::Word, const std::byte*, std::size_t)) {
  const __m128i keys = vector_of(kFold128<Crc>);
  __m128i block = blocks[0];
  for (std::size_t i = 1; i < kBlocks; ++i) block = fold(block, keys, blocks[i]);
  for (; size >= 16; data += 16, size -= 16) block = fold(block, keys, load(data));
  alignas(16) std::byte rest[16];
  _mm_store_si128(reinterpret_cast<__m128i*>(rest), block);
  return portable(portable(0, rest, sizeof rest), data, size);
}

/// Eight blocks at a time: fewer leave the multiplier waiting for its own results.
template <typename Crc, typename Crc::Word (*kPortable)(typename Crc::Word, const std::byte*, std::size_t)>
[[gnu::target("pclmul,sse4.1")]] typename Crc::Word update_pclmul(typename Crc::Word state, const std::byte* data,
                                                                  std::size_t size) {
  constexpr std::size_t kStep = 128;
  if (size < kStep) return kPortable(state, data, size);
  __m128i blocks[8];
  for (std::size_t i = 0; i < 8; ++i) blocks[i] = load(data + 16 * i);
  blocks[0] = _mm_xor_si128(blocks[0], _mm_cvtsi64_si128(static_cast<long long>(std::uint64_t{state})));
  const __m128i keys = vector_of(kFold1024<Crc>);
  for (data += kStep, size -= kStep; size >= kStep; data += kStep, size -= kStep) {
    for (std::size_t i = 0; i < 8; ++i) blocks[i] = fold(blocks[i], keys, load(data + 16 * i));
  }
  return finish<Crc>(blocks, data, size, kPortable);
}

/// Sixteen blocks at a time, four to a register.
template <typename Crc, typename Crc::Word (*kPortable)(typename Crc::Word, const std::byte*, std::size_t)>
[[gnu::target("avx512f,avx512vl,vpclmulqdq,pclmul,sse4.1")]] typename Crc::Word update_vpclmul(typename Crc::Word state,
                                                                                               const std::byte* data,
                                                                                               std::size_t size) {
  constexpr std::size_t kStep = 256;
  if (size < kStep) return update_pclmul<Crc, kPortable>(state, data, size);
  __m512i blocks[4];
  for (std::size_t i = 0; i < 4; ++i) blocks[i] = _mm512_loadu_si512(data + 64 * i);
  blocks[0] = _mm512_xor_si512(blocks[0],
                               _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(std::uint64_t{state}))));
  constexpr FoldKeys kKeys = kFold2048<Crc>;
  const auto earlier = static_cast<long long>(kKeys.earlier);
  const auto later = static_cast<long long>(kKeys.later);
  const __m512i keys = _mm512_set4_epi64(later, earlier, later, earlier);
  for (data += kStep, size -= kStep; size >= kStep; data += kStep, size -= kStep) {
    for (std::size_t i = 0; i < 4; ++i) {
      // 0x96 is the exclusive or of all three.
      blocks[i] = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(blocks[i], keys, 0x00),
                                            _mm512_clmulepi64_epi128(blocks[i], keys, 0x11),
                                            _mm512_loadu_si512(data + 64 * i), 0x96);
    }
  }
  alignas(64) __m128i narrow[16];
  for (std::size_t i = 0; i < 4; ++i) _mm512_store_si512(narrow + 4 * i, blocks[i]);
  return finish<Crc>(narrow, data, size, kPortable);
}

constexpr CrcFunctions kFunctions[] = {
    {"vpclmulqdq", update_vpclmul<Crc32c, crc32c_portable>, update_vpclmul<Crc64Nvme, crc64nvme_portable>},
    {"pclmulqdq", update_pclmul<Crc32c, crc32c_portable>, update_pclmul<Crc64Nvme, crc64nvme_portable>},
    {"tables", crc32c_portable, crc64nvme_portable},
};

}  // namespace

std::span<const CrcFunctions> crc_functions() {
  const std::span<const CrcFunctions> all = kFunctions;
  if (!__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1")) return all.subspan(2);
  if (!__builtin_cpu_supports("vpclmulqdq") || !__builtin_cpu_supports("avx512f") ||
      !__builtin_cpu_supports("avx512vl")) {
    return all.subspan(1);
  }
  return all;
}

}  // namespace attache::detail
