#pragma once

#include <attache/aws/credentials.hpp>
#include <attache/base/result.hpp>
#include <attache/http/transport.hpp>
#include <attache/http/url.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

// AWS Signature Version 4. Format: "Signature Version 4 signing process" in the AWS General Reference and
// "Authenticating Requests" in the Amazon S3 API Reference.

/// Payload hash of a body that is not signed. Over TLS, S3 takes it for PUT; a checksum header protects the bytes.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
/// Payload hash of an empty body.
inline constexpr std::string_view kEmptyPayloadHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// SHA-256 as 64 lower-case hex digits. kUnsupported if OpenSSL was set up without SHA-256.
Result<std::string> sha256_hex(std::span<const std::byte> data);
Result<std::string> sha256_hex(std::string_view data);
/// The same of several, `hashes[i]` of `data[i]`: on processors with instructions for it, little more than half of the
/// work that they are one by one.
Status sha256_hex_each(std::span<const std::span<const std::byte>> data, std::span<std::string> hashes);

/// The same of data that comes in pieces. One thread at a time.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();

  void update(std::span<const std::byte> data);
  /// Of all that came; once. kUnsupported as above.
  Result<std::string> finish_hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// How a canonical path is made of the path that is sent.
enum class CanonicalPath {
  kAsSent,                     ///< S3: each byte encoded once, nothing normalised
  kEncodedAgain,               ///< other services: encoded a second time
  kNormalizedAndEncodedAgain,  ///< other services: `.`, `..` and empty segments resolved, then encoded a second time
};

/// A request as far as a signature depends on it.
struct SigV4Request {
  std::string_view method = "GET";
  /// As it is sent: percent-encoded, starting with `/` (empty means `/`).
  std::string_view path = "/";
  /// Unencoded.
  QueryParameters query;
  /// Every field here is signed, except those that connections and intermediaries change (Authorization, Connection,
  /// User-Agent, Expect, Transfer-Encoding, tracing and the like). `host` must be among them.
  HttpHeaders headers;
  /// Hex SHA-256 of the body, or kUnsignedPayload.
  std::string_view payload_hash = kEmptyPayloadHash;
  std::chrono::sys_seconds time;
};

struct SigV4Options {
  CanonicalPath canonical_path = CanonicalPath::kAsSent;
  /// Adds x-amz-content-sha256, which S3 demands.
  bool add_payload_hash_header = true;
  /// A few services want the session token outside the signature.
  bool sign_session_token = true;
};

/// A signature and all its intermediate steps.
struct SigV4Signature {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;       ///< 64 hex digits
  std::string signed_headers;  ///< "host;x-amz-date"
  /// What is to be added to the request: x-amz-date, x-amz-content-sha256, x-amz-security-token, authorization.
  /// Holds the session token: not for logs.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Signs for one region and service. Thread-safe. Its results depend on nothing but the arguments; it keeps the signing
/// key of the last (day, secret), so that a request costs two hashes and one HMAC.
class SigV4Signer {
 public:
  SigV4Signer(std::string region, std::string service, SigV4Options options = {});

  const std::string& region() const { return region_; }

  /// Signs in the Authorization header. kUnauthenticated if a key is empty; kInvalidArgument without a host field.
  Result<SigV4Signature> sign(const SigV4Request& request, const Credentials& credentials) const;

  /// Signs in the query. `query` becomes the query to send: parameters in canonical order, then the signature. S3 wants
  /// kUnsignedPayload as payload hash. `valid_for` is 1 s to 7 days, else kInvalidArgument.
  Result<SigV4Signature> presign(const SigV4Request& request, const Credentials& credentials,
                                 std::chrono::seconds valid_for, std::string& query) const;

  /// Adds the headers of a signature to a request whose URL and headers are complete. `host` is taken from the URL
  /// (the transport sends the same). A request that was signed before is signed anew, so that it can be sent again.
  Status sign_request(HttpRequest& request, std::string_view payload_hash, const Credentials& credentials,
                      std::chrono::sys_seconds time) const;

 private:
  using Key = std::array<std::byte, 32>;
  Result<Key> signing_key(std::string_view secret, std::string_view date) const;
  std::string scope(std::string_view date) const;
  Status finish(SigV4Signature& signature, const Credentials& credentials, const std::string& time) const;

  std::string region_;
  std::string service_;
  SigV4Options options_;
  mutable std::mutex mutex_;
  mutable std::string cached_secret_;  // guarded by mutex_
  mutable std::string cached_date_;    // guarded by mutex_
  mutable Key cached_key_{};           // guarded by mutex_
};

}  // namespace attache
