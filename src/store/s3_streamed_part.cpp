#include "s3_streamed_part.hpp"

#include <attache/aws/sigv4.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/crc.hpp>

#include <algorithm>

namespace attache {

S3StreamedPart::S3StreamedPart(SourceReader& reader, std::uint64_t size, S3Checksum checksum)
    : reader_(reader), begin_(reader.size() - reader.remaining()), size_(size), checksum_(checksum) {}

Status S3StreamedPart::scan(std::span<std::byte> buffer, bool with_sha256, const std::stop_token& stop) {
  Sha256Stream sha256;
  std::uint32_t crc32 = 0;
  for (std::uint64_t left = size_; left > 0;) {
    const std::span<std::byte> piece = buffer.first(std::min<std::uint64_t>(left, buffer.size()));
    ATTACHE_TRY(reader_.fill(piece, stop));
    seen_crc_ = crc64nvme(piece, seen_crc_);
    if (checksum_ == S3Checksum::kCrc32c) crc32 = crc32c(piece, crc32);
    if (with_sha256) sha256.update(piece);
    left -= piece.size();
  }
  crc_ = checksum_ == S3Checksum::kCrc32c ? crc32 : checksum_ == S3Checksum::kCrc64Nvme ? seen_crc_ : 0;
  if (!with_sha256) return {};
  ATTACHE_ASSIGN(sha256_, sha256.finish_hex());
  return {};
}

Result<std::size_t> S3StreamedPart::read(std::uint64_t offset, std::span<std::byte> buffer) {
  if (offset == 0) sent_crc_ = 0;
  const std::span<std::byte> wanted = buffer.first(std::min<std::uint64_t>(buffer.size(), size_ - offset));
  ATTACHE_ASSIGN(const std::size_t count, reader_.source().read_at(begin_ + offset, wanted));
  if (count == 0) {
    return fail(ErrorCode::kSourceChanged,
                "the source of " + printable(reader_.uri()) + " has become shorter while it was sent",
                "run the command again when nothing writes to the file");
  }
  sent_crc_ = crc64nvme(wanted.first(count), sent_crc_);
  return count;
}

Status S3StreamedPart::check_sent() const {
  if (sent_crc_ == seen_crc_) return {};
  return fail(ErrorCode::kSourceChanged, "the source of " + printable(reader_.uri()) + " changed while it was sent",
              "run the command again when nothing writes to the file");
}

}  // namespace attache
