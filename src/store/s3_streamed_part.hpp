#pragma once

#include <attache/base/result.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/s3_store.hpp>

#include "source_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

namespace attache {

/// A part of an upload that is too large for memory: a 5 TiB object has parts of 525 MiB. It is read twice. The first
/// time in order, as everything of a source is, for the content's hash and what the headers must say of the part; then
/// while it is sent. What was sent is compared with what was read before.
class S3StreamedPart final : public HttpBodySource {
 public:
  /// The next `size` bytes of the reader, whose source can be read anywhere, and must outlive the part.
  S3StreamedPart(SourceReader& reader, std::uint64_t size, S3Checksum checksum);

  /// The first time, by pieces of the size of `buffer`; with SHA-256 if the request is to be signed with it.
  Status scan(std::span<std::byte> buffer, bool with_sha256, const std::stop_token& stop);
  /// After scan().
  std::uint64_t crc() const { return crc_; }
  const std::string& sha256() const { return sha256_; }

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) override;

  /// After the request was answered: kSourceChanged if other bytes were sent than scan() has seen.
  Status check_sent() const;

 private:
  SourceReader& reader_;
  const std::uint64_t begin_;
  const std::uint64_t size_;
  const S3Checksum checksum_;
  std::uint64_t crc_ = 0;
  std::string sha256_;
  std::uint64_t seen_crc_ = 0;  // CRC-64, whatever the service is told
  std::uint64_t sent_crc_ = 0;
};

}  // namespace attache
