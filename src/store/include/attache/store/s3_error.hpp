#pragma once

#include <attache/base/error.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// What was asked of S3, as far as a person and their permissions are concerned.
enum class S3Action {
  kHead,  ///< does an object exist?
  kGet,
  kPut,  ///< single or in parts
  kList,
  kDelete,
  kAbort,  ///< giving up a multipart upload
  kCopy,   ///< within the bucket, in one piece or in parts; the key is that of the copy
  kListUploads,
  kListParts,
  kGetTags,
  kPutTags,
  kBucketRegion,
};

/// An answer of S3 that is not what was asked for.
struct S3Failure {
  S3Action action = S3Action::kGet;
  int status = 0;
  std::string code;     ///< the service's, e.g. "NoSuchKey"; empty if the answer had no error document (HEAD)
  std::string message;  ///< the service's
  std::string bucket;
  std::string key;  ///< in full; for a list its prefix
  std::string request_id;
  std::string account_id;       ///< as sent in x-amz-expected-bucket-owner; empty: it was not
  std::string expected_owner;   ///< the same if the caller chose it; empty: it is that of the credentials
  std::string region;           ///< that the request was signed for
  std::string bucket_region;    ///< that the service says the bucket is in; empty: it did not say
  std::string endpoint_region;  ///< that the service says a signature must name; empty: it did not say
};

/// "cannot download s3://bucket/key", the beginning of every message about a request.
std::string failed_action(S3Action action, std::string_view bucket, std::string_view key);

/// The permissions that a person must have looked at after this failure, e.g. {"s3:GetObject"}; none for failures that
/// no permission would have prevented. If the service names the one of S3 that it misses, it is that one; else those
/// that the action needs (incumbent formats, section 8.1). Views into the failure, or of text that stays.
std::vector<std::string_view> missing_permissions(const S3Failure& failure);

/// The failure for a person: the message names action, bucket, key, status and what the service said; the remedy says
/// what to do. Pure and total. Text of the service goes through printable() and is cut to 500 bytes.
///
/// kNotFound: no such bucket or key. kPermissionDenied: refused. kUnauthenticated: unknown key, wrong secret, expired
/// token, wrong clock. kAlreadyExists: 412 of a put. kSourceChanged: 412 of a get. kInvalidArgument: wrong region or
/// bucket name. kIntegrity: the service received other bytes. kNoSpace: the server's storage or quota is full.
/// kService: all else.
Error s3_error(const S3Failure& failure);

}  // namespace attache
