#include <attache/manifest/convert.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest_store/merge_by_root.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

FetchedManifest fetched(const std::string& key, const std::optional<std::string>& root, std::int64_t time,
                        AnyManifest&& manifest, const std::string& location = "") {
  return {key, std::move(manifest), {}, 1, time, {root, location}};
}

TEST(MergedByRoot, TheNewestCounts) {
  std::vector<FetchedManifest> all;
  all.push_back(fetched("k1", "/r", 3, manifest_of({"a", "b"}, "new")));
  all.push_back(fetched("k2", "/q", 1, manifest_of({"x"}), "Loc"));
  all.push_back(fetched("k3", "/r", 1, manifest_of({"b", "c"}, "old"), "L"));
  all.push_back(fetched("k4", "/r", 3, manifest_of({"a"}, "newest")));
  const std::vector<RootManifest> roots = merge_by_root(std::move(all)).value();
  ASSERT_EQ(roots.size(), 2U);
  EXPECT_EQ(roots[0].root, "/r") << "in the order in which they first occur";
  EXPECT_EQ(roots[0].location, "L");
  EXPECT_EQ(roots[0].newest_us, 3);
  EXPECT_THAT(roots[0].keys, ElementsAre("k3", "k1", "k4")) << "oldest first, equal times in order";
  const auto& merged = std::get<Manifest>(roots[0].manifest);
  EXPECT_THAT(paths_in(merged), ElementsAre("b", "c", "a"));
  EXPECT_EQ(version_of(merged, "a", {"new", "newest"}), "newest");
  EXPECT_EQ(version_of(merged, "b", {"new", "old"}), "new");
  EXPECT_EQ(merged.total_size(), 3U);
  EXPECT_EQ(roots[1].location, "Loc");
}

TEST(MergedByRoot, OneStaysAsItIs) {
  std::vector<FetchedManifest> all;
  all.push_back(fetched("k1", "/r", 1, manifest_of({"a", "a"})));
  EXPECT_THAT(paths_in(std::get<Manifest>(merge_by_root(std::move(all)).value()[0].manifest)), ElementsAre("a", "a"));
}

TEST(MergedByRoot, NoneIsNothing) {
  EXPECT_THAT(merge_by_root({}).value(), IsEmpty());
  EXPECT_EQ(merge_in_order({}).value(), std::nullopt);
}

TEST(MergedByRoot, AManifestWithoutRootIsNamed) {
  for (const std::optional<std::string>& root : {std::optional<std::string>(), std::optional<std::string>("")}) {
    std::vector<FetchedManifest> all;
    all.push_back(fetched("the/key", root, 1, manifest_of({"a"})));
    const auto refused = merge_by_root(std::move(all));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr("the/key"));
  }
}

TEST(MergedByRoot, FormatsMayBeMixedIfThatCanBeSaid) {
  std::vector<FetchedManifest> all;
  all.push_back(fetched("k1", "/r", 2, to_v2025(manifest_of({"d/a", "b"}, "2025")).value()));
  all.push_back(fetched("k2", "/r", 3, manifest_of({"b"}, "2023")));
  const std::vector<RootManifest> roots = merge_by_root(std::move(all)).value();
  const auto& merged = std::get<Snapshot>(roots[0].manifest);
  const Manifest flat = to_v2023(merged).value().manifest;
  EXPECT_EQ(version_of(flat, "b", {"2023", "2025"}), "2023");
  EXPECT_EQ(version_of(flat, "d/a", {"2023", "2025"}), "2025");
}

TEST(MergedByRoot, OtherMixturesAreRefusedByName) {
  const Snapshot empty = to_v2025(manifest_of({})).value();
  const Snapshot one = to_v2025(manifest_of({"a"})).value();
  std::vector<FetchedManifest> all;
  all.push_back(fetched("k1", "/r", 1, manifest_of({"b"})));
  all.push_back(fetched("k2", "/r", 2, diff(empty, one).value()));
  const auto refused = merge_by_root(std::move(all));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(refused.error().message(), HasSubstr("/r"));
  EXPECT_THAT(refused.error().message(), HasSubstr("k1"));
  EXPECT_THAT(refused.error().message(), HasSubstr("k2"));
}

TEST(MergedInOrder, TheLastCounts) {
  std::vector<AnyManifest> all;
  all.emplace_back(manifest_of({"a", "b"}, "1"));
  all.emplace_back(manifest_of({"b"}, "2"));
  const auto merged = merge_in_order(std::move(all)).value();
  EXPECT_EQ(version_of(std::get<Manifest>(*merged), "b", {"1", "2"}), "2");
}

}  // namespace
}  // namespace attache::testing
