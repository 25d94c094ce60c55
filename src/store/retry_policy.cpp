#include <attache/store/retry_policy.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace attache {

namespace {

// S3 gives some passing conditions a 4xx status, and 200 with an error document where it had begun to answer.
constexpr std::array<std::string_view, 9> kTransientCodes = {
    "RequestTimeout",  // 400: the body came too slowly
    "RequestTimeoutException",
    "SlowDown",
    "InternalError",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "OperationAborted",            // 409: another operation on this object is under way
    "ConditionalRequestConflict",  // 409: a competing conditional write; S3 says to repeat
};

}  // namespace

bool is_transient(const AttemptOutcome& outcome) {
  if (outcome.error) return *outcome.error == ErrorCode::kNetwork;
  if (std::ranges::find(kTransientCodes, outcome.code) != kTransientCodes.end()) return true;
  switch (outcome.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
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
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), seconds);
  if (error != std::errc{} || end != field.data() + field.size()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace attache
