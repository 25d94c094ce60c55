#include <attache/paths/mapping_explanation.hpp>
#include <attache/paths/path_mapping.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace attache {
namespace {

using Rules = std::vector<PathMappingRule>;

std::string mapped(const Rules& rules, std::string_view path, PathFormat host = PathFormat::kPosix) {
  const auto mapper = PathMapper::create(rules, host);
  if (!mapper) return "error: " + mapper.error().message();
  const auto result = mapper->map(path);
  if (!result) return "error: " + result.error().message();
  return result->value_or("none");
}

TEST(PathMapper, TheLongestPrefixByWholeComponentsWins) {
  const Rules rules{{"posix", "/a/b", "/d1"}, {"posix", "/a", "/d0"}, {"posix", "/a/b/c/d", "/d3"}};
  EXPECT_EQ(mapped(rules, "/a/b/c/x"), "/d1/c/x");
  EXPECT_EQ(mapped(rules, "/a/b/c/d"), "/d3");
  EXPECT_EQ(mapped(rules, "/a/b/c/d/e"), "/d3/e");
  EXPECT_EQ(mapped(rules, "/a/bc"), "/d0/bc");
  EXPECT_EQ(mapped(rules, "/ab"), "none");
  EXPECT_EQ(mapped(rules, "/A/b"), "none");
  EXPECT_EQ(mapped(rules, "a/b"), "none");
}

TEST(PathMapper, TheLastOfEqualRulesWins) {
  EXPECT_EQ(mapped({{"posix", "/a", "/d"}, {"posix", "/a//.", "/e"}}, "/a/x"), "/e/x");
}

TEST(PathMapper, SourcesMayBeAsDeepAsTheirFile) {
  std::string deep = "/";
  for (int i = 0; i < 500000; ++i) deep += "a/";
  const Rules rules{{"posix", deep, "/d"}};
  EXPECT_EQ(mapped(rules, deep + "x"), "/d/x");
  EXPECT_EQ(mapped(rules, "/a/x"), "none");
}

TEST(PathMapper, AnEmptySourceNeverMatches) {
  for (const char* source : {"", "."}) {
    EXPECT_EQ(mapped({{"posix", source, "/x"}}, "/a"), "none");
    EXPECT_EQ(mapped({{"posix", source, "/x"}}, "a"), "none");
    EXPECT_EQ(mapped({{"posix", source, "/x"}}, ""), "none");
  }
}

TEST(PathMapper, WindowsSourcesIgnoreCaseAndKeepIt) {
  const Rules rules{{"windows", "C:\\Proj\\Ä", "/p"}, {"windows", "\\\\Server\\Share", "/s"}, {"windows", "Z:", "/z"}};
  EXPECT_EQ(mapped(rules, "c:/PROJ/ä/Keep.TXT"), "/p/Keep.TXT");
  EXPECT_EQ(mapped(rules, "//SERVER/share/x"), "/s/x");
  EXPECT_EQ(mapped(rules, "Z:a"), "/z/a");
  EXPECT_EQ(mapped(rules, "Z:\\a"), "none") << "a drive is not its root";
}

TEST(PathMapper, ResultsAreInHostSyntax) {
  EXPECT_EQ(mapped({{"posix", "/a", "X:/p/"}}, "/a/b/c", PathFormat::kWindows), "X:\\p\\b\\c");
  EXPECT_EQ(mapped({{"posix", "/a", "//srv/share"}}, "/a/b", PathFormat::kWindows), "\\\\srv\\share\\b");
  EXPECT_EQ(mapped({{"posix", "/a", "X:\\"}}, "/a/b"), "X:\\/b") << "on POSIX a backslash is a character";
  EXPECT_EQ(mapped({{"posix", "/a", ""}}, "/a"), ".");
  EXPECT_EQ(mapped({{"posix", "/a", ""}}, "/a/b"), "b");
  EXPECT_EQ(mapped({{"posix", "/", "/root"}}, "/a/../b/"), "/root/a/../b");
}

TEST(PathMapper, RefusesComponentsThatWouldDiscardTheDestination) {
  const Rules rules{{"posix", "/a", "X:\\p"}};
  EXPECT_EQ(mapped(rules, "/a/C:evil", PathFormat::kWindows),
            "error: path '/a/C:evil': component 'C:evil' would leave the destination 'X:\\p'");
  EXPECT_EQ(mapped(rules, "/a/\\evil", PathFormat::kWindows),
            "error: path '/a/\\evil': component '\\evil' would leave the destination 'X:\\p'");
  EXPECT_EQ(mapped(rules, "/a/b\\c", PathFormat::kWindows), "X:\\p\\b\\c");
  EXPECT_EQ(mapped(rules, "/a/C:evil"), "X:\\p/C:evil");
}

TEST(PathMapper, NeedsOneKnownFormat) {
  EXPECT_EQ(mapped({{"posix", "/a", "/b"}, {"windows", "C:\\a", "/c"}}, "/a"),
            "error: path mapping rule 1: source_path_format is windows, that of the rules before it posix");
  EXPECT_EQ(mapped({{"POSIX", "/a", "/b"}}, "/a"), "error: path mapping rule 0: unknown source_path_format 'POSIX'");
  EXPECT_EQ(mapped({{"", "/a", "/b"}}, "/a"), "error: path mapping rule 0: unknown source_path_format ''");
  EXPECT_EQ(mapped({}, "/a"), "none");
}

// The same by looking at every rule: the one with most matching parts, the later of equals.
std::string plain(const Rules& rules, const std::string& path, PathFormat source) {
  const auto parts_of = [&](const std::string& text) {
    const PathParts split = split_path(source, text);
    std::vector<std::string> parts;
    if (!split.anchor.empty()) parts.push_back(split.anchor);
    parts.insert(parts.end(), split.components.begin(), split.components.end());
    return parts;
  };
  const std::vector<std::string> parts = parts_of(path);
  std::size_t longest = 0;
  std::string result = "none";
  for (const PathMappingRule& rule : rules) {
    const std::vector<std::string> prefix = parts_of(rule.source_path);
    if (prefix.empty() || prefix.size() > parts.size() || prefix.size() < longest) continue;
    bool equal = true;
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      equal = equal && comparison_key(source, prefix[i]) == comparison_key(source, parts[i]);
    }
    if (!equal) continue;
    longest = prefix.size();
    result = rule.destination_path;
    for (std::size_t i = longest; i < parts.size(); ++i) result += "/" + parts[i];
  }
  return result;
}

rc::Gen<std::string> any_path(PathFormat format) {
  const std::string separator = format == PathFormat::kPosix ? "/" : "\\";
  return rc::gen::map(
      rc::gen::pair(rc::gen::element<std::string>("", separator, format == PathFormat::kPosix ? "//" : "C:\\"),
                    rc::gen::container<std::vector<std::string>>(
                        rc::gen::element<std::string>("a", "b", "A", "ab", ".", "..", ""))),
      [separator](const std::pair<std::string, std::vector<std::string>>& made) {
        std::string path = made.first;
        for (const std::string& component : made.second) path += component + separator;
        return path;
      });
}

RC_GTEST_PROP(PathMapperProperty, AgreesWithASearchOfAllRules, ()) {
  const PathFormat source = *rc::gen::element(PathFormat::kPosix, PathFormat::kWindows);
  Rules rules;
  const auto sources = *rc::gen::container<std::vector<std::string>>(any_path(source));
  for (const std::string& path : sources) {
    rules.push_back({std::string(to_string(source)), path, "/d" + std::to_string(rules.size())});
  }
  if (rules.empty()) return;
  const std::string path = *rc::gen::oneOf(
      any_path(source), rc::gen::map(rc::gen::elementOf(sources), [](const std::string& s) { return s + "a/b"; }));
  RC_ASSERT(mapped(rules, path) == plain(rules, path, source));

  // The explanation, which looks at every rule, says the same.
  const auto mapper = PathMapper::create(rules, PathFormat::kPosix);
  const auto explanation = explain_mapping(*mapper, rules, path);
  RC_ASSERT(explanation->result.value_or("none") == plain(rules, path, source));
  for (const RuleOutcome& outcome : explanation->outcomes) {
    RC_ASSERT((outcome.verdict == RuleVerdict::kApplied) == (explanation->rule == outcome.rule));
  }
}

}  // namespace
}  // namespace attache
