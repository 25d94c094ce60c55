#include <attache/base/glob.hpp>
#include <attache/base/testing/plain_glob.hpp>
#include <attache/base/text.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

using Patterns = std::vector<std::string>;

GlobSet compile(const Patterns& include, const Patterns& exclude = {}, GlobOptions options = {}) {
  auto set = GlobSet::compile(include, exclude, std::move(options));
  EXPECT_TRUE(set.has_value()) << (set ? "" : set.error().to_string());
  return set ? *std::move(set) : *GlobSet::compile({}, {});
}

bool selects(const std::string& pattern, std::string_view path, GlobOptions options = {}) {
  return compile({pattern}, {}, std::move(options)).match_path(path) == GlobMatch::kSelected;
}

std::string error_of(const std::string& pattern, GlobOptions options = {}) {
  const auto set = GlobSet::compile(Patterns{pattern}, {}, std::move(options));
  if (set) return "";
  EXPECT_EQ(set.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(set.error().remedy().empty());
  return set.error().message();
}

GlobReach reach_of(const GlobSet& set, const std::vector<std::string>& directories) {
  GlobState state = set.start();
  for (const std::string& name : directories) state = set.enter(state, name);
  return state.reach();
}

TEST(Glob, MatchesLiteralComponentsExactly) {
  EXPECT_TRUE(selects("a/b.txt", "a/b.txt"));
  EXPECT_FALSE(selects("a/b.txt", "a/b.txtx"));
  EXPECT_FALSE(selects("a/b.txt", "a/b.tx"));
  EXPECT_FALSE(selects("a/b.txt", "A/b.txt"));
  EXPECT_FALSE(selects("a/b.txt", "a/b.txt/c"));
  EXPECT_FALSE(selects("a/b.txt", "a"));
  EXPECT_TRUE(selects(".hidden/.x", ".hidden/.x"));
}

TEST(Glob, StarAndQuestionMarkStayWithinAComponent) {
  EXPECT_TRUE(selects("*", "a.txt"));
  EXPECT_FALSE(selects("*", "sub/a.txt"));
  EXPECT_TRUE(selects("a*c", "ac"));
  EXPECT_TRUE(selects("a*c", "abcc"));
  EXPECT_TRUE(selects("*a*b*c", "xaxbxcbc"));
  EXPECT_FALSE(selects("*a*b*c", "xaxcxb"));
  EXPECT_TRUE(selects("*.exr", "frame.0001.exr"));
  EXPECT_FALSE(selects("a*.exr", "exr"));
  EXPECT_FALSE(selects("ab*ab", "ab"));
  EXPECT_TRUE(selects("?.txt", "a.txt"));
  EXPECT_FALSE(selects("?.txt", "ab.txt"));
  EXPECT_FALSE(selects("?.txt", ".txt"));
  EXPECT_TRUE(selects("**.txt", "a.txt")) << "not a component of its own: like one star";
  EXPECT_FALSE(selects("sub**", "sub/a.txt"));
  EXPECT_TRUE(selects("*[x]abc", "xabcxabc"));
  EXPECT_FALSE(selects("*[x]abc", "xzabc"));
}

TEST(Glob, WildcardsTakeWholeCodePoints) {
  EXPECT_TRUE(selects("?", "日"));
  EXPECT_TRUE(selects("??", "日本"));
  EXPECT_FALSE(selects("???", "日"));
  EXPECT_FALSE(selects("*??", "日"));
  EXPECT_TRUE(selects("?", "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(selects("?", "\xED\xB2\x80")) << "a byte that is not UTF-8 is one lone surrogate";
  EXPECT_TRUE(selects("[à-é]", "é"));
  EXPECT_FALSE(selects("[à-é]", "ê"));
  EXPECT_TRUE(selects("*本?", "日本語"));
  EXPECT_TRUE(selects("caf[!e]", "café"));
}

TEST(Glob, ReadsCharacterClassesAsPythonDoes) {
  EXPECT_TRUE(selects("[abc]", "b"));
  EXPECT_FALSE(selects("[!abc]", "b"));
  EXPECT_TRUE(selects("[!abc]", "d"));
  EXPECT_TRUE(selects("[a-c]x", "bx"));
  EXPECT_TRUE(selects("[]]", "]"));
  EXPECT_TRUE(selects("[]-a]", "^"));
  EXPECT_FALSE(selects("[!]]", "]"));
  EXPECT_TRUE(selects("[!]]", "a"));
  EXPECT_TRUE(selects("[a-]", "-"));
  EXPECT_TRUE(selects("[-a]", "-"));
  EXPECT_TRUE(selects("x[--0]", "x."));
  EXPECT_TRUE(selects("[a-c-e]", "-"));
  EXPECT_FALSE(selects("[a-c-e]", "d"));
  EXPECT_TRUE(selects("[^a]", "^")) << "only ! negates";
  EXPECT_TRUE(selects("[^a]", "a"));
  EXPECT_TRUE(selects("[^]]", "^]"));
  EXPECT_TRUE(selects("[[]v1]", "[v1]"));
  EXPECT_TRUE(selects("[*?]", "*"));
  EXPECT_FALSE(selects("[*?]", "x"));
  EXPECT_TRUE(selects("a\\b", "a\\b")) << "a backslash is an ordinary character";
  EXPECT_TRUE(selects("[\\]", "\\"));
}

TEST(Glob, DropsRangesThatRunBackwards) {
  EXPECT_FALSE(selects("[c-a]", "b"));
  EXPECT_FALSE(selects("[c-a]", "c"));
  EXPECT_TRUE(selects("[!c-a]", "b"));
  EXPECT_TRUE(selects("[xc-ay]", "x"));
  EXPECT_TRUE(selects("[xc-ay]", "y"));
  EXPECT_FALSE(selects("[xc-ay]", "c"));
  EXPECT_TRUE(selects("[c-ax-z]", "y"));
  // Python's own corner cases: an exclamation mark that comes first after a range was dropped negates.
  EXPECT_TRUE(selects("[c-a!]", "q"));
  EXPECT_FALSE(selects("[c-a!x]", "x"));
  EXPECT_FALSE(selects("[c-a!-z]", "-"));
  EXPECT_FALSE(selects("[c-a!-z]", "z"));
  EXPECT_TRUE(selects("[c-a!-z]", "m"));
}

TEST(Glob, AnUnclosedBracketIsAnOrdinaryCharacter) {
  EXPECT_TRUE(selects("a[b", "a[b"));
  EXPECT_TRUE(selects("[]", "[]"));
  EXPECT_TRUE(selects("[!]", "[!]"));
  EXPECT_TRUE(selects("[*", "[x"));
  EXPECT_FALSE(selects("a[b].txt", "a[b].txt"));
  EXPECT_TRUE(selects("a[b].txt", "ab.txt"));
}

TEST(Glob, HasNoBraces) {
  EXPECT_FALSE(selects("*.{txt,exr}", "a.txt"));
  EXPECT_TRUE(selects("{a,b}", "{a,b}"));
}

TEST(Glob, DoubleStarMatchesAnyDepthIncludingNone) {
  EXPECT_TRUE(selects("**/*", "a"));
  EXPECT_TRUE(selects("**/*", "a/b/c"));
  EXPECT_TRUE(selects("**", "a/b/c"));
  EXPECT_TRUE(selects("sub/**", "sub/a"));
  EXPECT_TRUE(selects("sub/**", "sub/a/b"));
  EXPECT_FALSE(selects("sub/**", "sub")) << "selects what is below";
  EXPECT_FALSE(selects("sub/**", "subx/a"));
  EXPECT_TRUE(selects("**/deep/*", "deep/x"));
  EXPECT_TRUE(selects("**/deep/*", "a/b/deep/x"));
  EXPECT_FALSE(selects("**/deep/*", "a/deep/b/x"));
  EXPECT_TRUE(selects("s*/**/f.txt", "sub/f.txt"));
  EXPECT_TRUE(selects("s*/**/f.txt", "sub/deep/er/f.txt"));
  EXPECT_TRUE(selects("**/**/*.txt", "a.txt"));
  EXPECT_TRUE(selects("**/a/**/a/**", "a/a/x"));
  EXPECT_TRUE(selects("**/a/**/a/**", "q/a/b/a/c/x"));
  EXPECT_FALSE(selects("**/a/**/a/**", "a/x"));
}

TEST(Glob, WildcardsPassOverHiddenNames) {
  EXPECT_FALSE(selects("*", ".x"));
  EXPECT_FALSE(selects("?x", ".x"));
  EXPECT_FALSE(selects("[.]x", ".x")) << "only a component that starts with a dot matches hidden names";
  EXPECT_FALSE(selects("**/*", ".git/config"));
  EXPECT_FALSE(selects("**", "a/.x"));
  EXPECT_FALSE(selects("**/x", ".hid/x"));
  EXPECT_TRUE(selects("**/.*", "a/b/.x"));
  EXPECT_TRUE(selects("**/.*/*", ".hid/x"));
  EXPECT_TRUE(selects(".hid/*", ".hid/x"));
  EXPECT_FALSE(selects(".hid/**", ".hid/a/.x"));
  EXPECT_TRUE(selects(".hid/**", ".hid/a/x"));
  EXPECT_FALSE(selects(".**", "x"));
  EXPECT_TRUE(selects(".**", ".x"));
}

TEST(Glob, MatchHiddenTreatsDotsAsOrdinary) {
  const GlobOptions hidden{.match_hidden = true};
  EXPECT_TRUE(selects("**/*", ".git/objects/x", hidden));
  EXPECT_TRUE(selects("*", ".x", hidden));
  EXPECT_TRUE(selects("[.]x", ".x", hidden));
  EXPECT_FALSE(selects(".*", "x", hidden));
}

TEST(Glob, TellsWhatOnlyItsDotKeepsOut) {
  const GlobSet set = compile({"**/*"}, {"*.tmp"});
  EXPECT_EQ(set.match_path("a"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path(".a"), GlobMatch::kHidden);
  EXPECT_EQ(set.match_path(".git/config"), GlobMatch::kHidden);
  EXPECT_EQ(set.match_path("a/.git/b/config"), GlobMatch::kHidden);
  EXPECT_EQ(set.match_path("a.tmp"), GlobMatch::kExcluded);
  EXPECT_EQ(set.match_path(".a.tmp"), GlobMatch::kExcluded) << "would be excluded too if dots were ordinary";
  EXPECT_EQ(compile({"*.txt"}).match_path(".a.exr"), GlobMatch::kNone);
  EXPECT_EQ(compile({"**/*"}, {}, {.match_hidden = true}).match_path(".a"), GlobMatch::kSelected);

  EXPECT_EQ(reach_of(set, {"a"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(set, {".git"}), GlobReach::kHidden);
  EXPECT_EQ(reach_of(set, {".git", "objects"}), GlobReach::kHidden);
  EXPECT_EQ(reach_of(compile({"sub/*"}), {".git"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(compile({"**/.*"}), {".git"}), GlobReach::kHidden) << ".git is not entered by **";
}

TEST(Glob, AFileIsSelectedByAnyIncludeAndNoExclude) {
  const GlobSet set = compile({"*.txt", "*.exr", "sub/**"}, {"a*", "sub/skip/**"});
  EXPECT_EQ(set.match_path("b.txt"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("b.exr"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("a.txt"), GlobMatch::kExcluded);
  EXPECT_EQ(set.match_path("a.png"), GlobMatch::kNone);
  EXPECT_EQ(set.match_path("sub/a"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("sub/skip/x"), GlobMatch::kExcluded);
}

TEST(Glob, NoIncludePatternsSelectNothing) {
  const GlobSet set = compile({}, {"*.txt"});
  EXPECT_EQ(set.match_path("a"), GlobMatch::kNone);
  EXPECT_EQ(set.match_path(".a"), GlobMatch::kNone);
  EXPECT_EQ(set.start().reach(), GlobReach::kNone);
}

TEST(Glob, EntersOnlyDirectoriesThatCanMatter) {
  EXPECT_EQ(compile({"*"}).start().reach(), GlobReach::kSelected);
  EXPECT_EQ(reach_of(compile({"*"}), {"sub"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(compile({"a/b/*"}), {"a"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(compile({"a/b/*"}), {"a", "c"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(compile({"a/b/*", "a/c/d"}), {"a", "c"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(compile({"**/x"}), {"a", "b", "c"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(compile({".a/*"}), {".a"}), GlobReach::kSelected);
}

TEST(Glob, DoesNotEnterWhatIsExcludedAsAWhole) {
  EXPECT_EQ(reach_of(compile({"**/*"}, {"cache/**"}), {"cache"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(compile({"**/*"}, {"**/cache/**"}), {"a", "cache", "b"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(compile({"**/*"}, {"cache/*"}), {"cache"}), GlobReach::kSelected);
  EXPECT_EQ(compile({"**/*"}, {"**"}).start().reach(), GlobReach::kNone);
  // `**` does not match hidden names, which an include pattern may name.
  const GlobSet set = compile({"**/*", "**/.keep"}, {"cache/**"});
  EXPECT_EQ(reach_of(set, {"cache"}), GlobReach::kSelected);
  EXPECT_EQ(set.match_path("cache/.keep"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("cache/x"), GlobMatch::kExcluded);
  EXPECT_EQ(reach_of(compile({"**/*", "**/.keep"}, {"cache/**"}, {.match_hidden = true}), {"cache"}), GlobReach::kNone);
}

TEST(Glob, NormalisesPatterns) {
  EXPECT_TRUE(selects("./a.txt", "a.txt"));
  EXPECT_TRUE(selects("sub//a.txt", "sub/a.txt"));
  EXPECT_TRUE(selects("*/./a.txt", "sub/a.txt"));
  EXPECT_TRUE(selects("sub/../a.txt", "a.txt"));
  EXPECT_TRUE(selects("sub/deep/../../*.txt", "a.txt"));
}

TEST(Glob, PatternsForDirectoriesSelectNoFile) {
  for (const char* pattern : {"", "/", "sub/", "**/", "sub/.", "sub/..", ".", "..", "../.."}) {
    const GlobSet set = compile({pattern});
    EXPECT_EQ(set.start().reach(), GlobReach::kNone) << pattern;
    EXPECT_EQ(set.match_path("sub"), GlobMatch::kNone) << pattern;
  }
}

TEST(Glob, RefusesPatternsThatLeaveTheRoot) {
  EXPECT_EQ(error_of("../*"), "pattern '../*' leaves the root");
  EXPECT_EQ(error_of("a/../../b"), "pattern 'a/../../b' leaves the root");
  EXPECT_EQ(error_of("*/../b"), "pattern '*/../b' goes up from a wildcard");
  EXPECT_EQ(error_of("**/../b"), "pattern '**/../b' goes up from a wildcard");
  EXPECT_EQ(error_of("/etc/*"), "pattern '/etc/*' is absolute and not below the root");
  EXPECT_EQ(error_of("/projx/*", {.root = "/proj"}), "pattern '/projx/*' is absolute and not below the root");
  EXPECT_EQ(error_of("/*/a", {.root = "/proj"}), "pattern '/*/a' is absolute and not below the root");
  EXPECT_FALSE(GlobSet::compile(Patterns{"*"}, Patterns{"../*"})) << "exclude patterns too";
}

TEST(Glob, RefusesPatternsThatAreNotText) {
  EXPECT_EQ(error_of("a\xFF\n"), "pattern 'a\\xff\\n' is not valid text");
}

TEST(Glob, AcceptsAbsolutePatternsBelowTheRoot) {
  EXPECT_TRUE(selects("/proj/*.txt", "a.txt", {.root = "/proj"}));
  EXPECT_TRUE(selects("/proj//./*.txt", "a.txt", {.root = "/proj/"}));
  EXPECT_TRUE(selects("/v[1]/*", "a.txt", {.root = "/v[1]"})) << "the root's own metacharacters mean nothing";
  EXPECT_TRUE(selects("/v[[]1]/*", "a.txt", {.root = "/v[1]"}));
  EXPECT_TRUE(selects("/a/*", "a/b", {.root = "/"}));
  EXPECT_FALSE(selects("/proj", "proj", {.root = "/proj"}));
}

TEST(Glob, CaseInsensitivePatternsIgnoreCase) {
  const GlobOptions fold{.case_insensitive = true};
  EXPECT_TRUE(selects("*.EXR", "a.exr", fold));
  EXPECT_TRUE(selects("Sub/ÄÖ*", "sUB/äöx", fold));
  EXPECT_TRUE(selects("[A-C]", "b", fold));
  EXPECT_FALSE(selects("[A-C]", "d", fold));
  EXPECT_FALSE(selects("*.EXR", "a.exr"));
}

TEST(Glob, EscapedTextMatchesOnlyItself) {
  EXPECT_EQ(glob_escape("a[1]*?.x"), "a[[]1][*][?].x");
  EXPECT_TRUE(selects(glob_escape("a[1]*?.x"), "a[1]*?.x"));
  EXPECT_FALSE(selects(glob_escape("a[1]*?.x"), "a1xx.x"));
  EXPECT_TRUE(glob_has_magic("a*"));
  EXPECT_TRUE(glob_has_magic("a?"));
  EXPECT_TRUE(glob_has_magic("[a"));
  EXPECT_FALSE(glob_has_magic("a]{}!"));
}

TEST(Glob, ManyStarsTakeQuadraticTimeAtMost) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "*a";
  EXPECT_FALSE(selects(pattern + "b", std::string(255, 'a')));
  EXPECT_TRUE(selects(pattern, std::string(255, 'a')));
}

std::string joined(const Patterns& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "/") + part;
  return text;
}

TEST(Glob, AgreesWithAPlainMatcherOnRandomPatterns) {
  std::mt19937 random(20240203);  // the same cases every time
  const auto pick = [&](const Patterns& choices) { return choices[random() % choices.size()]; };
  const auto component = [&](const Patterns& pieces, std::size_t longest) {
    std::string text;
    for (std::size_t i = 1 + random() % longest; i > 0; --i) text += pick(pieces);
    return text;
  };
  int selected = 0;
  for (int round = 0; round < 5000; ++round) {
    Patterns pattern;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) {
      const std::string text = random() % 4 == 0 ? "**" : component({"a", "b", ".", "*", "?", "[a.]", "[!a]", "["}, 3);
      if (text == "." || text == ".." || (text == "**" && !pattern.empty() && pattern.back() == "**")) continue;
      pattern.push_back(text);
    }
    if (pattern.empty()) continue;
    const GlobSet set = compile({joined(pattern)});
    const GlobSet relaxed = compile({joined(pattern)}, {}, {.match_hidden = true});
    for (int i = 0; i < 4; ++i) {
      Patterns path;
      for (std::size_t n = 1 + random() % 4; n > 0; --n) path.push_back(component({"a", "b", "a", ".", "["}, 3));
      const bool expected = testing::plain_python_glob(joined(pattern), joined(path), false);
      selected += expected ? 1 : 0;
      const GlobMatch match = set.match_path(joined(path));
      ASSERT_EQ(match == GlobMatch::kSelected, expected) << "pattern " << joined(pattern) << ", path " << joined(path);
      ASSERT_EQ(match == GlobMatch::kHidden, !expected && relaxed.match_path(joined(path)) == GlobMatch::kSelected)
          << "pattern " << joined(pattern) << ", path " << joined(path);
      path.pop_back();
      if (match != GlobMatch::kNone) {
        ASSERT_NE(reach_of(set, path), GlobReach::kNone) << "a walk would miss it";
        if (expected) {
          ASSERT_EQ(reach_of(set, path), GlobReach::kSelected) << "a walk would miss it";
        }
      }
    }
  }
  EXPECT_GT(selected, 300) << "the comparison is empty if nothing matches";
}

}  // namespace
}  // namespace attache
