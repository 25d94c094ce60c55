#include <attache/transfer/upload_queues.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace attache {
namespace {

using testing::HasSubstr;

UploadQueues queues(std::int64_t multiplier, std::int64_t pool) {
  return upload_queues({.small_file_threshold_multiplier = multiplier, .s3_max_pool_connections = pool}).value();
}

TEST(UploadQueues, HaveTheIncumbentsDefaults) {
  const UploadQueues defaults = upload_queues({}).value();
  EXPECT_EQ(defaults.small_file_bytes, 160U * 1024 * 1024);
  EXPECT_EQ(defaults.workers, 5U);
  EXPECT_TRUE(defaults.is_small(160U * 1024 * 1024));
  EXPECT_FALSE(defaults.is_small(160U * 1024 * 1024 + 1));
}

TEST(UploadQueues, DivideThePoolByTenAtMost) {
  EXPECT_EQ(queues(3, 10).workers, 3U);
  EXPECT_EQ(queues(30, 100).workers, 10U);
  EXPECT_EQ(queues(20, 5).workers, 1U);
}

TEST(UploadQueues, RefuseWhatIsNotPositiveTheMultiplierFirst) {
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-3}}) {
    const auto multiplier = upload_queues({.small_file_threshold_multiplier = bad, .s3_max_pool_connections = bad});
    ASSERT_FALSE(multiplier);
    EXPECT_EQ(multiplier.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(multiplier.error().message(), HasSubstr("small_file_threshold_multiplier"));
    const auto pool = upload_queues({.small_file_threshold_multiplier = 1, .s3_max_pool_connections = bad});
    ASSERT_FALSE(pool);
    EXPECT_THAT(pool.error().message(), HasSubstr("s3_max_pool_connections"));
  }
}

TEST(UploadQueues, DoNotOverflow) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(queues(most, most).is_small(std::uint64_t{1} << 60U));
}

}  // namespace
}  // namespace attache
