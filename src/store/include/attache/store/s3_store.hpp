#pragma once

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>
#include <attache/aws/wall_clock.hpp>
#include <attache/base/byte_size.hpp>
#include <attache/http/request_gate.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/object_store.hpp>
#include <attache/store/request_log.hpp>
#include <attache/store/retry_budget.hpp>
#include <attache/store/retry_policy.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace attache {

/// By which a service compares what it received with what was sent, and by which an answer is compared.
enum class S3Checksum {
  kNone,  ///< no header: bodies are signed with their SHA-256 instead, which every S3 server compares
  kCrc32c,
  kCrc64Nvme,
};

struct S3StoreOptions {
  std::string bucket;
  std::string prefix;  ///< keys are `<prefix>/<key>`, joined without change; must not be empty
  /// Objects of this size and more go in parts, as the incumbent's do.
  std::uint64_t multipart_threshold = 8 * kMiB;
  /// Size of a part of an upload and of a range of a download; grown where 10,000 parts would not do. S3 takes no less
  /// than 5 MiB.
  std::uint64_t part_bytes = 8 * kMiB;
  /// Parts or ranges of one object at a time. Eight fill a 10 Gbit/s link where a single S3 connection gives about 100
  /// MB/s.
  std::size_t parts_in_flight = 8;
  /// Larger objects are refused before anything is sent, as S3 does after everything was. What no server could take is
  /// 10,000 parts of 5 GiB.
  std::uint64_t max_object_bytes = 5 * kGiB * 1024;
  /// The most that one CopyObject takes; larger objects are copied in parts of copy_part_bytes.
  std::uint64_t max_copy_bytes = 5 * kGiB;
  /// Nothing travels, so parts are large: 512 MiB take S3 some seconds each.
  std::uint64_t copy_part_bytes = 512 * kMiB;
  /// Small objects of a run() at a time, a request each. With 20 ms to the server, 20,000 objects take 13 s by 32, 1.8
  /// s by 256, and little more than a second by this many.
  std::size_t requests_in_flight = 384;
  /// Memory for bodies, all objects together: the most. How much of it is in use at a time follows from the line: twice
  /// what that holds, but two parts of each object. One part per call to put() or get() is always allowed to wait for
  /// its turn. Parts of which fewer than four would fit are read twice instead, the second time while they are sent, if
  /// their source can be read anywhere; of other sources one that is larger than this has the budget to itself.
  std::uint64_t buffer_bytes = 256 * kMiB;
  /// How long the completion of an upload may take without progress. S3 puts thousands of parts together in minutes,
  /// and sends a space now and then meanwhile.
  std::chrono::seconds completion_timeout{300};
  RetryPolicy retry;
  /// What retries may cost all requests together. Stores of one process share one by sharing it here; none: a budget of
  /// the store's own.
  std::shared_ptr<RetryBudget> retry_budget;
  /// Requests in flight, all calls together: halved when the service says that it is overloaded, grown again while it
  /// is not. `most` 0: no limit.
  AdaptiveConcurrencyOptions concurrency;
  /// For lines that others need, too.
  RateLimitOptions rate_limit;
  /// Counts every request, if there is one.
  std::shared_ptr<RequestCounter> counter;
  /// Told of every request, if there is one.
  RequestLog log;
  /// Goes with every body. CRC-64/NVME, because of parts it gives the checksum of the whole object, everywhere, and S3
  /// computes it anyway. A server that refuses a checksum gets the next weaker one, from then on.
  S3Checksum checksum = S3Checksum::kCrc64Nvme;
  /// The account that the bucket must belong to (x-amz-expected-bucket-owner), else S3 refuses everything. None: that
  /// of the credentials, if they name one, unless the requester pays. Empty: any.
  std::optional<std::string> expected_bucket_owner;
  /// Requests and traffic are paid by who sends them (x-amz-request-payer), as some buckets of other accounts demand.
  bool requester_pays = false;
};

/// A store in an S3 bucket. Transport and credentials must outlive it. kInvalidArgument for a bucket name that cannot
/// be one, an empty prefix, or a part size below 5 MiB or above 5 GiB. Nothing is sent yet.
///
/// - Every request is tried again after passing failures (retry_policy.hpp), signed anew each time, within a budget
///   that all of them share (retry_budget.hpp). A refusal for a wrong clock, expired credentials or another region is
///   put right once, and remembered. Redirects are not followed.
/// - x-amz-expected-bucket-owner goes with every request if the credentials name their account.
/// - Checksums go both ways: the service compares a body with its CRC, and where an answer has the CRC of a whole
/// object,
///   of a part or of what was just stored, it is compared here; kIntegrity if it differs, for a get after two more
///   tries. Of a range nothing is known, so nothing is claimed.
/// - put(): an object below the threshold is read whole, verified, and sent in one PUT. A larger one is read in order
/// and sent in
///   parts, several at a time; it is verified after its last byte was read and before the upload is completed. Any
///   failure, also cancelling, aborts it (but see PutResumption); for that a cancelled call waits up to 150 ms. (A rule
///   of the bucket that removes incomplete multipart uploads remains advisable: a killed process aborts nothing,
///   and of an upload whose creation was not answered nobody knows the name.)
/// - put() with only_if_absent: a repeated PUT after a lost answer may find the object that it stored itself, and gives
///   kAlreadyExists.
/// - get(): ranges of part_bytes, several at a time, all of the same version (If-Match); what comes is written in order
///   on the calling thread. An interrupted range is resumed where it broke.
/// - copy() takes a HEAD and a CopyObject, which also copies the tags. Above max_copy_bytes it copies parts, several at
///   a time, and what a copy in one piece keeps: user metadata, tags, and what the headers of a GET say of the content.
/// - remove_all() removes 1,000 keys per request. Those that a server reports as busy are tried again one by one, as
/// are
///   keys that XML cannot write, and all of them where a server knows no such request.
/// - An absent object and an absent bucket look alike to a HEAD: head() gives nothing for both.
/// - make_durable() has nothing to do: S3 acknowledges what is durable.
Result<std::unique_ptr<ObjectStore>> make_s3_store(const S3StoreOptions& options, const AwsSettings& settings,
                                                   HttpTransport& transport, CredentialsProvider& credentials,
                                                   WallClock clock = std::chrono::system_clock::now);

}  // namespace attache
