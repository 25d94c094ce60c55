#include <attache/base/number.hpp>
#include <attache/store/retry_policy.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace attache {

namespace {

// S3 gives some passing conditions a 4xx status, and 200 with an error document where it had begun to answer.
// Compatible services have their own words for the same.
constexpr std::array kTransientCodes = std::to_array<std::string_view>({
    "RequestTimeout",  // 400: the body came too slowly
    "RequestTimeoutException",
    "InternalError",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceFailure",
    "OperationAborted",            // 409: another operation on this object is under way
    "ConditionalRequestConflict",  // 409: a competing conditional write; S3 says to repeat
    "PriorRequestNotComplete",
    "TransactionInProgressException",
    "IncompleteBody",  // 400: the connection or a proxy lost the rest of it
    // What arrived is not what was sent. Bodies are hashed before, and damage on the way is rare and random: another
    // try mends it. Damage in this computer's memory would come again, and is reported then.
    "BadDigest",
    "XAmzContentSHA256Mismatch",
    "XAmzContentChecksumMismatch",
});

constexpr std::array kThrottlingCodes = std::to_array<std::string_view>({
    "SlowDown",
    "SlowDownRead",  // minio's
    "SlowDownWrite",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequests",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
});

constexpr std::array kClockCodes = std::to_array<std::string_view>({
    "RequestTimeTooSkewed",
    "RequestExpired",
    "RequestInTheFuture",
});

/// What a wrong time may look like to services that do not name it.
constexpr std::array kSignatureCodes = std::to_array<std::string_view>({
    "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure", "AccessDenied", "Forbidden",
    "",  // a HEAD
});

constexpr std::array kExpiredCodes = std::to_array<std::string_view>({
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
});

constexpr std::array kRegionCodes = std::to_array<std::string_view>({
    "PermanentRedirect",
    "TemporaryRedirect",
    "Redirect",
    "IllegalLocationConstraintException",
    "IncorrectEndpoint",
    "AuthorizationHeaderMalformed",
});

template <std::size_t kSize>
bool is_among(const std::array<std::string_view, kSize>& codes, std::string_view code) {
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

bool is_throttling(int status, std::string_view code) {
  return status == 429 || status == 503 || is_among(kThrottlingCodes, code);
}

bool is_refusal(int status) {
  return status == 400 || status == 401 || status == 403;
}

bool names_clock(std::string_view code) {
  return is_among(kClockCodes, code);
}

RetryStep next_step(const AttemptOutcome& outcome) {
  if (outcome.error) return *outcome.error == ErrorCode::kNetwork ? RetryStep::kRepeat : RetryStep::kNone;
  if (is_among(kTransientCodes, outcome.code)) return RetryStep::kRepeat;
  if (is_throttling(outcome.status, outcome.code)) return RetryStep::kRepeat;
  if (is_among(kExpiredCodes, outcome.code)) return RetryStep::kRenewCredentials;
  if (names_clock(outcome.code)) return RetryStep::kCorrectClock;
  if (is_refusal(outcome.status) && outcome.clock_differs && is_among(kSignatureCodes, outcome.code))
    return RetryStep::kCorrectClock;
  // S3 names the bucket's region in many answers; it is a reason only where a request is refused for it. A HEAD has no
  // code to say so.
  const bool is_redirect = outcome.status == 301 || outcome.status == 302 || outcome.status == 307 ||
                           outcome.status == 308 || is_among(kRegionCodes, outcome.code) ||
                           (outcome.status == 400 && outcome.code.empty());
  if (is_redirect && !outcome.region.empty()) return RetryStep::kFindRegion;
  switch (outcome.status) {
    case 408:
    case 500:
    case 502:
    case 504:
      return RetryStep::kRepeat;
    default:
      return RetryStep::kNone;
  }
}

bool is_transient(const AttemptOutcome& outcome) {
  return next_step(outcome) == RetryStep::kRepeat;
}

std::optional<std::chrono::milliseconds> retry_delay(const RetryPolicy& policy, int attempt,
                                                     const AttemptOutcome& outcome, double random) {
  if (attempt >= policy.max_attempts || !is_transient(outcome)) return std::nullopt;
  std::chrono::milliseconds upper = policy.base_delay;
  for (int i = 1; i < attempt && upper < policy.max_delay; ++i) upper *= 2;
  upper = std::min(upper, policy.max_delay);
  const std::chrono::milliseconds jittered(
      static_cast<std::int64_t>(static_cast<double>(upper.count()) * std::clamp(random, 0.0, 1.0)));
  const auto asked = std::min(outcome.retry_after.value_or(std::chrono::milliseconds{0}), policy.max_retry_after);
  return std::max(jittered, asked);
}

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view field) {
  const auto seconds = parse_number<std::uint32_t>(field);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

}  // namespace attache
