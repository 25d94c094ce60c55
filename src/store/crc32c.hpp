#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace attache {

/// CRC-32C (Castagnoli, RFC 3720 section B.4): the checksum that S3 compares with the bytes it received.
std::uint32_t crc32c(std::span<const std::byte> data);

/// The value as S3 writes it: base64 of the four bytes, most significant first ("yZRlqg==").
std::string crc32c_header(std::uint32_t value);

}  // namespace attache
