#include <attache/hash/shake256.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

namespace attache {
namespace {

std::vector<std::byte> ours(const std::string& data, std::size_t length) {
  std::vector<std::byte> out(length);
  shake256(data, out);
  return out;
}

std::vector<std::byte> by_openssl(const std::string& data, std::size_t length) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::vector<unsigned char> out(length + 1);  // never empty: data() must be a real pointer
  EXPECT_EQ(EVP_DigestInit_ex(context.get(), EVP_shake256(), nullptr), 1);
  EXPECT_EQ(EVP_DigestUpdate(context.get(), data.data(), data.size()), 1);
  EXPECT_EQ(EVP_DigestFinalXOF(context.get(), out.data(), length), 1);
  std::vector<std::byte> bytes(length);
  for (std::size_t i = 0; i < length; ++i) bytes[i] = static_cast<std::byte>(out[i]);
  return bytes;
}

std::string pattern(std::size_t length) {
  std::string data(length, '\0');
  for (std::size_t i = 0; i < length; ++i) data[i] = static_cast<char>(i * 131 + 7 * (i >> 8) + 3);
  return data;
}

TEST(Shake256, GivesThePublishedOutputForEmptyInput) {
  const std::vector<std::byte> out = ours("", 8);  // FIPS 202 example: 46 b9 dd 2b 0b a8 8d 13 ...
  const std::vector<std::byte> expected{std::byte{0x46}, std::byte{0xB9}, std::byte{0xDD}, std::byte{0x2B},
                                        std::byte{0x0B}, std::byte{0xA8}, std::byte{0x8D}, std::byte{0x13}};
  EXPECT_EQ(out, expected);
}

TEST(Shake256, AgreesWithOpenSslForInputsOfEveryLengthAroundTheRate) {
  for (std::size_t length = 0; length <= 3 * 136 + 2; ++length) {
    ASSERT_EQ(ours(pattern(length), 10), by_openssl(pattern(length), 10)) << length;
  }
  for (const std::size_t length : {1000U, 4096U, 10007U}) {
    ASSERT_EQ(ours(pattern(length), 10), by_openssl(pattern(length), 10)) << length;
  }
}

TEST(Shake256, AgreesWithOpenSslForOutputsOfEveryLengthAroundTheRate) {
  for (std::size_t length = 1; length <= 2 * 136 + 2; ++length) {
    ASSERT_EQ(ours("/mnt/project", length), by_openssl("/mnt/project", length)) << length;
  }
}

}  // namespace
}  // namespace attache
