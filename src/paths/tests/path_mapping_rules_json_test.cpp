#include <attache/paths/path_mapping.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

std::string error_of(std::string_view json) {
  const auto rules = parse_mapping_rules(json);
  if (rules) return "none";
  EXPECT_EQ(rules.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(rules.error().remedy().empty());
  return rules.error().message();
}

constexpr const char* kRule = R"({"source_path_format": "posix", "source_path": "/a", "destination_path": "X:\\é"})";

TEST(PathMappingRulesJson, ReadsAnArrayOrAnObjectThatHoldsIt) {
  const PathMappingRule expected{"posix", "/a", "X:\\é"};
  EXPECT_EQ(*parse_mapping_rules("[" + std::string(kRule) + "]"), std::vector{expected});
  EXPECT_EQ(
      *parse_mapping_rules(R"({"version": "pathmapping-1.0", "path_mapping_rules": [)" + std::string(kRule) + "]}"),
      std::vector{expected});
  EXPECT_TRUE(parse_mapping_rules("[]")->empty());
}

TEST(PathMappingRulesJson, KeepsTheOrderAndTheTexts) {
  const auto rules = parse_mapping_rules(
      R"([{"destination_path": "", "source_path": "/b/", "source_path_format": "Other"}, )" + std::string(kRule) + "]");
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->size(), 2U);
  EXPECT_EQ(rules->front(), (PathMappingRule{"Other", "/b/", ""}));
  EXPECT_EQ(rules->back().source_path, "/a");
}

TEST(PathMappingRulesJson, NamesTheRuleAndTheKeyThatIsWrong) {
  const std::string good = kRule;
  EXPECT_EQ(error_of("[" + good + R"(, {"source_path_format": "posix", "source_path": "/a"}])"),
            "path mapping rules: rule 1 has no destination_path");
  EXPECT_EQ(error_of(R"([{"source_path_format": "", "source_path": "", "destination_path": "", "ex\ntra": 1}])"),
            "path mapping rules: rule 0 has an unknown key 'ex\\ntra'");
  EXPECT_EQ(error_of(R"([{"source_path_format": "posix", "source_path": 1, "destination_path": ""}])"),
            "path mapping rules: source_path of rule 0 is not a string");
  EXPECT_EQ(error_of("[" + good +
                     R"(, {"source_path_format": "posix", "source_path": "/a", "destination_path": "/b\u0000c"}])"),
            "path mapping rules: destination_path of rule 1 holds a NUL, which no path has");
  EXPECT_EQ(error_of("[" + good + "," + good + ",[]]"), "path mapping rules: rule 2 is not an object");
}

TEST(PathMappingRulesJson, RefusesOtherDocuments) {
  EXPECT_EQ(error_of(R"({"other": 1})"), "path mapping rules: the object has no path_mapping_rules");
  EXPECT_EQ(error_of(R"({"path_mapping_rules": {}})"), "path mapping rules: not an array");
  EXPECT_EQ(error_of("1"), "path mapping rules: not an array");
  EXPECT_EQ(error_of("null"), "path mapping rules: not an array");
}

// Python writes a file name that is not UTF-8 so, and such a directory can be a source.
TEST(PathMappingRulesJson, ReadsWhatItWritesAlsoFileNamesThatAreNotUtf8) {
  const std::vector<PathMappingRule> rules{{"posix", "/a\xED\xB2\x80", "/d \"é\""}, {"windows", "C:\\x", "Y:\\"}};
  const std::string json = encode_mapping_rules(rules);
  EXPECT_EQ(json, R"([{"source_path_format":"posix","source_path":"/a\udc80","destination_path":"/d \"\u00e9\""},)"
                  R"({"source_path_format":"windows","source_path":"C:\\x","destination_path":"Y:\\"}])");
  EXPECT_EQ(*parse_mapping_rules(json), rules);
}

TEST(PathMappingRulesJson, NamesThePlaceWhereJsonEnds) {
  EXPECT_EQ(error_of("not json"), "path mapping rules: not JSON in line 1, column 1: expected a value");
  EXPECT_EQ(error_of("[\n  {]"), "path mapping rules: not JSON in line 2, column 4: expected a key in double quotes");
  EXPECT_EQ(error_of("").substr(0, 28), "path mapping rules: not JSON");
  EXPECT_EQ(error_of("[\"\xFF\"]").substr(0, 28), "path mapping rules: not JSON");
}

TEST(PathMappingRulesJson, SurvivesDeepNesting) {
  EXPECT_EQ(error_of(std::string(200000, '[')).substr(0, 28), "path mapping rules: not JSON");
  EXPECT_EQ(error_of(std::string(200000, '[') + std::string(200000, ']')),
            "path mapping rules: not JSON in line 1, column 65: more than 64 nested levels");
}

}  // namespace
}  // namespace attache
