#include <attache/manifest/manifest.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace attache {
namespace {

const Digest kDigest = *Digest::parse("0123456789abcdef0123456789abcdef");

TEST(Manifest, IsEmptyAtFirst) {
  const Manifest manifest;
  EXPECT_TRUE(manifest.empty());
  EXPECT_EQ(manifest.size(), 0U);
  EXPECT_EQ(manifest.total_size(), 0U);
  EXPECT_EQ(manifest.begin(), manifest.end());
}

TEST(Manifest, HoldsWhatWasAddedInThatOrder) {
  ManifestBuilder builder;
  ASSERT_TRUE(builder.reserve(2, 100));
  ASSERT_TRUE(builder.add("b", kDigest, 5, -6));
  ASSERT_TRUE(builder.add("", Digest(), 7, 8));
  EXPECT_EQ(builder.size(), 2U);
  const Manifest manifest = std::move(builder).build().value();
  EXPECT_EQ(manifest.total_size(), 12U);
  EXPECT_EQ(manifest.path_bytes(), 1U);
  const std::vector<ManifestEntry> entries(manifest.begin(), manifest.end());
  EXPECT_THAT(entries, testing::ElementsAre(ManifestEntry{"b", kDigest, 5, -6}, ManifestEntry{"", Digest(), 7, 8}));
  EXPECT_EQ(manifest.path(0), "b");
}

TEST(Manifest, KeepsViewsValidWhenItIsMoved) {
  ManifestBuilder builder;
  ASSERT_TRUE(builder.add("x", kDigest, 1, 1));
  Manifest first = std::move(builder).build().value();
  const std::string_view path = first[0].path;
  Manifest second = std::move(first);
  first = Manifest();
  EXPECT_EQ(path, "x");
  EXPECT_EQ(second[0].path.data(), path.data());
}

TEST(ManifestBuilder, RefusesPathsThatAreNotText) {
  ManifestBuilder builder;
  for (const std::string bad : {"a\xFF", "\xC3", "\xED\xA0\xBD\xED\xB8\x80"}) {
    const Status status = builder.add(bad, kDigest, 1, 1);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(status.error().message(), testing::HasSubstr("is not valid text"));
  }
  EXPECT_TRUE(builder.add("lone \xED\xB3\xA9", kDigest, 1, 1));
  EXPECT_EQ(builder.size(), 1U);
}

TEST(ManifestBuilder, RefusesASumOfSizesBeyondSixtyFourBits) {
  ManifestBuilder exact;
  ASSERT_TRUE(exact.add("a", kDigest, std::numeric_limits<std::uint64_t>::max(), 0));
  ASSERT_TRUE(exact.add("b", kDigest, 0, 0));
  EXPECT_EQ(std::move(exact).build()->total_size(), std::numeric_limits<std::uint64_t>::max());

  ManifestBuilder over;
  ASSERT_TRUE(over.add("a", kDigest, std::numeric_limits<std::uint64_t>::max(), 0));
  ASSERT_TRUE(over.add("b", kDigest, 1, 0));
  const Result<Manifest> manifest = std::move(over).build();
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code(), ErrorCode::kInvalidArgument);
}

TEST(ManifestBuilder, TakesTheTotalOfADocumentAsItIs) {
  ManifestBuilder builder;
  ASSERT_TRUE(builder.add("a", kDigest, 5, 0));
  EXPECT_EQ(std::move(builder).build_with_total(99).total_size(), 99U);
}

TEST(ManifestBuilder, ForgetsEverythingWhenCleared) {
  ManifestBuilder builder;
  ASSERT_TRUE(builder.add("a", kDigest, 5, 0));
  builder.clear();
  ASSERT_TRUE(builder.add("b", kDigest, 6, 0));
  const Manifest manifest = std::move(builder).build().value();
  ASSERT_EQ(manifest.size(), 1U);
  EXPECT_EQ(manifest.path(0), "b");
  EXPECT_EQ(manifest.total_size(), 6U);
}

}  // namespace
}  // namespace attache
