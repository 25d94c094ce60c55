#include <attache/paths/asset_groups.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AssetGroups : public testing::Test {
 protected:
  AssetGroups() {
    facts.add_directory("/w");
    facts.add_directory("/w/p");
    facts.add_file("/w/p/a", 1);
    facts.add_file("/w/p/t/b", 2);
    facts.add_file("/w/q/c", 4);
    facts.add_file("/s/d", 8);
  }

  Result<AssetGrouping> group(const AssetPaths& paths) {
    options.current_directory = "/w";
    if (!profile.locations.empty()) options.profile = &profile;
    return group_asset_paths(paths, options, facts);
  }

  // "root [location]: inputs | outputs | references" of each group.
  std::vector<std::string> shown(const AssetPaths& paths) {
    const auto result = group(paths);
    if (!result) return {result.error().message()};
    std::vector<std::string> lines;
    for (const AssetRootGroup& made : result->groups) {
      std::string line = made.root + " [" + made.location_name + "]:";
      for (const std::string& path : made.inputs) line += " " + path;
      line += " |";
      for (const std::string& path : made.outputs) line += " " + path;
      line += " |";
      for (const std::string& path : made.references) line += " " + path;
      lines.push_back(line);
    }
    return lines;
  }

  KnownPathFacts facts;
  StorageProfile profile{"sp", "linux", {}};
  GroupingOptions options;
};

TEST_F(AssetGroups, TheRootIsTheLongestCommonPath) {
  EXPECT_THAT(shown({.inputs = {"p/a"}, .outputs = {}, .references = {}}), ElementsAre("/w/p []: /w/p/a | |"));
  EXPECT_THAT(shown({.inputs = {"p/a", "p/t/../t/b", "/w/p/a", ""}, .outputs = {"p/out"}, .references = {"q"}}),
              ElementsAre("/w []: /w/p/a /w/p/t/b | /w/p/out | /w/q"));
  EXPECT_THAT(shown({.inputs = {}, .outputs = {}, .references = {"/none/x"}}), ElementsAre("/none/x []: | | /none/x"))
      << "a single missing path is a root";
}

TEST_F(AssetGroups, CountsFilesAndBytes) {
  const auto result = group({.inputs = {"p/a", "p/t/b", "q/c"}, .outputs = {}, .references = {}});
  EXPECT_EQ(result->total_input_files, 3U);
  EXPECT_EQ(result->total_input_bytes, 7U);
}

TEST_F(AssetGroups, MissingInputsBecomeReferencesOrErrors) {
  const AssetPaths paths{.inputs = {"p/a", "zz", "p", "none"}, .outputs = {}, .references = {}};
  const auto refused = group(paths);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "job attachments cannot be uploaded: directories given as input files: '/w/p'");
  options.require_paths_exist = true;
  EXPECT_EQ(group(paths).error().message(),
            "job attachments cannot be uploaded: missing input files: '/w/none', '/w/zz'; directories given as input "
            "files: '/w/p'");
  options.require_paths_exist = false;
  const auto demoted = group({.inputs = {"p/a", "zz", "none"}, .outputs = {}, .references = {}});
  EXPECT_THAT(demoted->demoted, ElementsAre("/w/none", "/w/zz"));
  EXPECT_THAT(demoted->groups.front().references, ElementsAre("/w/none", "/w/zz"));
}

TEST_F(AssetGroups, APathWithNulIsNoPath) {
  const auto refused = group({.inputs = {std::string("a\0b", 3)}, .outputs = {}, .references = {}});
  EXPECT_THAT(refused.error().message(), HasSubstr("paths that hold a NUL: 'a\\x00b'"));
}

TEST_F(AssetGroups, SharedLocationsAreSkippedEvenBelowLocalOnes) {
  profile.locations = {{"L", "/w", LocationType::kLocal},
                       {"S", "/w/q", LocationType::kShared},
                       {"In", "/w/q/deep", LocationType::kLocal}};
  const auto result = group({.inputs = {"p/a", "q/c"}, .outputs = {"q/out"}, .references = {"q/deep/x"}});
  ASSERT_EQ(result->groups.size(), 1U);
  EXPECT_EQ(result->groups.front().location_name, "L");
  EXPECT_EQ(result->groups.front().location_path, "/w");
  ASSERT_EQ(result->skipped.size(), 3U);
  EXPECT_EQ(result->skipped[0].path, "/w/q/c");
  EXPECT_EQ(result->skipped[0].location_name, "S");
  EXPECT_EQ(result->total_input_bytes, 1U);
}

TEST_F(AssetGroups, TheLongestLocalLocationMakesTheGroup) {
  profile.locations = {{"Outer", "/w", LocationType::kLocal}, {"Inner", "/w/p", LocationType::kLocal}};
  EXPECT_THAT(shown({.inputs = {"p/a", "p/t/b", "q/c", "/s/d"}, .outputs = {}, .references = {}}),
              ElementsAre("/s []: /s/d | |", "/w/p [Inner]: /w/p/a /w/p/t/b | |", "/w/q [Outer]: /w/q/c | |"));
}

TEST_F(AssetGroups, ContainmentFollowsLinksOnBothSides) {
  facts.add_file("/w/link/x", 1);
  facts.add_resolved("/w/link/x", "/really/shared/x");
  facts.add_resolved("/mount", "/really/shared");
  profile.locations = {{"S", "/mount", LocationType::kShared}};
  EXPECT_THAT(shown({.inputs = {"link/x"}, .outputs = {}, .references = {}}), IsEmpty());
}

TEST_F(AssetGroups, ALocationIsWhereTheFileSystemFindsIt) {
  facts.add_resolved("/w/link/..", "/w/q");  // the link leads to /w/q/deep
  profile.locations = {{"S", "/w/link/..", LocationType::kShared}, {"L", "/w/p/.", LocationType::kLocal}};
  EXPECT_THAT(shown({.inputs = {"p/a", "q/c"}, .outputs = {}, .references = {}}), ElementsAre("/w/p [L]: /w/p/a | |"));
}

// BUG-7: the incumbent compares a name with None there.
TEST_F(AssetGroups, OfEqualRootsTheUnnamedGroupIsFirst) {
  facts.add_resolved("/w/p/a", "/elsewhere/a");
  profile.locations = {{"L", "/w/p", LocationType::kLocal}};
  EXPECT_THAT(shown({.inputs = {"p/a"}, .outputs = {"p"}, .references = {}}),
              ElementsAre("/w/p []: /w/p/a | |", "/w/p [L]: | /w/p |"));
}

TEST_F(AssetGroups, DrivesAreGroupsOnWindows) {
  options.format = PathFormat::kWindows;
  facts.add_file("C:\\p\\a", 1);
  facts.add_file("c:\\P\\b", 1);
  facts.add_file("D:\\x", 1);
  EXPECT_THAT(shown({.inputs = {"C:/p/a", "c:\\P\\b", "D:\\x"}, .outputs = {}, .references = {}}),
              ElementsAre("C:\\p []: C:\\p\\a c:\\P\\b | |", "D:\\ []: D:\\x | |"));
}

class ClosedFacts final : public PathFacts {
 public:
  Result<PathStatus> status(const std::string& path) override {
    return fail(ErrorCode::kPermissionDenied, "cannot read the status of '" + path + "'", "open it");
  }
  std::string resolved(const std::string& path) override { return path; }
};

TEST_F(AssetGroups, WhatCannotBeLookedAtIsListed) {
  ClosedFacts closed;
  options.current_directory = "/w";
  const auto result = group_asset_paths({.inputs = {"b", "a"}, .outputs = {}, .references = {}}, options, closed);
  EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(result.error().message(), HasSubstr("'/w/a', '/w/b' (cannot read the status of '/w/a')"));
}

TEST(OutputDirectories, AreRelativeToTheRoot) {
  EXPECT_THAT(*output_relative_directories(PathFormat::kPosix, "/r", {"/r/o/../p", "/r", "/r/a/b", "/r/p"}),
              ElementsAre(".", "a/b", "p"));
  EXPECT_THAT(*output_relative_directories(PathFormat::kWindows, "C:\\r", {"c:/R/o/p"}), ElementsAre("o\\p"));
  const auto outside = output_relative_directories(PathFormat::kPosix, "/p", {"/px/y"});
  EXPECT_EQ(outside.error().code(), ErrorCode::kOutsideRoot);
  EXPECT_THAT(outside.error().message(), HasSubstr("'/px/y'"));
}

TEST(OutputDirectories, AreConvertedBetweenSystems) {
  EXPECT_EQ(convert_output_directory(PathFormat::kWindows, PathFormat::kPosix, "a\\b/c"), "a/b/c");
  EXPECT_EQ(convert_output_directory(PathFormat::kPosix, PathFormat::kWindows, "a/b"), "a\\b");
  EXPECT_EQ(convert_output_directory(PathFormat::kPosix, PathFormat::kPosix, "a\\b/c"), "a\\b/c");
}

}  // namespace
}  // namespace attache
