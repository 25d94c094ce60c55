#include "lookup_cost.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/store/cas_layout.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

ListPage page_of(const std::vector<std::string>& keys) {
  ListPage page;
  for (const std::string& key : keys)
    page.objects.push_back({.key = key, .etag = {}, .last_modified_us = {}, .metadata = {}});
  return page;
}

TEST(Listing, IsEstimatedByTheLastContentOfTheFirstPage) {
  const Digest half = Digest::parse("80000000000000000000000000000000").value();
  EXPECT_NEAR(estimated_pages(half), 2, 1e-9);
  EXPECT_NEAR(estimated_pages(Digest::parse("00400000000000000000000000000000").value()), 1024, 1e-6);
  EXPECT_NEAR(estimated_pages(Digest::parse("ffffffffffffffffffffffffffffffff").value()), 1, 1e-9);
  EXPECT_GT(estimated_pages(Digest{}), 1e11) << "and never infinite";
  EXPECT_EQ(last_content(page_of({"Data/1", data_key(half), "Data/notes.txt"})), half) << "another's key says nothing";
  EXPECT_EQ(last_content(page_of({legacy_data_key(half)})), half);
  EXPECT_FALSE(last_content(page_of({"Data/abc", "Data/ABCDEF0123456789"})));
  EXPECT_FALSE(last_content(page_of({})));
}

TEST(Listing, IsWorthItForStoresThatAreNotMuchLarger) {
  EXPECT_TRUE(listing_is_better(10, 240, kContentsPerPageToVerify));
  EXPECT_FALSE(listing_is_better(10, 239, kContentsPerPageToVerify));
  EXPECT_TRUE(listing_is_better(10, 160, kContentsPerPageToUpload));
  EXPECT_FALSE(listing_is_better(10, 159, kContentsPerPageToUpload));
  EXPECT_FALSE(listing_is_better(1, 0, kContentsPerPageToUpload));
}

}  // namespace
}  // namespace attache
