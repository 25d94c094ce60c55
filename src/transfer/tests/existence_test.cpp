#include "existence.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(FirstAsk, SendsSmallContentsWithoutAskingUntilEnoughIsKnown) {
  EXPECT_EQ(first_ask(4096, false, 0, 0), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(4096, false, 31, 31), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(64 * kKiB, false, 0, 0), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(64 * kKiB + 1, false, 0, 0), FirstAsk::kHead);
}

TEST(FirstAsk, GoesByWhatWasThereSoFar) {
  EXPECT_EQ(first_ask(4096, false, 32, 2), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(4096, false, 32, 3), FirstAsk::kHead);
  EXPECT_EQ(first_ask(4096, false, 1400, 99), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(4096, false, 1400, 100), FirstAsk::kHead);
}

TEST(FirstAsk, RisksNoLargeContent) {
  EXPECT_EQ(first_ask(1 * kMiB, false, 1000, 0), FirstAsk::kConditionalPut);
  EXPECT_EQ(first_ask(1 * kMiB + 1, false, 1000, 0), FirstAsk::kHead);
}

TEST(FirstAsk, AsksForWhatTheCacheExpects) {
  EXPECT_EQ(first_ask(1, true, 1000, 0), FirstAsk::kHead);
}

TEST(Listing, IsWorthItForStoresThatAreNotMuchLarger) {
  EXPECT_TRUE(is_worth_listing(6000, 100));
  EXPECT_FALSE(is_worth_listing(6001, 100));
  EXPECT_FALSE(is_worth_listing(1, 0));
}

TEST(Listing, EstimatesByTheLastKeyOfAPage) {
  EXPECT_DOUBLE_EQ(*share_up_to("Data/7fffffffffffffffffffffffffffffff.xxh128"), 0.5);
  EXPECT_DOUBLE_EQ(*share_up_to("Data/ffffffffffffffffffffffffffffffff.xxh128"), 1.0);
  EXPECT_DOUBLE_EQ(*share_up_to("Data/00000000000000000000000000000000.xxh128"), 1.0 / 4294967296.0);
  EXPECT_FALSE(share_up_to("Data/abc"));
  EXPECT_FALSE(share_up_to("Data/ABCDEF0123456789"));
  EXPECT_FALSE(share_up_to("Manifests/7fffffff"));
}

}  // namespace
}  // namespace attache
