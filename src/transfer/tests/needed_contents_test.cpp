#include "needed_contents.hpp"

#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

constexpr std::uint64_t kChunk = 10;

/// One file in chunks of 10, 10 and 5 bytes, one with a hash, a link and a deletion's opposite: nothing.
Snapshot chunked_snapshot() {
  const std::vector<Digest> chunks{xxh128("one"), xxh128("two"), xxh128("three")};
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("big", FileData::chunked(chunks, 25, 1)));
  must(builder.add_file("dir/small", FileData::hashed(xxh128("two"), 10, 1)));
  must(builder.add_file("link", FileData::link("big")));
  return std::move(builder).build().value();
}

std::vector<AnyManifest> manifests_of(AnyManifest one, std::optional<AnyManifest> two = std::nullopt) {
  std::vector<AnyManifest> manifests;
  manifests.push_back(std::move(one));
  if (two) manifests.push_back(*std::move(two));
  return manifests;
}

TEST(NeededContents, AreEachContentOnceInTheOrderOfHashes) {
  const auto manifests = manifests_of(manifest_of({{"a", "same"}, {"b", "same"}, {"c", "other"}}),
                                      manifest_of({{"d", "same"}, {"e", ""}}));
  const auto contents = needed_contents(manifests, kChunk);
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->size(), 3U);
  EXPECT_TRUE(std::is_sorted(contents->begin(), contents->end(),
                             [](const NeededContent& a, const NeededContent& b) { return a.hash < b.hash; }));
  const std::size_t same = find_content(*contents, xxh128("same"));
  ASSERT_LT(same, contents->size());
  EXPECT_EQ((*contents)[same].size, 4U);
  EXPECT_EQ(find_content(*contents, xxh128("unknown")), contents->size());
}

TEST(NeededContents, AreTheChunksOfFilesThatHaveSome) {
  const auto manifests = manifests_of(chunked_snapshot());
  const auto contents = needed_contents(manifests, kChunk).value();
  ASSERT_EQ(contents.size(), 3U);
  EXPECT_EQ(contents[find_content(contents, xxh128("one"))].size, 10U);
  EXPECT_EQ(contents[find_content(contents, xxh128("three"))].size, 5U);
}

TEST(NeededContents, KnowWhereTheyAreNeeded) {
  const auto manifests = manifests_of(chunked_snapshot());
  const std::vector<Digest> hashes{xxh128("two")};
  const auto uses = uses_of(hashes, manifests, kChunk);
  ASSERT_EQ(uses.size(), 1U);
  ASSERT_EQ(uses[0].size(), 2U);
  EXPECT_EQ(uses[0][0].path, "big");
  EXPECT_EQ(uses[0][0].offset, 10U);
  EXPECT_EQ(uses[0][0].file_size, 25U);
  EXPECT_TRUE(uses[0][0].is_chunk);
  EXPECT_EQ(uses[0][1].path, "dir/small");
  EXPECT_FALSE(uses[0][1].is_chunk);
}

TEST(NeededContents, RefuseWhatCannotBe) {
  ManifestBuilder builder;
  must(builder.add("a", xxh128("x"), 1, 1));
  must(builder.add("b", xxh128("x"), 2, 1));
  const auto two_sizes = manifests_of(std::move(builder).build().value());
  EXPECT_EQ(needed_contents(two_sizes, kChunk).error().code(), ErrorCode::kInvalidManifest);
  TreeBuilder<Snapshot> unhashed;
  must(unhashed.add_file("no\nhash", FileData::unhashed(3, 1)));
  const auto without = manifests_of(std::move(unhashed).build().value());
  const auto contents = needed_contents(without, kChunk);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_NE(contents.error().message().find("no\\nhash"), std::string::npos);
  EXPECT_FALSE(needed_contents(manifests_of(chunked_snapshot()), 7)) << "chunks of another size";
}

TEST(NeededContents, AreNamedAlsoWhereTheyCannotBeUsed) {
  std::vector<Digest> hashes;
  append_hashes(AnyManifest(chunked_snapshot()), hashes);
  append_hashes(AnyManifest(manifest_of({{"a", "x"}})), hashes);
  EXPECT_EQ(hashes, (std::vector<Digest>{xxh128("one"), xxh128("two"), xxh128("three"), xxh128("two"), xxh128("x")}));
}

TEST(NeededContents, AreGivenUpWhenTheyAreToStop) {
  std::stop_source stop;
  stop.request_stop();
  const auto contents = needed_contents(manifests_of(manifest_of({{"a", "x"}})), kChunk, stop.get_token());
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
