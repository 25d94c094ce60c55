#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attache {

// The two checksums by which an object store compares what it received with what was sent. They find damage, not
// intent: what an object is called after is its XXH3-128.

/// CRC-32C (Castagnoli, RFC 3720 section B.4) of `data`, or, given the CRC of the bytes before it, of all together.
std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t before = 0);

/// CRC-64/NVME (NVM Express NVM Command Set Specification, section 5.2.1.3.4) in the same way.
std::uint64_t crc64nvme(std::span<const std::byte> data, std::uint64_t before = 0);

/// The CRC of two pieces of data that follow each other, from the CRC of each and the length of the second. So the
/// parts of an object can be read once, in any order and by several threads, and the whole still has a checksum. Takes
/// at most a few microseconds, whatever the length.
std::uint32_t crc32c_combine(std::uint32_t first, std::uint32_t second, std::uint64_t second_bytes);
std::uint64_t crc64nvme_combine(std::uint64_t first, std::uint64_t second, std::uint64_t second_bytes);

}  // namespace attache
