#pragma once

#include <attache/base/result.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/s3_store.hpp>

#include "s3_client.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace attache {

// Checksums of bodies as S3 names and writes them. None of these is for kNone, unless it says so.

/// "CRC64NVME"
std::string_view s3_checksum_name(S3Checksum checksum);
/// "x-amz-checksum-crc64nvme"
std::string_view s3_checksum_field(S3Checksum checksum);
/// "ChecksumCRC64NVME", in documents
std::string s3_checksum_element(S3Checksum checksum);

/// The CRC; 0 for kNone.
std::uint64_t s3_crc(S3Checksum checksum, std::span<const std::byte> data);
/// That of two pieces, hash/crc.hpp; 0 for kNone.
std::uint64_t s3_crc_combine(S3Checksum checksum, std::uint64_t first, std::uint64_t second,
                             std::uint64_t second_bytes);
/// As S3 writes it: base64 of its bytes, most significant first ("yZRlqg==").
std::string s3_checksum_text(S3Checksum checksum, std::uint64_t crc);

/// Adds what protects the body of a request: the checksum, or with kNone its signature.
void protect_body(S3Request& request, S3Checksum checksum, std::uint64_t crc);

/// kIntegrity if `claimed` is a checksum and another one. What is composed of those of parts ("yZRlqg==-3"), and an
/// empty text, claim nothing.
Status check_claim(S3Checksum checksum, std::uint64_t crc, std::string_view claimed, std::string_view uri);

/// The request may have been refused because of its checksum: the server does not know it, or implements none.
bool may_refuse_checksum(const S3Reply& reply);

/// The checksum that the requests of a store carry, which servers narrow down. Thread-safe.
class S3ChecksumChoice {
 public:
  explicit S3ChecksumChoice(S3Checksum first) : current_(first) {}

  S3Checksum current() const { return current_; }
  /// From now on this one, unless it is a weaker one already.
  void weaken(S3Checksum checksum);

 private:
  std::atomic<S3Checksum> current_;
};

struct ChecksummedReply {
  S3Reply reply;
  S3Checksum checksum = S3Checksum::kNone;  ///< that the request had
};

/// Sends a request with the current checksum and, where the server refuses it as something that it does not know or
/// implement, with weaker ones. One that helps is remembered; if none does, the refusal had another reason, and is the
/// reply.
Result<ChecksummedReply> send_with_checksum(S3ChecksumChoice& choice,
                                            const std::function<Result<S3Reply>(S3Checksum)>& send);

}  // namespace attache
