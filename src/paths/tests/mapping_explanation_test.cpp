#include <attache/paths/mapping_explanation.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using Rules = std::vector<PathMappingRule>;

MappingExplanation explained(const Rules& rules, std::string_view path) {
  const auto mapper = PathMapper::create(rules, PathFormat::kPosix);
  return *explain_mapping(*mapper, rules, path);
}

std::vector<std::string> words(const Rules& rules, std::string_view path) {
  const PathFormat source = *parse_path_format(rules.front().source_path_format);
  std::vector<std::string> result;
  for (const RuleOutcome& outcome : explained(rules, path).outcomes) result.push_back(describe(outcome, source));
  return result;
}

TEST(MappingExplanation, SaysOfEachRuleWhatBecameOfIt) {
  const Rules rules{{"posix", "/p", "/d0"},      {"posix", "/p/job", "/d1"},  {"posix", "/p/Job/x", "/d2"},
                    {"posix", "/p/job/", "/d3"}, {"posix", "", "/d4"},        {"posix", "p/job", "/d5"},
                    {"posix", "//p", "/d6"},     {"posix", "/p/jobs", "/d7"}, {"posix", "/p/job/x/y", "/d8"}};
  const MappingExplanation result = explained(rules, "/p/job/x");
  EXPECT_EQ(result.result, "/d3/x");
  EXPECT_EQ(result.rule, 3U);
  EXPECT_EQ(result.hint, "");
  EXPECT_EQ(words(rules, "/p/job/x"),
            (std::vector<std::string>{
                "matches, but the source of rule 3 is longer",
                "matches, but rule 3 comes later and has the same source",
                "does not match: the path has 'job' where the source has 'Job', and case counts in posix paths",
                "applied: the longest source that the path is below",
                "never matches: it has no source path",
                "does not match: the path begins with '/', not with 'p'",
                "does not match: the path begins with '/', not with '//'",
                "does not match: the path has 'job' where the source has 'jobs'",
                "does not match: the path ends where the source goes on with 'y'",
            }));
}

TEST(MappingExplanation, CaseDoesNotCountOnWindows) {
  const MappingExplanation result = explained({{"windows", "Z:\\Proj", "/p"}, {"windows", "Y:\\", "/y"}}, "z:/PROJ/x");
  EXPECT_EQ(result.rule, 0U);
  EXPECT_EQ(result.outcomes[1].verdict, RuleVerdict::kOtherAnchor);
  EXPECT_EQ(result.outcomes[1].found, "z:\\");
}

TEST(MappingExplanation, SaysWhenAPathIsOfAnotherSystem) {
  const Rules posix{{"posix", "/p", "/d"}};
  const Rules windows{{"windows", "C:\\p", "/d"}};
  EXPECT_EQ(explained(posix, "C:\\p\\x").hint, "it looks like a Windows path, but the rules are for posix paths");
  EXPECT_EQ(explained(windows, "/p/x").hint, "it looks like a posix path, but the rules are for Windows paths");
  EXPECT_EQ(explained(posix, "p/x").hint, "it is relative: rules are made of absolute paths");
  EXPECT_EQ(explained(windows, "C:p").hint, "it is relative: rules are made of absolute paths");
  EXPECT_EQ(explained(posix, "/q").hint, "");
  EXPECT_EQ(explained(posix, "/p/../q").hint, "it has '..', which no rule resolves: give the path without");
}

TEST(MappingExplanation, FindsRulesThatLeadToOneDirectory) {
  const Rules rules{{"posix", "/a", "/d"},
                    {"posix", "/b", "/e"},
                    {"posix", "/c", "/d/."},
                    {"posix", "", "/e"},
                    {"posix", "/b/", "/d"}};
  const auto shared = shared_destinations(rules, PathFormat::kPosix, PathFormat::kPosix);
  ASSERT_EQ(shared.size(), 2U);
  EXPECT_EQ(shared[0].first, 0U);
  EXPECT_EQ(shared[0].second, 2U);
  EXPECT_EQ(shared[0].destination, "/d");
  EXPECT_EQ(shared[1].second, 4U) << "rule 1 is overridden";
}

}  // namespace
}  // namespace attache
