#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/s3_admin.hpp>

#include "s3_checksum.hpp"
#include "s3_documents.hpp"
#include "s3_transfer.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A multipart upload, from its creation to its completion or abort; between them the caller sends parts. All arguments
/// must outlive it.
class S3Multipart {
 public:
  S3Multipart(const S3TransferContext& context, const S3ObjectName& name, const std::stop_token& stop)
      : context_(context), name_(name), stop_(stop) {}

  /// `headers` describe the object that is to be. With checksums, or without (kNone) for parts that the service copies
  /// and sums up itself.
  Status create(const HttpHeaders& headers, bool with_checksums);

  /// Goes on with an upload that another put created; false, and nothing is changed, if what is known of it cannot be.
  bool adopt(const UnfinishedPut& put);
  /// What another put needs to go on with this one.
  UnfinishedPut describe(std::uint64_t size, std::uint64_t part_bytes) const;
  /// The parts that the service has, by their numbers; nothing if it does not know the upload (any more).
  Result<std::optional<std::map<std::uint32_t, UploadPart>>> parts() const;

  /// What the parts must carry.
  S3Checksum checksum() const { return checksum_; }

  /// The PUT of a part; parts are counted from 1.
  S3Request part(std::size_t number) const;

  struct Completion {
    std::vector<S3Part> parts;
    std::uint64_t bytes = 0;
    std::uint64_t crc = 0;  ///< of all bytes together
    bool only_if_absent = false;
  };
  /// kIntegrity if the service has put together other bytes.
  Status complete(const Completion& completion);

  /// Gives the upload up after `why`. The caller's stop has perhaps fired already; the abort has its own, a deadline.
  /// That it fails changes nothing: the upload has failed, and the error that it failed with is the one to report.
  void abort(const Error& why);

 private:
  Status check_completed(const Completion& completion, const S3Reply& reply) const;

  const S3TransferContext& context_;
  const S3ObjectName& name_;
  const std::stop_token& stop_;
  std::string id_;
  S3Checksum checksum_ = S3Checksum::kNone;
  bool is_adopted_ = false;
  bool is_full_object_ = false;  // the service compares one checksum of the whole object
};

/// S3Admin::list_parts().
Result<std::optional<PartPage>> s3_list_parts(S3Client& client, const S3ObjectName& name, std::string_view upload_id,
                                              std::uint32_t after, S3Checksum checksum, const std::stop_token& stop);

/// A PUT or POST of an object that is stored.
S3Request s3_put_request(const S3ObjectName& name, HttpMethod method, QueryParameters query);

}  // namespace attache
