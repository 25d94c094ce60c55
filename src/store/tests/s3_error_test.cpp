#include <attache/store/s3_error.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

namespace attache {
namespace {

using ::testing::Test;

S3Failure failure_of(S3Action action, int status, std::string code = {}) {
  S3Failure failure;
  failure.action = action;
  failure.status = status;
  failure.code = std::move(code);
  failure.message = "said the service";
  failure.bucket = "farm-bucket";
  failure.key = "root/Data/0123.xxh128";
  failure.request_id = "REQ42";
  failure.account_id = "123456789012";
  failure.region = "us-west-2";
  return failure;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(S3Error, NamesActionBucketKeyStatusAndWhatTheServiceSaid) {
  const Error error = s3_error(failure_of(S3Action::kGet, 403, "AccessDenied"));
  EXPECT_EQ(error.message(),
            "cannot download s3://farm-bucket/root/Data/0123.xxh128: access was denied (HTTP status 403 AccessDenied: "
            "said the service, request REQ42)");
  EXPECT_EQ(
      error.remedy(),
      "allow s3:GetObject on bucket 'farm-bucket' to these credentials (in their policy and in the bucket's), and "
      "check that the bucket belongs to the account of these credentials");
}

TEST(S3Error, TellsEveryConditionApart) {
  struct Case {
    S3Action action;
    int status;
    const char* code;
    ErrorCode expected;
    const char* said;  ///< in message or remedy
  };
  const Case cases[] = {
      {S3Action::kPut, 404, "NoSuchBucket", ErrorCode::kNotFound, "there is no bucket 'farm-bucket'"},
      {S3Action::kList, 404, "NoSuchBucket", ErrorCode::kNotFound, "there is no bucket"},
      {S3Action::kList, 404, "", ErrorCode::kNotFound, "there is no bucket"},
      {S3Action::kGet, 404, "NoSuchKey", ErrorCode::kNotFound, "the object was not found"},
      {S3Action::kGet, 404, "404", ErrorCode::kNotFound, "the object was not found"},
      {S3Action::kPut, 404, "404", ErrorCode::kNotFound, "bucket 'farm-bucket' was not found"},
      {S3Action::kPut, 404, "NoSuchUpload", ErrorCode::kNotFound, "aborted"},
      {S3Action::kHead, 403, "", ErrorCode::kPermissionDenied, "s3:ListBucket"},
      {S3Action::kHead, 403, "", ErrorCode::kPermissionDenied, "account 123456789012"},
      {S3Action::kPut, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:PutObject"},
      {S3Action::kPut, 403, "AccessDenied", ErrorCode::kPermissionDenied, "belongs to the account"},
      {S3Action::kPut, 403, "SomethingNew", ErrorCode::kPermissionDenied, "s3:PutObject"},
      {S3Action::kDelete, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:DeleteObject"},
      {S3Action::kAbort, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:AbortMultipartUpload"},
      {S3Action::kPut, 403, "SignatureDoesNotMatch", ErrorCode::kUnauthenticated, "secret access key"},
      {S3Action::kPut, 403, "InvalidAccessKeyId", ErrorCode::kUnauthenticated, "does not know this access key"},
      {S3Action::kGet, 400, "ExpiredToken", ErrorCode::kUnauthenticated, "expired"},
      {S3Action::kGet, 400, "InvalidToken", ErrorCode::kUnauthenticated, "AWS_SESSION_TOKEN"},
      {S3Action::kGet, 403, "RequestTimeTooSkewed", ErrorCode::kUnauthenticated, "clock"},
      {S3Action::kGet, 401, "", ErrorCode::kUnauthenticated, "credentials"},
      {S3Action::kGet, 400, "AuthorizationHeaderMalformed", ErrorCode::kUnauthenticated, "access key"},
      {S3Action::kPut, 403, "AccountProblem", ErrorCode::kPermissionDenied, "administrator"},
      {S3Action::kPut, 400, "BadDigest", ErrorCode::kIntegrity, "other bytes"},
      {S3Action::kPut, 400, "XAmzContentSHA256Mismatch", ErrorCode::kIntegrity, "other bytes"},
      {S3Action::kPut, 400, "InvalidBucketName", ErrorCode::kInvalidArgument, "not a valid bucket name"},
      {S3Action::kPut, 400, "KeyTooLongError", ErrorCode::kInvalidArgument, "too long"},
      {S3Action::kGet, 403, "InvalidObjectState", ErrorCode::kService, "archived"},
      {S3Action::kPut, 403, "QuotaExceeded", ErrorCode::kNoSpace, "full"},
      {S3Action::kPut, 507, "", ErrorCode::kNoSpace, "full"},
      {S3Action::kPut, 412, "PreconditionFailed", ErrorCode::kAlreadyExists, "exists already"},
      {S3Action::kGet, 412, "PreconditionFailed", ErrorCode::kSourceChanged, "replaced"},
      {S3Action::kPut, 409, "OperationAborted", ErrorCode::kService, "another operation"},
      {S3Action::kPut, 408, "", ErrorCode::kService, "timed out"},
      {S3Action::kPut, 429, "", ErrorCode::kService, "fewer"},
      {S3Action::kPut, 503, "SlowDown", ErrorCode::kService, "fewer"},
      {S3Action::kPut, 500, "InternalError", ErrorCode::kService, "failed"},
      {S3Action::kPut, 599, "", ErrorCode::kService, "failed"},
      {S3Action::kPut, 501, "NotImplemented", ErrorCode::kUnsupported, "does not support"},
      {S3Action::kGet, 302, "", ErrorCode::kService, "redirects"},
      {S3Action::kGet, 400, "", ErrorCode::kService, "refused"},
      {S3Action::kGet, 418, "Teapot", ErrorCode::kService, "Teapot"},
  };
  for (const Case& c : cases) {
    const Error error = s3_error(failure_of(c.action, c.status, c.code));
    EXPECT_EQ(error.code(), c.expected) << error.to_string();
    EXPECT_TRUE(contains(error.to_string(), c.said)) << error.to_string() << "\nlacks: " << c.said;
    EXPECT_TRUE(contains(error.message(), "s3://farm-bucket/root/Data/0123.xxh128")) << error.message();
    EXPECT_TRUE(contains(error.message(), std::to_string(c.status))) << error.message();
    EXPECT_TRUE(contains(error.message(), c.code)) << error.message();
    EXPECT_NE(error.remedy(), "") << error.message();
  }
}

TEST(S3Error, NamesTheRightRegion) {
  S3Failure redirect = failure_of(S3Action::kPut, 301, "PermanentRedirect");
  redirect.bucket_region = "eu-west-1";
  S3Failure temporary = failure_of(S3Action::kGet, 307, "TemporaryRedirect");
  temporary.bucket_region = "eu-west-1";
  S3Failure malformed = failure_of(S3Action::kGet, 400, "AuthorizationHeaderMalformed");
  malformed.endpoint_region = "eu-west-1";
  S3Failure head = failure_of(S3Action::kHead, 400);
  head.bucket_region = "eu-west-1";
  for (const S3Failure& failure : {redirect, temporary, malformed, head}) {
    const Error error = s3_error(failure);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.to_string();
    EXPECT_TRUE(contains(error.message(), "'us-west-2'") && contains(error.message(), "'eu-west-1'"))
        << error.message();
    EXPECT_TRUE(contains(error.remedy(), "--region eu-west-1")) << error.remedy();
  }
  const Error unknown = s3_error(failure_of(S3Action::kHead, 301));
  EXPECT_EQ(unknown.code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(contains(unknown.remedy(), "--region")) << unknown.remedy();
}

TEST(S3Error, NamesThePermissionsOnTheEncryptionKey) {
  S3Failure put = failure_of(S3Action::kPut, 403, "AccessDenied");
  put.message = "not authorized to perform: kms:GenerateDataKey on resource x";
  EXPECT_EQ(missing_permissions(put), (std::vector<std::string_view>{"kms:GenerateDataKey", "kms:DescribeKey"}));
  EXPECT_TRUE(contains(s3_error(put).remedy(), "encryption key")) << s3_error(put).remedy();
  S3Failure get = put;
  get.action = S3Action::kGet;
  EXPECT_EQ(missing_permissions(get), (std::vector<std::string_view>{"kms:Decrypt", "kms:DescribeKey"}));
}

TEST(S3Error, CannotBeForgedOrFloodedByTheService) {
  S3Failure failure = failure_of(S3Action::kGet, 500, "Code\n");
  failure.message = "line\nbreak \x1b[31m" + std::string(100'000, 'x');
  failure.request_id = "id\r";
  failure.key = "key\n";
  const Error error = s3_error(failure);
  EXPECT_FALSE(contains(error.to_string(), "\n") || contains(error.to_string(), "\x1b")) << error.to_string();
  EXPECT_LT(error.message().size(), 1500U);
}

// --- the incumbent's recorded answers ---

std::set<std::string> permissions_in(const std::string& text) {
  std::set<std::string> found;
  for (const char* permission : {"s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:DeleteObject", "kms:Decrypt",
                                 "kms:DescribeKey", "kms:GenerateDataKey"}) {
    if (contains(text, permission)) found.insert(permission);
  }
  return found;
}

TEST(S3Error, NamesThePermissionsThatTheIncumbentNames) {
  const std::map<std::string, S3Action> actions = {
      {"upload_file", S3Action::kPut},   {"upload_manifest", S3Action::kPut},
      {"head", S3Action::kHead},         {"get_manifest", S3Action::kGet},
      {"download_file", S3Action::kGet}, {"download_file_incremental", S3Action::kGet},
      {"list", S3Action::kList}};
  std::ifstream file(ATTACHE_STORE_TEST_DATA "/error_guidance.json");
  const nlohmann::json document = nlohmann::json::parse(file);
  int checked = 0;
  for (const nlohmann::json& test : document.at("cases")) {
    const nlohmann::json& input = test.at("input");
    const nlohmann::json& expected = test.at("expected");
    // Without a status: transport failures, settings and disk space, which are no answers of S3. HEAD with another
    // status than 403 and 404 is absence for the incumbent; here it is an error, because the object may well be there.
    if (!input.contains("status") || expected.contains("ok")) continue;
    S3Failure failure = failure_of(actions.at(input.at("op")), input.at("status"), input.at("code"));
    failure.message = input.at("message");
    failure.account_id = input.at("account_id");
    const Error error = s3_error(failure);
    // The text of the service, which the message quotes, may name any permission.
    std::string own = error.to_string();
    if (const std::size_t quoted = own.find(failure.message); quoted != std::string::npos) {
      own.erase(quoted, failure.message.size());
    }
    EXPECT_EQ(permissions_in(own), expected.at("names_permissions").get<std::set<std::string>>())
        << test.at("id") << ": " << error.to_string();
    EXPECT_EQ(contains(own, failure.account_id), expected.at("names_account").get<bool>())
        << test.at("id") << ": " << error.to_string();
    ++checked;
  }
  EXPECT_GE(checked, 50);
}

}  // namespace
}  // namespace attache
