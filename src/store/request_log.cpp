#include <attache/base/json_text.hpp>
#include <attache/store/request_log.hpp>

#include <algorithm>
#include <cstdio>

namespace attache {

namespace {

constexpr double kBytesPerGb = 1e9;

bool has(const QueryParameters& query, std::string_view name) {
  return std::ranges::any_of(query, [&](const auto& parameter) { return parameter.first == name; });
}

void append_field(std::string& line, std::string_view name, std::string_view value) {
  line.append(",\"").append(name).append("\":");
  append_json_string(line, value);
}

void append_field(std::string& line, std::string_view name, std::uint64_t value) {
  line.append(",\"").append(name).append("\":").append(std::to_string(value));
}

/// What a request costs per 1,000.
double price_of(S3Operation operation, const RequestPrices& prices) {
  switch (operation) {
    case S3Operation::kDeleteObject:
    case S3Operation::kDeleteObjects:
    case S3Operation::kAbortMultipartUpload:
    case S3Operation::kDeleteObjectTagging:
      return 0;
    case S3Operation::kPutObject:
    case S3Operation::kCopyObject:
    case S3Operation::kCreateMultipartUpload:
    case S3Operation::kUploadPart:
    case S3Operation::kUploadPartCopy:
    case S3Operation::kCompleteMultipartUpload:
    case S3Operation::kListMultipartUploads:
    case S3Operation::kListParts:
    case S3Operation::kListObjects:
    case S3Operation::kPutObjectTagging:
      return prices.put_copy_post_list;
    case S3Operation::kHeadObject:
    case S3Operation::kGetObject:
    case S3Operation::kGetObjectTagging:
    case S3Operation::kHeadBucket:
    case S3Operation::kGetBucketLocation:
    case S3Operation::kOther:
      return prices.get_and_others;
  }
  return 0;
}

}  // namespace

std::string_view to_string(S3Operation operation) {
  switch (operation) {
    case S3Operation::kHeadObject:
      return "HeadObject";
    case S3Operation::kGetObject:
      return "GetObject";
    case S3Operation::kPutObject:
      return "PutObject";
    case S3Operation::kCopyObject:
      return "CopyObject";
    case S3Operation::kDeleteObject:
      return "DeleteObject";
    case S3Operation::kDeleteObjects:
      return "DeleteObjects";
    case S3Operation::kCreateMultipartUpload:
      return "CreateMultipartUpload";
    case S3Operation::kUploadPart:
      return "UploadPart";
    case S3Operation::kUploadPartCopy:
      return "UploadPartCopy";
    case S3Operation::kCompleteMultipartUpload:
      return "CompleteMultipartUpload";
    case S3Operation::kAbortMultipartUpload:
      return "AbortMultipartUpload";
    case S3Operation::kListMultipartUploads:
      return "ListMultipartUploads";
    case S3Operation::kListParts:
      return "ListParts";
    case S3Operation::kListObjects:
      return "ListObjectsV2";
    case S3Operation::kGetObjectTagging:
      return "GetObjectTagging";
    case S3Operation::kPutObjectTagging:
      return "PutObjectTagging";
    case S3Operation::kDeleteObjectTagging:
      return "DeleteObjectTagging";
    case S3Operation::kHeadBucket:
      return "HeadBucket";
    case S3Operation::kGetBucketLocation:
      return "GetBucketLocation";
    case S3Operation::kOther:
      return "Other";
  }
  return "Other";
}

S3Operation s3_operation(HttpMethod method, std::string_view key, const QueryParameters& query,
                         const HttpHeaders& headers) {
  const bool is_copy = headers.find("x-amz-copy-source").has_value();
  switch (method) {
    case HttpMethod::kHead:
      return key.empty() ? S3Operation::kHeadBucket : S3Operation::kHeadObject;
    case HttpMethod::kGet:
      if (key.empty()) {
        if (has(query, "uploads")) return S3Operation::kListMultipartUploads;
        if (has(query, "location")) return S3Operation::kGetBucketLocation;
        return S3Operation::kListObjects;
      }
      if (has(query, "uploadId")) return S3Operation::kListParts;
      return has(query, "tagging") ? S3Operation::kGetObjectTagging : S3Operation::kGetObject;
    case HttpMethod::kPut:
      if (key.empty()) return S3Operation::kOther;
      if (has(query, "uploadId")) return is_copy ? S3Operation::kUploadPartCopy : S3Operation::kUploadPart;
      if (has(query, "tagging")) return S3Operation::kPutObjectTagging;
      return is_copy ? S3Operation::kCopyObject : S3Operation::kPutObject;
    case HttpMethod::kPost:
      if (has(query, "delete")) return S3Operation::kDeleteObjects;
      if (has(query, "uploads")) return S3Operation::kCreateMultipartUpload;
      return has(query, "uploadId") ? S3Operation::kCompleteMultipartUpload : S3Operation::kOther;
    case HttpMethod::kDelete:
      if (key.empty()) return S3Operation::kOther;
      if (has(query, "uploadId")) return S3Operation::kAbortMultipartUpload;
      return has(query, "tagging") ? S3Operation::kDeleteObjectTagging : S3Operation::kDeleteObject;
  }
  return S3Operation::kOther;
}

std::string to_json_line(const RequestRecord& record) {
  std::string line = "{\"operation\":\"" + std::string(to_string(record.operation)) + "\"";
  append_field(line, "bucket", record.bucket);
  append_field(line, "key", record.key);
  append_field(line, "attempt", static_cast<std::uint64_t>(std::max(record.attempt, 0)));
  append_field(line, "status", static_cast<std::uint64_t>(std::max(record.status, 0)));
  if (!record.code.empty()) append_field(line, "code", record.code);
  if (record.error) append_field(line, "error", to_string(*record.error));
  if (!record.request_id.empty()) append_field(line, "request_id", record.request_id);
  std::array<char, 40> milliseconds{};
  std::snprintf(milliseconds.data(), milliseconds.size(), ",\"ms\":%.3f",
                static_cast<double>(record.duration.count()) / 1000.0);
  line += milliseconds.data();
  append_field(line, "sent", record.sent);
  append_field(line, "received", record.received);
  if (record.retry_in) append_field(line, "retry_in_ms", static_cast<std::uint64_t>(record.retry_in->count()));
  return line + "}";
}

RequestCounts::Kind RequestCounts::total() const {
  Kind sum;
  for (const Kind& kind : kinds) {
    sum.requests += kind.requests;
    sum.failed += kind.failed;
    sum.sent += kind.sent;
    sum.received += kind.received;
  }
  return sum;
}

double RequestCounts::estimated_cost(const RequestPrices& prices) const {
  double dollars = static_cast<double>(total().received) / kBytesPerGb * prices.per_gb_received;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    dollars += static_cast<double>(kinds[i].requests) / 1000.0 * price_of(static_cast<S3Operation>(i), prices);
  }
  return dollars;
}

void RequestCounter::add(const RequestRecord& record) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Kind& kind = kinds_[static_cast<std::size_t>(record.operation)];
  kind.requests.fetch_add(1, kRelaxed);
  if (record.status == 0 || record.status >= 400) kind.failed.fetch_add(1, kRelaxed);
  if (record.sent != 0) kind.sent.fetch_add(record.sent, kRelaxed);
  if (record.received != 0) kind.received.fetch_add(record.received, kRelaxed);
  if (record.retry_in) retries_.fetch_add(1, kRelaxed);
}

RequestCounts RequestCounter::counts() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  RequestCounts counts;
  for (std::size_t i = 0; i < kinds_.size(); ++i) {
    counts.kinds[i] = {kinds_[i].requests.load(kRelaxed), kinds_[i].failed.load(kRelaxed),
                       kinds_[i].sent.load(kRelaxed), kinds_[i].received.load(kRelaxed)};
  }
  counts.retries = retries_.load(kRelaxed);
  return counts;
}

}  // namespace attache
