#include "sha256_lanes.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace attache {
namespace {

Sha256 by_openssl(const std::string& message) {
  Sha256 digest{};
  EXPECT_EQ(EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                       EVP_sha256(), nullptr),
            1);
  return digest;
}

std::string pattern(std::size_t length, std::size_t seed) {
  std::string message(length, '\0');
  for (std::size_t i = 0; i < length; ++i) message[i] = static_cast<char>(i * 131 + 7 * (i >> 8) + seed);
  return message;
}

/// Nothing where the processor has no instructions for it.
void expect_same(const std::vector<std::string>& messages) {
  std::vector<std::span<const std::byte>> views;
  for (const std::string& message : messages) views.push_back(std::as_bytes(std::span(message)));
  std::vector<Sha256> digests(messages.size());
  if (!sha256_side_by_side(views, digests)) {
    EXPECT_EQ(std::count(digests.begin(), digests.end(), Sha256{}), static_cast<std::ptrdiff_t>(digests.size()));
    GTEST_SKIP() << "this processor has no SHA extensions";
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(digests[i], by_openssl(messages[i])) << "message " << i << " of " << messages[i].size() << " bytes";
  }
}

TEST(Sha256SideBySide, TakesEveryLengthAroundTheEndsOfBlocks) {
  for (std::size_t length = 0; length <= 200; ++length) {
    expect_same({pattern(length, 1)});
    expect_same({pattern(length, 1), pattern(length + 1, 2), pattern(length + 64, 3), pattern(200 - length, 4)});
  }
}

TEST(Sha256SideBySide, TakesAnyNumberOfMessagesOfAnyLengths) {
  std::mt19937 random(20261129);
  for (std::size_t count = 0; count <= 20; ++count) {
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(pattern(random() % (i % 3 == 0 ? 100'000U : 300U), i));
    expect_same(messages);
  }
}

TEST(Sha256SideBySide, ReadsMessagesThatBeginAnywhere) {
  const std::string text = pattern(5000, 5);
  std::vector<std::string> messages;
  std::vector<std::span<const std::byte>> views;
  for (std::size_t begin = 0; begin < 17; ++begin) {
    messages.push_back(text.substr(begin));
    views.push_back(std::as_bytes(std::span(text)).subspan(begin));
  }
  std::vector<Sha256> digests(views.size());
  if (!sha256_side_by_side(views, digests)) GTEST_SKIP() << "this processor has no SHA extensions";
  for (std::size_t i = 0; i < views.size(); ++i) EXPECT_EQ(digests[i], by_openssl(messages[i])) << i;
}

}  // namespace
}  // namespace attache
