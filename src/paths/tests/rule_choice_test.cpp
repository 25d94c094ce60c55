#include <attache/hash/xxh3.hpp>
#include <attache/paths/rule_choice.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using Names = std::vector<std::string>;
using Rules = std::vector<PathMappingRule>;

const std::string kA = xxh128("/a").to_hex();
const std::string kB = xxh128("/b").to_hex();

Names download(const Names& manifests, const Rules& rules, std::string_view cwd = "/cwd") {
  const auto destinations = choose_download_destinations(manifests, rules, cwd, PathFormat::kPosix);
  return destinations ? *destinations : Names{"error: " + destinations.error().message()};
}

Names upload(const Names& manifests, const std::optional<Rules>& rules, const Names& roots = {}) {
  const auto chosen = choose_upload_rules(manifests, rules, roots);
  if (!chosen) {
    EXPECT_EQ(chosen.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_FALSE(chosen.error().remedy().empty());
    return {"error: " + chosen.error().message()};
  }
  Names result;
  for (const PathMappingRule& rule : *chosen) result.push_back(rule.source_path + " at " + rule.destination_path);
  return result;
}

TEST(RuleChoice, TheFirstRuleWhoseHashIsInTheFileNameApplies) {
  const Rules rules{{"posix", "/b", "/1"}, {"posix", "/a", "/2"}, {"posix", "/a", "/3"}};
  EXPECT_EQ((*choose_rule(kA + "_input", rules))->destination_path, "/2");
  EXPECT_EQ((*choose_rule("x-" + kA + "-2024.manifest", rules))->destination_path, "/2");
  EXPECT_EQ((*choose_rule(kA + kB, rules))->destination_path, "/1") << "in the order of the rules, not of the name";
  EXPECT_EQ(*choose_rule("x", rules), std::nullopt);
  EXPECT_EQ(*choose_rule(xxh128("/a/").to_hex(), rules), std::nullopt) << "sources are hashed as written";
}

TEST(RuleChoice, ARuleWhoseSourceHasNoHashIsAnError) {
  const auto chosen = choose_rule("x", Rules{{"posix", "/\xED\xB3\xBF", "/1"}});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(chosen.error().message().find("'/\\udcff'"), std::string::npos) << chosen.error().message();
}

TEST(RuleChoice, DownloadsWithoutARuleGoBelowTheCurrentDirectory) {
  EXPECT_EQ(download({kA + "_input", "x.manifest"}, {{"posix", "/a", "/dst"}}), (Names{"/dst", "/cwd/x.manifest"}));
  EXPECT_EQ(download({"x"}, {}, "/"), Names{"/x"});
}

TEST(RuleChoice, DownloadsNeverShareADestination) {
  const Rules rules{{"posix", "/a", "/same"}, {"posix", "/b", "/same/./"}};
  EXPECT_EQ(download({kA, kB}, rules),
            Names{"error: manifests '" + kA + "' and '" + kB + "' would both be downloaded to '/same/./'"});
  // Two manifests with one name, from different directories, are two manifests.
  EXPECT_EQ(download({"x", "x"}, {}), Names{"error: manifests 'x' and 'x' would both be downloaded to '/cwd/x'"});
  // Relative to where the command runs, and with two slashes in front, it is the same directory.
  for (const char* other : {"", ".", "//cwd", "./"}) {
    EXPECT_EQ(download({kA, kB}, {{"posix", "/a", "/cwd"}, {"posix", "/b", other}}),
              Names{"error: manifests '" + kA + "' and '" + kB + "' would both be downloaded to '" + other + "'"});
  }
  const auto windows = choose_download_destinations(Names{kA, kB}, Rules{{"", "/a", "C:\\D"}, {"", "/b", "c:/d"}},
                                                    "C:\\", PathFormat::kWindows);
  EXPECT_FALSE(windows);
}

TEST(RuleChoice, UploadsNeedARuleOrARootForEveryManifest) {
  EXPECT_EQ(upload({kA + "_input", kB}, Rules{{"posix", "/a", "/1"}, {"posix", "/b", "/1"}}),
            (Names{"/a at /1", "/b at /1"}));
  EXPECT_EQ(upload({kB}, std::nullopt, {"/a", "/b"}), Names{"/b at /b"});
  EXPECT_EQ(upload({kB}, Rules{}),
            Names{"error: no root for manifest '" + kB + "': its file name does not hold the hash of any source_path"});
  EXPECT_EQ(upload({"x"}, std::nullopt, {"/a"}),
            Names{"error: no root for manifest 'x': its file name does not hold the hash of any root directory"});
}

TEST(RuleChoice, RootsActAsRulesWithoutAFormat) {
  const auto chosen = choose_upload_rules(Names{kA}, std::nullopt, Names{"/a"});
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->front(), (PathMappingRule{"", "/a", "/a"}));
}

TEST(RuleChoice, UploadsTakeEitherRulesOrRoots) {
  EXPECT_EQ(upload({kA}, Rules{{"posix", "/a", "/1"}}, {"/a"}),
            Names{"error: both path mapping rules and root directories are given"});
  EXPECT_EQ(upload({kA}, std::nullopt), Names{"error: neither path mapping rules nor root directories are given"});
}

}  // namespace
}  // namespace attache
