#include <attache/manifest_store/match_roots.hpp>
#include <attache/paths/names.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using ::testing::HasSubstr;

const std::string kJob = "Manifests/farm-1/queue-1/job-1/";
const std::vector<JobRoot> kRoots{{"/r"}, {"/q", "Loc"}, {"/r"}};

ListedManifest listed(const std::string& folder, const std::string& name) {
  return {kJob + "step-1/task-1/" + folder + "/" + name, 1, {}};
}

TEST(RootMatcher, FindsTheRootOfAName) {
  const RootMatcher matcher = RootMatcher::create(kRoots).value();
  EXPECT_EQ(matcher.size(), 3U);
  EXPECT_EQ(matcher.find(output_manifest_name("", "/r").value()), 0U) << "the first of equal roots";
  EXPECT_EQ(matcher.find(output_manifest_name("Loc", "/q").value()), 1U);
  EXPECT_EQ(matcher.find("x" + output_manifest_name("Loc", "/q").value() + ".json"), 1U);
  EXPECT_EQ(matcher.find(output_manifest_name("", "/q").value()), std::nullopt) << "the location counts";
  EXPECT_EQ(matcher.find("short"), std::nullopt);
}

TEST(RootMatcher, RefusesRootsWithoutHash) {
  EXPECT_EQ(RootMatcher::create(std::vector<JobRoot>{{"/\xED\xB2\x80"}}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(MatchedOutputs, AreByStepActionAndRoot) {
  const std::string r = output_manifest_name("", "/r").value();
  const std::string q = output_manifest_name("Loc", "/q").value();
  const std::vector<ListedManifest> listing{listed("t_sessionaction-a-1", r),
                                            listed("t_sessionaction-a-1", q),
                                            listed("t_sessionaction-a-2", q),
                                            {kJob + "step-1/task-1/t/h_input", 1, {}}};
  const auto matched = match_outputs(listing, kJob, kRoots).value();
  ASSERT_EQ(matched.size(), 2U);
  EXPECT_EQ(matched.at("sessionaction-a-1"), (KeysByRoot{listing[0].key, listing[1].key, std::nullopt}));
  EXPECT_EQ(matched.at("sessionaction-a-2"), (KeysByRoot{std::nullopt, listing[2].key, std::nullopt}));
}

TEST(MatchedOutputs, RefuseWhatDoesNotBelongToTheJob) {
  const std::string r = output_manifest_name("", "/r").value();
  for (const std::string folder :
       {"2024_nope", "2024", "t_sessionaction-a", "t_sessionaction--1", "t_sessionaction-a-1-2"}) {
    const auto refused = match_outputs(std::vector{listed(folder, r)}, kJob, kRoots);
    ASSERT_FALSE(refused) << folder;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr(folder));
  }
  const auto refused = match_outputs(std::vector{listed("t_sessionaction-a-1", "ffff_output")}, kJob, kRoots);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("ffff_output"));
}

}  // namespace
}  // namespace attache
