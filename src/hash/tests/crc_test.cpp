#include <attache/hash/crc.hpp>

#include "crc_functions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

/// Bit by bit, by the definition.
template <typename Word>
Word reference(std::string_view text, Word polynomial) {
  Word crc = static_cast<Word>(~Word{0});
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
  }
  return static_cast<Word>(~crc);
}

std::uint32_t reference32(std::string_view text) {
  return reference<std::uint32_t>(text, 0x82f63b78);
}
std::uint64_t reference64(std::string_view text) {
  return reference<std::uint64_t>(text, 0x9a6c9329ac4bc9b5);
}

// RFC 3720 section B.4 (four patterns of 32 bytes), and the catalogue's check value over "123456789".
TEST(Crc, Crc32cGivesThePublishedValues) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43U);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending += c;
  EXPECT_EQ(crc32c(bytes_of(ascending)), 0x46dd794eU);
  EXPECT_EQ(crc32c(bytes_of(std::string(ascending.rbegin(), ascending.rend()))), 0x113fdb5cU);
  EXPECT_EQ(crc32c({}), 0U);
}

// NVM Command Set Specification 1.0c, figure "64b CRC test cases for 4 KiB logical block with no metadata", and the
// catalogue's check value.
TEST(Crc, Crc64NvmeGivesThePublishedValues) {
  EXPECT_EQ(crc64nvme(bytes_of("123456789")), 0xae8b14860a799888U);
  EXPECT_EQ(crc64nvme(bytes_of(std::string(4096, '\0'))), 0x6482d367eb22b64eU);
  EXPECT_EQ(crc64nvme(bytes_of(std::string(4096, '\xff'))), 0xc0ddba7302eca3acU);
  std::string ascending(4096, '\0');
  for (std::size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<char>(i);
  EXPECT_EQ(crc64nvme(bytes_of(ascending)), 0x3e729f5f6750449cU);
  EXPECT_EQ(crc64nvme(bytes_of(std::string(ascending.rbegin(), ascending.rend()))), 0x9a2df64b8e9e517eU);
  EXPECT_EQ(crc64nvme({}), 0U);
}

TEST(Crc, EveryImplementationOfThisMachineIsTheDefinition) {
  const std::string text = noise(3000);
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  for (const std::size_t size : {383U, 384U, 385U, 511U, 512U, 513U, 527U, 1023U, 1024U, 1025U, 2047U, 2048U, 2900U}) {
    sizes.push_back(size);
  }
  for (const detail::CrcFunctions& functions : detail::crc_functions()) {
    for (const std::size_t begin : {0U, 1U, 7U, 13U}) {
      for (const std::size_t size : sizes) {
        const std::string_view part = std::string_view(text).substr(begin, size);
        ASSERT_EQ(~functions.crc32c(~0U, bytes_of(part).data(), size), reference32(part))
            << functions.name << " " << begin << " " << size;
        ASSERT_EQ(~functions.crc64nvme(~std::uint64_t{0}, bytes_of(part).data(), size), reference64(part))
            << functions.name << " " << begin << " " << size;
      }
    }
  }
  EXPECT_EQ(detail::crc_functions().back().name, "tables");
}

TEST(Crc, GoesOnWhereItEnded) {
  const std::string text = noise(2000);
  for (const std::size_t cut : {0U, 1U, 15U, 16U, 128U, 256U, 700U, 1999U, 2000U}) {
    const std::string_view first = std::string_view(text).substr(0, cut);
    const std::string_view second = std::string_view(text).substr(cut);
    EXPECT_EQ(crc32c(bytes_of(second), crc32c(bytes_of(first))), reference32(text)) << cut;
    EXPECT_EQ(crc64nvme(bytes_of(second), crc64nvme(bytes_of(first))), reference64(text)) << cut;
  }
}

TEST(Crc, OfPiecesMakesThatOfTheWhole) {
  const std::string text = noise(5000);
  for (const std::size_t cut : {0U, 1U, 8U, 255U, 256U, 3000U, 4999U, 5000U}) {
    const std::string_view first = std::string_view(text).substr(0, cut);
    const std::string_view second = std::string_view(text).substr(cut);
    EXPECT_EQ(crc32c_combine(crc32c(bytes_of(first)), crc32c(bytes_of(second)), second.size()), reference32(text));
    EXPECT_EQ(crc64nvme_combine(crc64nvme(bytes_of(first)), crc64nvme(bytes_of(second)), second.size()),
              reference64(text));
  }
  // Lengths that nobody can compute directly: appending twice is appending the sum.
  const std::uint64_t far = std::uint64_t{5} << 40;
  EXPECT_EQ(crc64nvme_combine(crc64nvme_combine(1, 0, far), 0, 12'345), crc64nvme_combine(1, 0, far + 12'345));
  EXPECT_EQ(crc32c_combine(crc32c_combine(1, 0, far), 0, 12'345), crc32c_combine(1, 0, far + 12'345));
  EXPECT_NE(crc64nvme_combine(1, 0, ~std::uint64_t{0}), 0U);
}

}  // namespace
}  // namespace attache
