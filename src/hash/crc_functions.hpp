#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace attache::detail {

/// One way to compute both CRCs. `state` is the complement of a CRC: that of no bytes is all ones.
struct CrcFunctions {
  std::string_view name;
  std::uint32_t (*crc32c)(std::uint32_t state, const std::byte* data, std::size_t size);
  std::uint64_t (*crc64nvme)(std::uint64_t state, const std::byte* data, std::size_t size);
};

/// Those that this machine can run, the fastest first, the portable one last. One of two source files defines it,
/// chosen by CMake.
std::span<const CrcFunctions> crc_functions();

/// Runs everywhere.
std::uint32_t crc32c_portable(std::uint32_t state, const std::byte* data, std::size_t size);
std::uint64_t crc64nvme_portable(std::uint64_t state, const std::byte* data, std::size_t size);

}  // namespace attache::detail
