#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace attache::detail {

/// The eight words of FIPS 180-4.
using Sha256State = std::array<std::uint32_t, 8>;

/// Takes `blocks` blocks of 64 bytes of each lane's data into its state.
using Sha256Compress = void (*)(Sha256State* const* states, const std::byte* const* data, std::size_t blocks);

constexpr std::size_t kSha256Lanes = 4;

/// By the number of lanes, less one; null if this machine has no instructions for it. One of two source files defines
/// it, chosen by CMake.
const std::array<Sha256Compress, kSha256Lanes>* sha256_functions();

}  // namespace attache::detail
