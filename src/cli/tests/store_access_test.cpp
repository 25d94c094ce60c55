#include "store_access.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

std::optional<std::string> no_variable(const std::string& /*name*/) {
  return std::nullopt;
}

Result<StoreAccess> access_of(StoreRequest request) {
  return store_access_of(request, no_variable);
}

TEST(StoreAccess, HasNoLimitsIfNoneAreAskedFor) {
  const auto access = access_of({});
  ASSERT_TRUE(access);
  EXPECT_EQ(access->rate_limit.bytes_per_second, 0);
  EXPECT_EQ(access->concurrency, 0U);
  EXPECT_EQ(access->memory_budget, StoreAccess{}.memory_budget);
}

TEST(StoreAccess, LimitsTheRateTheRequestsAndTheMemory) {
  StoreRequest request;
  request.limit_rate = "3MiB";
  request.concurrency = 7;
  request.memory_budget = "64MiB";
  const auto access = access_of(request);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->rate_limit.bytes_per_second, 3.0 * 1024 * 1024);
  EXPECT_EQ(access->rate_limit.requests_per_second, 0);
  EXPECT_EQ(access->concurrency, 7U);
  EXPECT_EQ(access->memory_budget, 64 * kMiB);
}

TEST(StoreAccess, RefusesARateThatIsNone) {
  for (const char* text : {"0", "fast", "10MB/s", "-1", "99999999999999999999"}) {
    StoreRequest request;
    request.limit_rate = text;
    const auto access = access_of(request);
    ASSERT_FALSE(access) << text;
    EXPECT_EQ(access.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(access.error().message().find("--limit-rate"), std::string::npos);
    EXPECT_NE(access.error().message().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace attache
