#include <attache/store/retry_policy.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace attache {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::milliseconds;

AttemptOutcome status(int value, std::string_view code = {}) {
  return {.status = value, .code = code, .error = std::nullopt, .retry_after = std::nullopt};
}

AttemptOutcome error(ErrorCode code) {
  return {.status = 0, .code = {}, .error = code, .retry_after = std::nullopt};
}

TEST(RetryPolicy, RepeatsOnlyWhatMayPass) {
  struct Case {
    AttemptOutcome outcome;
    bool is_transient;
  };
  const Case cases[] = {
      {status(500), true},
      {status(502), true},
      {status(503), true},
      {status(504), true},
      {status(429), true},
      {status(408), true},
      {status(503, "SlowDown"), true},
      {status(400, "RequestTimeout"), true},
      {status(200, "InternalError"), true},
      {status(409, "OperationAborted"), true},
      {status(409, "ConditionalRequestConflict"), true},
      {error(ErrorCode::kNetwork), true},
      {status(200), false},
      {status(204), false},
      {status(301, "PermanentRedirect"), false},
      {status(307), false},
      {status(400, "ExpiredToken"), false},
      {status(400), false},
      {status(401), false},
      {status(403), false},
      {status(403, "SignatureDoesNotMatch"), false},
      {status(403, "InvalidAccessKeyId"), false},
      {status(403, "RequestTimeTooSkewed"), false},
      {status(404, "NoSuchKey"), false},
      {status(409, "BucketNotEmpty"), false},
      {status(412), false},
      {status(416), false},
      {status(501, "NotImplemented"), false},
      {error(ErrorCode::kCancelled), false},
      {error(ErrorCode::kService), false},
      {error(ErrorCode::kUnauthenticated), false},
      {error(ErrorCode::kNoSpace), false},
      {error(ErrorCode::kIo), false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(is_transient(c.outcome), c.is_transient) << c.outcome.status << " " << c.outcome.code;
    EXPECT_EQ(retry_delay({}, 1, c.outcome, 0.5).has_value(), c.is_transient);
  }
}

/// The error codes of the Amazon S3 API Reference ("Error responses") that requests like ours can meet, and those of
/// compatible services, each with its status.
TEST(RetryPolicy, KnowsWhatHelpsAfterEveryErrorOfS3) {
  struct Case {
    int status;
    std::string_view codes;  // separated by spaces
    RetryStep step;
  };
  const Case cases[] = {
      {301, "PermanentRedirect PermanentRedirectControlError", RetryStep::kFindRegion},
      {302, "MovedTemporarily", RetryStep::kFindRegion},
      {307, "Redirect TemporaryRedirect", RetryStep::kFindRegion},
      {400,
       "AmbiguousFieldValues BucketAlreadyOwnedByYou CredentialsNotSupported CrossLocationLoggingProhibited "
       "EncryptionTypeNotAllowed EntityTooLarge EntityTooSmall IllegalVersioningConfigurationException "
       "IncorrectNumberOfFilesInPostRequest InlineDataTooLarge InvalidArgument InvalidBucketName "
       "InvalidBucketState InvalidDigest InvalidEncryptionAlgorithmError InvalidPart InvalidPartOrder "
       "InvalidPolicyDocument InvalidRequest InvalidSOAPRequest InvalidStorageClass InvalidTag "
       "InvalidTargetBucketForLogging InvalidToken InvalidURI KeyTooLongError MalformedACLError MalformedPOSTRequest "
       "MalformedXML MaxMessageLengthExceeded MetadataTooLarge MissingRequestBodyError MissingSecurityElement "
       "MissingSecurityHeader NoLoggingStatusForKey RequestIsNotMultiPartContent TooManyBuckets UnexpectedContent "
       "UnresolvableGrantByEmailAddress UserKeyMustBeSpecified InvalidLocationConstraint InvalidRegion "
       "KMS.DisabledException KMS.InvalidKeyUsageException KMS.KMSInvalidStateException KMS.NotFoundException",
       RetryStep::kNone},
      {400, "RequestTimeout RequestTimeoutException IncompleteBody", RetryStep::kRepeat},
      {400, "BadDigest XAmzContentSHA256Mismatch XAmzContentChecksumMismatch", RetryStep::kRepeat},
      {400, "ThrottlingException Throttling TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded",
       RetryStep::kRepeat},
      {400, "ExpiredToken ExpiredTokenException TokenRefreshRequired", RetryStep::kRenewCredentials},
      {400, "AuthorizationHeaderMalformed IllegalLocationConstraintException IncorrectEndpoint",
       RetryStep::kFindRegion},
      {401, "Unauthorized InvalidClientTokenId", RetryStep::kNone},
      {403,
       "AccessDenied AccountProblem AllAccessDisabled CrossLocationLoggingProhibited InvalidAccessKeyId "
       "InvalidObjectState InvalidPayer InvalidSecurity NotSignedUp RequestFailed SignatureDoesNotMatch "
       "UnauthorizedAccess UnauthorizedAccessError MissingAuthenticationToken QuotaExceeded",
       RetryStep::kNone},
      {403, "RequestTimeTooSkewed RequestExpired RequestInTheFuture", RetryStep::kCorrectClock},
      {404,
       "NoSuchBucket NoSuchBucketPolicy NoSuchKey NoSuchLifecycleConfiguration NoSuchTagSet NoSuchUpload NoSuchVersion "
       "NoSuchResource",
       RetryStep::kNone},
      {405, "MethodNotAllowed", RetryStep::kNone},
      {409, "BucketAlreadyExists BucketNotEmpty InvalidBucketState RestoreAlreadyInProgress", RetryStep::kNone},
      {409, "OperationAborted ConditionalRequestConflict PriorRequestNotComplete", RetryStep::kRepeat},
      {411, "MissingContentLength", RetryStep::kNone},
      {412, "PreconditionFailed", RetryStep::kNone},
      {416, "InvalidRange", RetryStep::kNone},
      {429, "TooManyRequests SlowDown", RetryStep::kRepeat},
      {500, "InternalError", RetryStep::kRepeat},
      {501, "NotImplemented", RetryStep::kNone},
      {503, "ServiceUnavailable SlowDown SlowDownRead SlowDownWrite Busy", RetryStep::kRepeat},
      {507, "XMinioStorageFull", RetryStep::kNone},
      {200, "InternalError SlowDown ServiceUnavailable", RetryStep::kRepeat},
      {200, "AccessDenied InvalidPart", RetryStep::kNone},
  };
  for (const Case& c : cases) {
    std::string_view rest = c.codes;
    while (!rest.empty()) {
      const std::string_view code = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), code.size() + 1));
      AttemptOutcome outcome = status(c.status, code);
      outcome.region = "eu-west-1";
      EXPECT_EQ(next_step(outcome), c.step) << c.status << " " << code;
    }
  }
}

TEST(RetryPolicy, BlamesTheClockOnlyForSignaturesAtAnotherTime) {
  struct Case {
    int status;
    std::string_view code;
    RetryStep step;
  };
  for (const Case& c : {Case{403, "SignatureDoesNotMatch", RetryStep::kCorrectClock},
                        Case{403, "AccessDenied", RetryStep::kCorrectClock}, Case{403, "", RetryStep::kCorrectClock},
                        Case{400, "", RetryStep::kCorrectClock}, Case{401, "AuthFailure", RetryStep::kCorrectClock},
                        Case{403, "InvalidAccessKeyId", RetryStep::kNone}, Case{404, "NoSuchKey", RetryStep::kNone},
                        Case{200, "", RetryStep::kNone}, Case{503, "SlowDown", RetryStep::kRepeat}}) {
    AttemptOutcome outcome = status(c.status, c.code);
    outcome.clock_differs = true;
    EXPECT_EQ(next_step(outcome), c.step) << c.status << " " << c.code;
  }
}

TEST(RetryPolicy, LooksForARegionOnlyWhereOneIsNamed) {
  for (const int code : {301, 302, 307, 308}) EXPECT_EQ(next_step(status(code)), RetryStep::kNone);
  EXPECT_EQ(next_step(status(400, "AuthorizationHeaderMalformed")), RetryStep::kNone);
  AttemptOutcome head = status(400);
  head.region = "eu-west-1";
  EXPECT_EQ(next_step(head), RetryStep::kFindRegion) << "a HEAD";
  head.status = 403;
  EXPECT_EQ(next_step(head), RetryStep::kNone) << "S3 names the region with every refusal";
}

TEST(RetryPolicy, KnowsWhoAsksForFewerRequests) {
  for (const auto& [value, code] : {std::pair<int, std::string_view>{429, ""},
                                    {503, ""},
                                    {400, "Throttling"},
                                    {200, "SlowDown"},
                                    {400, "RequestLimitExceeded"}}) {
    EXPECT_TRUE(is_throttling(value, code)) << value << code;
  }
  for (const auto& [value, code] :
       {std::pair<int, std::string_view>{500, "InternalError"}, {400, "RequestTimeout"}, {403, ""}, {200, ""}}) {
    EXPECT_FALSE(is_throttling(value, code)) << value << code;
  }
}

TEST(RetryPolicy, RepeatsOnlyErrorsOfTheNetwork) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kCancelled); ++code) {
    const auto value = static_cast<ErrorCode>(code);
    EXPECT_EQ(next_step(error(value)), value == ErrorCode::kNetwork ? RetryStep::kRepeat : RetryStep::kNone)
        << to_string(value);
  }
}

TEST(RetryPolicy, DoublesTheUpperEndAndDrawsBelowIt) {
  const RetryPolicy policy{.max_attempts = 100, .base_delay = 200ms, .max_delay = 10s, .max_retry_after = 30s};
  struct Case {
    int attempt;
    double random;
    Milliseconds delay;
  };
  const Case cases[] = {
      {1, 0.0, 0ms},    {1, 0.5, 100ms},  {1, 0.999, 199ms}, {2, 0.5, 200ms},   {3, 0.5, 400ms},     {4, 0.25, 400ms},
      {6, 0.5, 3200ms}, {7, 0.5, 5000ms}, {8, 0.5, 5000ms},  {99, 0.5, 5000ms}, {99, 1.0, 10'000ms},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(retry_delay(policy, c.attempt, status(503), c.random), c.delay) << c.attempt << " " << c.random;
  }
}

TEST(RetryPolicy, StopsAfterTheLastAttempt) {
  EXPECT_TRUE(retry_delay({}, 3, status(503), 0.5));
  EXPECT_FALSE(retry_delay({}, 4, status(503), 0.5));
  EXPECT_FALSE(retry_delay({.max_attempts = 1}, 1, status(503), 0.5));
}

TEST(RetryPolicy, WaitsAsLongAsTheServiceAsksWithinReason) {
  AttemptOutcome outcome = status(503, "SlowDown");
  outcome.retry_after = 5s;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 5s);
  outcome.retry_after = 1h;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 30s);
  outcome.retry_after = 0s;
  EXPECT_EQ(retry_delay({}, 1, outcome, 0.5), 100ms);
}

TEST(RetryPolicy, ReadsRetryAfterInSeconds) {
  EXPECT_EQ(parse_retry_after("3"), 3s);
  EXPECT_EQ(parse_retry_after("0"), 0s);
  EXPECT_EQ(parse_retry_after("4294967295"), std::chrono::seconds(4294967295));
  for (const char* bad : {"", "-1", "1.5", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999999", "3 "}) {
    EXPECT_FALSE(parse_retry_after(bad)) << bad;
  }
}

}  // namespace
}  // namespace attache
