#include <attache/store/request_log.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace attache {
namespace {

using namespace std::chrono_literals;

TEST(RequestLog, NamesEveryOperation) {
  struct Case {
    HttpMethod method;
    const char* key;
    QueryParameters query;
    bool is_copy;
    std::string_view name;
  };
  const Case cases[] = {
      {HttpMethod::kHead, "k", {}, false, "HeadObject"},
      {HttpMethod::kHead, "", {}, false, "HeadBucket"},
      {HttpMethod::kGet, "k", {}, false, "GetObject"},
      {HttpMethod::kGet, "k", {{"tagging", ""}}, false, "GetObjectTagging"},
      {HttpMethod::kGet, "k", {{"uploadId", "u"}}, false, "ListParts"},
      {HttpMethod::kGet, "", {{"list-type", "2"}}, false, "ListObjectsV2"},
      {HttpMethod::kGet, "", {{"uploads", ""}}, false, "ListMultipartUploads"},
      {HttpMethod::kGet, "", {{"location", ""}}, false, "GetBucketLocation"},
      {HttpMethod::kPut, "k", {}, false, "PutObject"},
      {HttpMethod::kPut, "k", {}, true, "CopyObject"},
      {HttpMethod::kPut, "k", {{"tagging", ""}}, false, "PutObjectTagging"},
      {HttpMethod::kPut, "k", {{"partNumber", "1"}, {"uploadId", "u"}}, false, "UploadPart"},
      {HttpMethod::kPut, "k", {{"partNumber", "1"}, {"uploadId", "u"}}, true, "UploadPartCopy"},
      {HttpMethod::kPut, "", {}, false, "Other"},
      {HttpMethod::kPost, "k", {{"uploads", ""}}, false, "CreateMultipartUpload"},
      {HttpMethod::kPost, "k", {{"uploadId", "u"}}, false, "CompleteMultipartUpload"},
      {HttpMethod::kPost, "", {{"delete", ""}}, false, "DeleteObjects"},
      {HttpMethod::kPost, "k", {}, false, "Other"},
      {HttpMethod::kDelete, "k", {}, false, "DeleteObject"},
      {HttpMethod::kDelete, "k", {{"uploadId", "u"}}, false, "AbortMultipartUpload"},
      {HttpMethod::kDelete, "k", {{"tagging", ""}}, false, "DeleteObjectTagging"},
      {HttpMethod::kDelete, "", {}, false, "Other"},
  };
  std::set<std::string_view> seen;
  for (const Case& c : cases) {
    HttpHeaders headers;
    if (c.is_copy) headers.add("x-amz-copy-source", "/b/k");
    EXPECT_EQ(to_string(s3_operation(c.method, c.key, c.query, headers)), c.name);
    seen.insert(c.name);
  }
  EXPECT_EQ(seen.size(), kS3Operations);
}

TEST(RequestLog, IsOneLineOfJson) {
  RequestRecord record;
  record.operation = S3Operation::kGetObject;
  record.bucket = "farm";
  record.key = "root/\"x\"\n\xC3\xA9";
  record.attempt = 2;
  record.status = 503;
  record.code = "SlowDown";
  record.request_id = "ID1";
  record.duration = 1234us;
  record.received = 17;
  record.retry_in = 250ms;
  const std::string line = to_json_line(record);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(line);
  const nlohmann::json expected = {{"operation", "GetObject"},
                                   {"bucket", "farm"},
                                   {"key", "root/\"x\"\né"},
                                   {"attempt", 2},
                                   {"status", 503},
                                   {"code", "SlowDown"},
                                   {"request_id", "ID1"},
                                   {"ms", 1.234},
                                   {"sent", 0},
                                   {"received", 17},
                                   {"retry_in_ms", 250}};
  EXPECT_EQ(json, expected) << line;
}

TEST(RequestLog, LeavesOutWhatIsNotKnown) {
  RequestRecord record;
  record.operation = S3Operation::kPutObject;
  record.error = ErrorCode::kNetwork;
  record.sent = 5;
  EXPECT_EQ(to_json_line(record),
            R"({"operation":"PutObject","bucket":"","key":"","attempt":1,"status":0,"error":"network","ms":0.000,)"
            R"("sent":5,"received":0})");
}

TEST(RequestCounter, CountsRequestsByOperation) {
  RequestCounter counter;
  RequestRecord get;
  get.operation = S3Operation::kGetObject;
  get.status = 206;
  get.received = 100;
  counter.add(get);
  get.status = 503;
  get.received = 7;
  get.retry_in = 10ms;
  counter.add(get);
  RequestRecord put;
  put.operation = S3Operation::kPutObject;
  put.error = ErrorCode::kNetwork;
  put.sent = 50;
  counter.add(put);
  const RequestCounts counts = counter.counts();
  EXPECT_EQ(counts.of(S3Operation::kGetObject).requests, 2U);
  EXPECT_EQ(counts.of(S3Operation::kGetObject).failed, 1U);
  EXPECT_EQ(counts.of(S3Operation::kGetObject).received, 107U);
  EXPECT_EQ(counts.of(S3Operation::kPutObject).requests, 1U);
  EXPECT_EQ(counts.of(S3Operation::kPutObject).failed, 1U);
  EXPECT_EQ(counts.of(S3Operation::kPutObject).sent, 50U);
  EXPECT_EQ(counts.total().requests, 3U);
  EXPECT_EQ(counts.total().failed, 2U);
  EXPECT_EQ(counts.retries, 1U);
}

TEST(RequestCounter, EstimatesWhatRequestsCost) {
  RequestCounts counts;
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 0);
  const auto add = [&](S3Operation operation, std::uint64_t requests) {
    counts.kinds[static_cast<std::size_t>(operation)].requests = requests;
  };
  add(S3Operation::kPutObject, 1'000'000);
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 5.0);
  add(S3Operation::kGetObject, 1'000'000);
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 5.4);
  add(S3Operation::kListObjects, 1000);
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 5.405);
  add(S3Operation::kDeleteObject, 1'000'000);
  add(S3Operation::kAbortMultipartUpload, 1'000'000);
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 5.405) << "removing is free";
  counts.kinds[static_cast<std::size_t>(S3Operation::kGetObject)].received = 2'000'000'000;
  EXPECT_DOUBLE_EQ(counts.estimated_cost(), 5.405);
  EXPECT_DOUBLE_EQ(counts.estimated_cost({.put_copy_post_list = 0, .get_and_others = 0, .per_gb_received = 0.09}),
                   0.18);
}

}  // namespace
}  // namespace attache
