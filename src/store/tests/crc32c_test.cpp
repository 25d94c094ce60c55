#include "crc32c.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace attache {
namespace {

std::uint32_t crc_of(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text)));
}

// Published: RFC 3720 section B.4 (four patterns of 32 bytes), and the catalogue's check value over "123456789".
TEST(Crc32c, GivesThePublishedCheckValues) {
  EXPECT_EQ(crc_of("123456789"), 0xe3069283U);
  EXPECT_EQ(crc_of(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc_of(std::string(32, '\xff')), 0x62a8ab43U);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending += c;
  EXPECT_EQ(crc_of(ascending), 0x46dd794eU);
  EXPECT_EQ(crc_of(std::string(ascending.rbegin(), ascending.rend())), 0x113fdb5cU);
  EXPECT_EQ(crc_of(""), 0U);
}

TEST(Crc32c, IsTheSameWhateverTheAlignmentAndLength) {
  std::string text(300, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; size < 40; ++size) {
      // Bit by bit, by the definition.
      std::uint32_t crc = 0xffffffff;
      for (const char c : text.substr(begin, size)) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
      }
      EXPECT_EQ(crc_of(std::string_view(text).substr(begin, size)), ~crc) << begin << " " << size;
    }
  }
}

TEST(Crc32c, IsWrittenAsBase64OfItsBytes) {
  EXPECT_EQ(crc32c_header(0), "AAAAAA==");
  EXPECT_EQ(crc32c_header(0xffffffff), "/////w==");
  EXPECT_EQ(crc32c_header(0xe3069283), "4waSgw==");
  EXPECT_EQ(crc32c_header(0x00000001), "AAAAAQ==");
}

}  // namespace
}  // namespace attache
