#include <attache/store/s3_error.hpp>

#include <gtest/gtest.h>

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
  EXPECT_EQ(error.remedy(),
            "allow s3:GetObject on bucket 'farm-bucket' to these credentials (in their policy and in the bucket's); "
            "check that "
            "the bucket belongs to the account of these credentials");
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
      {S3Action::kCopy, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:GetObject and s3:PutObject"},
      {S3Action::kCopy, 412, "PreconditionFailed", ErrorCode::kSourceChanged, "replaced"},
      {S3Action::kCopy, 404, "NoSuchBucket", ErrorCode::kNotFound, "there is no bucket"},
      {S3Action::kListUploads, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:ListBucketMultipartUploads"},
      {S3Action::kListUploads, 404, "", ErrorCode::kNotFound, "there is no bucket"},
      {S3Action::kListParts, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:ListMultipartUploadParts"},
      {S3Action::kGetTags, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:GetObjectTagging"},
      {S3Action::kPutTags, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:PutObjectTagging"},
      {S3Action::kPutTags, 400, "InvalidTag", ErrorCode::kInvalidArgument, "refuses a tag"},
      {S3Action::kBucketRegion, 403, "AccessDenied", ErrorCode::kPermissionDenied, "s3:GetBucketLocation"},
      {S3Action::kBucketRegion, 404, "", ErrorCode::kNotFound, "there is no bucket"},
      {S3Action::kPut, 400, "KMS.DisabledException", ErrorCode::kService, "encryption key"},
      {S3Action::kPut, 400, "EntityTooLarge", ErrorCode::kInvalidArgument, "larger"},
      {S3Action::kPut, 400, "InvalidPart", ErrorCode::kService, "parts"},
      {S3Action::kPut, 400, "EntityTooSmall", ErrorCode::kService, "parts"},
      {S3Action::kPut, 405, "MethodNotAllowed", ErrorCode::kUnsupported, "console"},
      {S3Action::kPut, 403, "AllAccessDisabled", ErrorCode::kPermissionDenied, "administrator"},
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

TEST(S3Error, NamesThePermissionThatTheServiceNames) {
  S3Failure put = failure_of(S3Action::kPut, 403, "AccessDenied");
  put.message =
      "User: arn:aws:iam::1:user/x is not authorized to perform: s3:PutObjectTagging on resource: \"arn:aws:s3:::b/k\" "
      "because no identity-based policy allows the s3:PutObjectTagging action";
  EXPECT_EQ(missing_permissions(put), std::vector<std::string_view>{"s3:PutObjectTagging"});
  EXPECT_TRUE(contains(s3_error(put).remedy(), "allow s3:PutObjectTagging on bucket")) << s3_error(put).remedy();
  // Nothing else is believed to be one.
  for (const char* odd : {"s3:", "iam:PassRole", "", "s3 PutObject", "\x1b[31m"}) {
    put.message = "is not authorized to perform: " + std::string(odd);
    EXPECT_EQ(missing_permissions(put), std::vector<std::string_view>{"s3:PutObject"}) << odd;
  }
  put.message = "is not authorized to perform: s3:" + std::string(100, 'x');
  EXPECT_EQ(missing_permissions(put), std::vector<std::string_view>{"s3:PutObject"});
  S3Failure head = failure_of(S3Action::kHead, 403);
  head.message = "is not authorized to perform: s3:GetObject";
  EXPECT_EQ(missing_permissions(head), std::vector<std::string_view>{"s3:ListBucket"}) << "a HEAD has no message";
}

TEST(S3Error, SaysWhenAPolicyDeniesWhatAnotherMayAllow) {
  S3Failure get = failure_of(S3Action::kGet, 403, "AccessDenied");
  get.message =
      "User x is not authorized to perform: s3:GetObject on y with an explicit deny in a resource-based policy";
  const Error error = s3_error(get);
  EXPECT_TRUE(contains(error.remedy(), "denies s3:GetObject explicitly")) << error.remedy();
  EXPECT_FALSE(contains(error.remedy(), "allow s3:GetObject")) << error.remedy();
}

TEST(S3Error, NamesTheOwnerThatWasDemanded) {
  S3Failure put = failure_of(S3Action::kPut, 403, "AccessDenied");
  put.account_id = "999999999999";
  put.expected_owner = "999999999999";
  EXPECT_TRUE(contains(s3_error(put).remedy(), "must belong to account 999999999999, as it was demanded"));
  put.expected_owner = "";
  put.account_id = "";
  EXPECT_FALSE(contains(s3_error(put).remedy(), "belong")) << "none was demanded";
}

TEST(S3Error, KnowsLocksAndBucketsWhereTheRequesterPays) {
  S3Failure locked = failure_of(S3Action::kDelete, 403, "AccessDenied");
  locked.message = "Access Denied because object protected by object lock.";
  EXPECT_TRUE(contains(s3_error(locked).message(), "locked")) << s3_error(locked).message();
  S3Failure payer = failure_of(S3Action::kGet, 403, "AccessDenied");
  payer.message = "Bucket is requester pays bucket but no request payer was given";
  EXPECT_TRUE(contains(s3_error(payer).remedy(), "--requester-pays")) << s3_error(payer).remedy();
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

}  // namespace
}  // namespace attache
