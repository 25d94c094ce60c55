#pragma once

#include <attache/base/error.hpp>
#include <attache/http/transport.hpp>
#include <attache/http/url.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Requests of S3 by the names of its API: what is logged, counted and paid for.
enum class S3Operation {
  kHeadObject,
  kGetObject,
  kPutObject,
  kCopyObject,
  kDeleteObject,
  kDeleteObjects,
  kCreateMultipartUpload,
  kUploadPart,
  kUploadPartCopy,
  kCompleteMultipartUpload,
  kAbortMultipartUpload,
  kListMultipartUploads,
  kListParts,
  kListObjects,
  kGetObjectTagging,
  kPutObjectTagging,
  kDeleteObjectTagging,
  kHeadBucket,
  kGetBucketLocation,
  kOther,
};
inline constexpr std::size_t kS3Operations = static_cast<std::size_t>(S3Operation::kOther) + 1;

/// The API's name, e.g. "GetObject".
std::string_view to_string(S3Operation operation);

/// What a request is. `key` is empty for the bucket. Pure.
S3Operation s3_operation(HttpMethod method, std::string_view key, const QueryParameters& query,
                         const HttpHeaders& headers);

/// One try of one request. No header, no query and no text of the service beyond code and request id: those hold
/// signatures and tokens.
struct RequestRecord {
  S3Operation operation = S3Operation::kOther;
  std::string_view bucket = {};
  std::string_view key = {};  ///< in full; for a list its prefix
  int attempt = 1;
  int status = 0;                         ///< 0: no answer came
  std::string_view code = {};             ///< the service's; empty: none
  std::optional<ErrorCode> error = {};    ///< why no answer came
  std::string_view request_id = {};       ///< the service's
  std::chrono::microseconds duration{0};  ///< from handing it to the transport, waiting at gates included
  std::uint64_t sent = 0;                 ///< bytes of the body, whether all of them arrived or not
  std::uint64_t received = 0;             ///< bytes of the answer's body
  std::optional<std::chrono::milliseconds> retry_in = {};  ///< it will be tried again, after this time
};

/// The record as one JSON object in one line, without a line break:
/// `{"operation":"GetObject","bucket":"b","key":"k","attempt":1,"status":206,"ms":1.234,"sent":0,"received":4096}`,
/// with "code", "error", "request_id" and "retry_in_ms" where they are known. ASCII.
std::string to_json_line(const RequestRecord& record);

/// Called after each try with one line, on the thread that called the store; several at a time.
using RequestLog = std::function<void(std::string_view json_line)>;

/// US dollars per 1,000 requests, and per GB that leaves the region. An estimate: Amazon's list prices for S3 Standard
/// in us-east-1, as published in 2025. Other regions, storage classes and services have others, and traffic inside a
/// region costs nothing; so traffic is not counted unless a price for it is set.
struct RequestPrices {
  double put_copy_post_list = 0.005;
  double get_and_others = 0.0004;
  double per_gb_received = 0;
  // DELETE and CANCEL (abort) are free.
};

/// Requests so far, tries that failed and were repeated included: they are paid for, too.
struct RequestCounts {
  struct Kind {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;  ///< without an answer, or with one of 400 and more
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
  };
  std::array<Kind, kS3Operations> kinds{};
  std::uint64_t retries = 0;  ///< tries after which there was another one

  const Kind& of(S3Operation operation) const { return kinds[static_cast<std::size_t>(operation)]; }
  Kind total() const;
  /// US dollars.
  double estimated_cost(const RequestPrices& prices = {}) const;
};

/// Counts requests; shared by as many stores as one likes. Thread-safe.
class RequestCounter {
 public:
  void add(const RequestRecord& record);
  RequestCounts counts() const;

 private:
  struct Kind {
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::atomic<std::uint64_t> sent = 0;
    std::atomic<std::uint64_t> received = 0;
  };
  std::array<Kind, kS3Operations> kinds_{};
  std::atomic<std::uint64_t> retries_ = 0;
};

}  // namespace attache
