#include "sha1.hpp"

#include <openssl/evp.h>

#include <array>

namespace attache {

Result<std::string> sha1_hex(std::string_view data) {
  std::array<unsigned char, 20> digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    return fail(ErrorCode::kUnsupported,
                "OpenSSL cannot compute SHA-1, which names the files of the AWS CLI's login cache",
                "check OpenSSL's configuration");
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4U];
    text += kHex[byte & 0xFU];
  }
  return text;
}

}  // namespace attache
