#include "s3_checksum.hpp"

#include <attache/base/text.hpp>
#include <attache/hash/crc.hpp>

#include <algorithm>
#include <array>

namespace attache {

namespace {

int bytes_of(S3Checksum checksum) {
  return checksum == S3Checksum::kCrc64Nvme ? 8 : 4;
}

/// What servers say to a header of which they know nothing, or not this value. S3 itself says the same of other
/// mistakes, which a request without the header has too.
S3Checksum weaker(S3Checksum checksum) {
  return checksum == S3Checksum::kCrc64Nvme ? S3Checksum::kCrc32c : S3Checksum::kNone;
}

}  // namespace

bool may_refuse_checksum(const S3Reply& reply) {
  if (reply.response.status == 501) return true;
  constexpr std::array<std::string_view, 3> kCodes = {"InvalidRequest", "InvalidArgument", "NotImplemented"};
  return reply.response.status == 400 && std::ranges::find(kCodes, reply.error.code) != kCodes.end();
}

std::string_view s3_checksum_name(S3Checksum checksum) {
  return checksum == S3Checksum::kCrc64Nvme ? "CRC64NVME" : "CRC32C";
}

std::string_view s3_checksum_field(S3Checksum checksum) {
  return checksum == S3Checksum::kCrc64Nvme ? "x-amz-checksum-crc64nvme" : "x-amz-checksum-crc32c";
}

std::string s3_checksum_element(S3Checksum checksum) {
  return "Checksum" + std::string(s3_checksum_name(checksum));
}

std::uint64_t s3_crc(S3Checksum checksum, std::span<const std::byte> data) {
  switch (checksum) {
    case S3Checksum::kNone:
      return 0;
    case S3Checksum::kCrc32c:
      return crc32c(data);
    case S3Checksum::kCrc64Nvme:
      return crc64nvme(data);
  }
  return 0;
}

std::uint64_t s3_crc_combine(S3Checksum checksum, std::uint64_t first, std::uint64_t second,
                             std::uint64_t second_bytes) {
  switch (checksum) {
    case S3Checksum::kNone:
      return 0;
    case S3Checksum::kCrc32c:
      return crc32c_combine(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(second), second_bytes);
    case S3Checksum::kCrc64Nvme:
      return crc64nvme_combine(first, second, second_bytes);
  }
  return 0;
}

std::string s3_checksum_text(S3Checksum checksum, std::uint64_t crc) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const int bytes = bytes_of(checksum);
  // From the most significant bit on: six bits to a digit, the last filled up with zeros, and with "=" to fours.
  const std::uint64_t left = bytes == 8 ? crc : crc << 32;
  std::string text;
  for (int bit = 0; bit < bytes * 8; bit += 6) text += kDigits[bit == 0 ? left >> 58 : (left << bit) >> 58];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

void protect_body(S3Request& request, S3Checksum checksum, std::uint64_t crc) {
  request.is_content = checksum != S3Checksum::kNone;
  if (request.is_content) {
    request.headers.set(std::string(s3_checksum_field(checksum)), s3_checksum_text(checksum, crc));
  }
}

Status check_claim(S3Checksum checksum, std::uint64_t crc, std::string_view claimed, std::string_view uri) {
  if (checksum == S3Checksum::kNone || claimed.empty() || claimed.find('-') != std::string_view::npos) return {};
  if (claimed == s3_checksum_text(checksum, crc)) return {};
  return fail(
      ErrorCode::kIntegrity,
      "the service's " + std::string(s3_checksum_name(checksum)) + " of " + printable(uri) + " is " +
          printable(claimed.substr(0, 40)) + ", that of the bytes here is " + s3_checksum_text(checksum, crc),
      "run the command again; if this repeats, a proxy, the service or the memory of this computer damages data");
}

void S3ChecksumChoice::weaken(S3Checksum checksum) {
  S3Checksum current = current_;
  while (checksum < current && !current_.compare_exchange_weak(current, checksum)) {
  }
}

Result<ChecksummedReply> send_with_checksum(S3ChecksumChoice& choice,
                                            const std::function<Result<S3Reply>(S3Checksum)>& send) {
  S3Checksum checksum = choice.current();
  ATTACHE_ASSIGN(S3Reply first, send(checksum));
  ChecksummedReply answer{std::move(first), checksum};
  if (!may_refuse_checksum(answer.reply)) return answer;
  while (checksum != S3Checksum::kNone) {
    checksum = weaker(checksum);
    ATTACHE_ASSIGN(S3Reply reply, send(checksum));
    if (may_refuse_checksum(reply)) continue;
    if (reply.ok()) choice.weaken(checksum);
    return ChecksummedReply{std::move(reply), checksum};
  }
  return answer;
}

}  // namespace attache
