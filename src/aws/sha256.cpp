#include "sha256.hpp"

#include <attache/aws/sigv4.hpp>

#include "sha256_lanes.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace attache {
namespace {

tl::unexpected<Error> no_sha256() {
  return fail(ErrorCode::kUnsupported, "OpenSSL cannot compute SHA-256",
              "check OpenSSL's configuration: its default or FIPS provider must be loaded");
}

/// Looked up once: that costs more than hashing a short text.
const EVP_MD* sha256_algorithm() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

/// A context that knows its hash but no key; copied for each use, because naming the hash costs more than the HMAC.
EVP_MAC_CTX* hmac_template() {
  static EVP_MAC_CTX* const context = [] {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* made = algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);  // the context holds it
    std::array<char, 7> name = {'S', 'H', 'A', '2', '5', '6', '\0'};
    const std::array<OSSL_PARAM, 2> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
    if (made != nullptr && EVP_MAC_CTX_set_params(made, parameters.data()) != 1) {
      EVP_MAC_CTX_free(made);
      made = nullptr;
    }
    return made;
  }();
  return context;
}

struct MacContextDeleter {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

unsigned char* out(Sha256& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

}  // namespace

Result<Sha256> sha256(std::string_view data) {
  Sha256 digest{};
  const EVP_MD* algorithm = sha256_algorithm();
  if (algorithm == nullptr || EVP_Digest(data.data(), data.size(), out(digest), nullptr, algorithm, nullptr) != 1) {
    return no_sha256();
  }
  return digest;
}

Result<Sha256> hmac_sha256(std::span<const std::byte> key, std::string_view data) {
  if (hmac_template() == nullptr) return no_sha256();
  const std::unique_ptr<EVP_MAC_CTX, MacContextDeleter> context(EVP_MAC_CTX_dup(hmac_template()));
  Sha256 digest{};
  std::size_t size = 0;
  if (!context ||
      EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1 ||
      EVP_MAC_final(context.get(), out(digest), &size, digest.size()) != 1 || size != digest.size()) {
    return no_sha256();
  }
  return digest;
}

std::string to_hex(const Sha256& digest) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::byte byte : digest) {
    text += kHex[std::to_integer<std::size_t>(byte >> 4U)];
    text += kHex[std::to_integer<std::size_t>(byte & std::byte{0xF})];
  }
  return text;
}

struct Sha256Stream::Impl {
  struct Deleter {
    void operator()(EVP_MD_CTX* owned) const { EVP_MD_CTX_free(owned); }
  };
  std::unique_ptr<EVP_MD_CTX, Deleter> context{EVP_MD_CTX_new()};
  bool ok =
      context && sha256_algorithm() != nullptr && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1;
};

Sha256Stream::Sha256Stream() : impl_(std::make_unique<Impl>()) {}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::update(std::span<const std::byte> data) {
  impl_->ok = impl_->ok && EVP_DigestUpdate(impl_->context.get(), data.data(), data.size()) == 1;
}

Result<std::string> Sha256Stream::finish_hex() {
  Sha256 digest{};
  if (!impl_->ok || EVP_DigestFinal_ex(impl_->context.get(), out(digest), nullptr) != 1) return no_sha256();
  return to_hex(digest);
}

Result<std::string> sha256_hex(std::string_view data) {
  ATTACHE_ASSIGN(const Sha256 digest, sha256(data));
  return to_hex(digest);
}

Result<std::string> sha256_hex(std::span<const std::byte> data) {
  return sha256_hex(std::string_view(reinterpret_cast<const char*>(data.data()), data.size()));
}

Status sha256_hex_each(std::span<const std::span<const std::byte>> data, std::span<std::string> hashes) {
  std::vector<Sha256> digests(data.size());
  if (data.size() > 1 && sha256_side_by_side(data, digests)) {
    std::transform(digests.begin(), digests.end(), hashes.begin(), [](const Sha256& digest) { return to_hex(digest); });
    return {};
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    ATTACHE_ASSIGN(hashes[i], sha256_hex(data[i]));
  }
  return {};
}

}  // namespace attache
