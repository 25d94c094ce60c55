#include "sha256.hpp"

#include <attache/aws/sigv4.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(Sha256, MatchesThePublishedVectors) {
  EXPECT_EQ(sha256_hex(std::string_view("")).value(), kEmptyPayloadHash);
  EXPECT_EQ(sha256_hex(std::string_view("abc")).value(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
  const std::string text = "abc";
  EXPECT_EQ(sha256_hex(std::as_bytes(std::span(text))).value(), sha256_hex(std::string_view(text)).value());
}

std::string hmac_hex(std::string_view key, std::string_view data) {
  const auto digest = hmac_sha256(std::as_bytes(std::span(key)), data);
  EXPECT_TRUE(digest);
  return digest ? to_hex(*digest) : "";
}

TEST(HmacSha256, MatchesThePublishedVectors) {  // RFC 4231, cases 1, 2 and 6
  EXPECT_EQ(hmac_hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_hex(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

}  // namespace
}  // namespace attache
