#include <attache/base/glob.hpp>
#include <attache/base/testing/plain_glob.hpp>
#include <attache/base/text.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

using Patterns = std::vector<std::string>;
const GlobOptions kOptions{.dialect = GlobDialect::kDesign};

GlobSet compile(const Patterns& include, const Patterns& exclude = {}, GlobOptions options = {}) {
  options.dialect = GlobDialect::kDesign;
  auto set = GlobSet::compile(include, exclude, std::move(options));
  EXPECT_TRUE(set.has_value()) << (set ? "" : set.error().to_string());
  return set ? *std::move(set) : *GlobSet::compile({}, {});
}

bool selects(const std::string& pattern, std::string_view path, GlobOptions options = {}) {
  return compile({pattern}, {}, std::move(options)).match_path(path) == GlobMatch::kSelected;
}

std::string error_of(const std::string& pattern, GlobOptions options = {}) {
  options.dialect = GlobDialect::kDesign;
  const auto set = GlobSet::compile(Patterns{pattern}, {}, std::move(options));
  if (set) return "";
  EXPECT_EQ(set.error().code(), ErrorCode::kInvalidArgument);
  return set.error().to_string();
}

GlobReach reach_of(const GlobSet& set, const std::vector<std::string>& directories) {
  GlobState state = set.start();
  for (const std::string& name : directories) state = set.enter(state, name);
  return state.reach();
}

TEST(GlobDesign, WildcardsStayWithinAComponent) {
  EXPECT_TRUE(selects("*.txt", "a.txt"));
  EXPECT_FALSE(selects("*.txt", "b/a.txt"));
  EXPECT_TRUE(selects("*/*.txt", "b/a.txt"));
  EXPECT_FALSE(selects("a?b", "a/b"));
  EXPECT_FALSE(selects("a[/]b", "a/b"));
  EXPECT_FALSE(selects("a[!x]b", "a/b"));
  EXPECT_TRUE(selects("a[/x]b", "axb")) << "a slash in a class separates nothing";
  EXPECT_TRUE(selects("?", "日"));
  EXPECT_FALSE(selects("*.txt", "a.TXT")) << "case counts";
}

TEST(GlobDesign, DotsAreOrdinary) {
  EXPECT_TRUE(selects("*", ".x"));
  EXPECT_TRUE(selects("**", "a/.git/.x"));
  EXPECT_TRUE(selects("?x", ".x"));
  EXPECT_TRUE(selects("[.]x", ".x"));
  EXPECT_EQ(compile({"*.txt"}).match_path(".x"), GlobMatch::kNone) << "never hidden";
  EXPECT_EQ(reach_of(compile({"**"}), {".git"}), GlobReach::kSelected);
}

TEST(GlobDesign, DoubleStarMatchesAnyDepthIncludingNone) {
  EXPECT_TRUE(selects("**", "a"));
  EXPECT_TRUE(selects("**", "a/b/c"));
  EXPECT_TRUE(selects("**/a", "a"));
  EXPECT_TRUE(selects("**/a", "x/y/a"));
  EXPECT_FALSE(selects("**/a", "x/ya"));
  EXPECT_TRUE(selects("a/**/b", "a/b"));
  EXPECT_TRUE(selects("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(selects("a/**/b", "ab"));
  EXPECT_TRUE(selects("a/**", "a/b"));
  EXPECT_TRUE(selects("a/**", "a/b/c"));
  EXPECT_FALSE(selects("a/**", "a")) << "what is below, not the directory itself";
  EXPECT_FALSE(selects("a/**", "ab/c"));
  EXPECT_TRUE(selects("a/**/**", "a/b"));
  EXPECT_TRUE(selects("**/**/a", "a"));
}

TEST(GlobDesign, MoreStarsThanAComponentOfTwoAreOne) {
  EXPECT_TRUE(selects("x**y", "xay"));
  EXPECT_FALSE(selects("x**y", "x/y"));
  EXPECT_TRUE(selects("***", "a"));
  EXPECT_FALSE(selects("***", "a/b"));
  EXPECT_FALSE(selects("**a", "x/a"));
}

TEST(GlobDesign, ReadsCharacterClasses) {
  EXPECT_TRUE(selects("[ab].txt", "b.txt"));
  EXPECT_TRUE(selects("[a-cx-z]", "y"));
  EXPECT_FALSE(selects("[a-cx-z]", "d"));
  EXPECT_FALSE(selects("[!0-9]", "5"));
  EXPECT_TRUE(selects("[!0-9]", "a"));
  EXPECT_FALSE(selects("[^0-9]", "5")) << "^ negates as ! does";
  EXPECT_TRUE(selects("[^0-9]", "^"));
  EXPECT_TRUE(selects("[a^]", "^"));
  EXPECT_TRUE(selects("[]]", "]"));
  EXPECT_FALSE(selects("[!]]", "]"));
  EXPECT_TRUE(selects("[]-a]", "^"));
  EXPECT_TRUE(selects("[a-]", "-"));
  EXPECT_TRUE(selects("[-a]", "-"));
  EXPECT_TRUE(selects("[--0]", "."));
  EXPECT_TRUE(selects("[a-c-e]", "-")) << "right after a range a hyphen is a member";
  EXPECT_FALSE(selects("[a-c-e]", "d"));
  EXPECT_TRUE(selects("[[]x", "[x"));
  EXPECT_TRUE(selects("[*?{,]", ","));
  EXPECT_TRUE(selects("[\\]", "\\")) << "nothing is escaped in a class";
  EXPECT_TRUE(selects("[à-é]", "é"));
  EXPECT_FALSE(selects("[à-é]", "ê"));
  EXPECT_TRUE(selects("a]b", "a]b"));
}

TEST(GlobDesign, BracesStandForEachAlternative) {
  EXPECT_TRUE(selects("*.{png,jpg}", "a.png"));
  EXPECT_TRUE(selects("*.{png,jpg}", "a.jpg"));
  EXPECT_FALSE(selects("*.{png,jpg}", "a.{png,jpg}"));
  EXPECT_TRUE(selects("{a,b}/**", "b/c"));
  EXPECT_TRUE(selects("x{a,{b,c}d}y", "xcdy"));
  EXPECT_FALSE(selects("x{a,{b,c}d}y", "xcy"));
  EXPECT_TRUE(selects("{a,b}{1,2}", "b1"));
  EXPECT_TRUE(selects("{a}", "a"));
  EXPECT_TRUE(selects("a,b", "a,b")) << "outside of braces a comma is a comma";
  EXPECT_TRUE(selects("{a\\,b,c}", "a,b"));
  EXPECT_TRUE(selects("{a\\}b,c}", "a}b"));
  EXPECT_TRUE(selects("{[,],b}", ","));
  EXPECT_TRUE(selects("{[}],b}x", "}x"));
}

TEST(GlobDesign, AlternativesMayBeEmptyOrHoldSeparators) {
  EXPECT_TRUE(selects("a{,.bak}", "a"));
  EXPECT_TRUE(selects("a{,.bak}", "a.bak"));
  EXPECT_TRUE(selects("a{}b", "ab"));
  EXPECT_TRUE(selects("{a/b,c}/d", "a/b/d"));
  EXPECT_TRUE(selects("{a/b,c}/d", "c/d"));
  EXPECT_TRUE(selects("a{,/**}", "a"));
  EXPECT_TRUE(selects("a{,/**}", "a/b/c"));
  EXPECT_TRUE(selects("{**,x}/b", "a/b"));
  EXPECT_TRUE(selects("{x,**/y}/b", "q/y/b"));
  EXPECT_EQ(compile({"{,}"}).match_path("a"), GlobMatch::kNone);
}

TEST(GlobDesign, ABackslashTakesTheMeaningFromTheNextCharacter) {
  EXPECT_TRUE(selects("\\{x\\}", "{x}"));
  EXPECT_TRUE(selects("a\\[1\\].txt", "a[1].txt"));
  EXPECT_TRUE(selects("\\*", "*"));
  EXPECT_FALSE(selects("\\*", "a"));
  EXPECT_FALSE(selects("\\*\\*", "a/b"));
  EXPECT_TRUE(selects("\\?\\!", "?!"));
  EXPECT_TRUE(selects("a\\\\b", "a\\b"));
  EXPECT_TRUE(selects("\\a\\é", "aé"));
  EXPECT_TRUE(selects("a\\/b", "a/b")) << "a separator stays one";
  EXPECT_TRUE(selects("**\\/b", "a/b"));
}

TEST(GlobDesign, RefusesFaultySyntaxAndSaysWhatToWrite) {
  EXPECT_EQ(error_of("[abc"), "pattern '[abc' has a '[' without its ']'; close it, or write '\\[' for the character");
  EXPECT_EQ(error_of("[]"), "pattern '[]' has a '[' without its ']'; close it, or write '\\[' for the character");
  EXPECT_EQ(error_of("[!]"), "pattern '[!]' has a '[' without its ']'; close it, or write '\\[' for the character");
  EXPECT_EQ(error_of("{a,b"), "pattern '{a,b' has a '{' without its '}'; close it, or write '\\{' for the character");
  EXPECT_EQ(error_of("{a,{b}"),
            "pattern '{a,{b}' has a '{' without its '}'; close it, or write '\\{' for the character");
  EXPECT_EQ(error_of("a}b"), "pattern 'a}b' has a '}' without its '{'; open it, or write '\\}' for the character");
  EXPECT_EQ(error_of("[z-a]"), "pattern '[z-a]' has the range 'z-a', which runs backwards; write 'a-z'");
  EXPECT_EQ(error_of("x[!0-9é-à]"), "pattern 'x[!0-9é-à]' has the range 'é-à', which runs backwards; write 'à-é'");
  EXPECT_EQ(error_of("a\\"),
            "pattern 'a\\' ends in a backslash, which escapes nothing; separate components by '/', and "
            "write a backslash as '\\\\'");
  EXPECT_EQ(error_of("a\xFF"), "pattern 'a\\xff' is not valid text; write it in UTF-8");
  EXPECT_FALSE(GlobSet::compile({}, Patterns{"[abc"}, kOptions)) << "exclude patterns too";
  EXPECT_EQ(error_of("{a,\\"), error_of("{a,\\")) << "the first fault counts";
}

TEST(GlobDesign, RefusesPatternsThatLeaveTheRoot) {
  constexpr const char* kRemedy =
      "; write patterns relative to the root, or choose a root that holds everything they name";
  EXPECT_EQ(error_of("a/../../b"), std::string("pattern 'a/../../b' leaves the root") + kRemedy);
  EXPECT_EQ(error_of("{a,../b}/c"), std::string("pattern '{a,../b}/c' leaves the root") + kRemedy);
  EXPECT_EQ(error_of("/../b"), std::string("pattern '/../b' leaves the root") + kRemedy);
  EXPECT_EQ(error_of("/a/*", {.root = "/b"}),
            std::string("pattern '/a/*' is absolute and not below the root") + kRemedy);
  EXPECT_EQ(error_of("[ab]/../c"), "pattern '[ab]/../c' goes up from a wildcard; write the pattern without '..'");
  EXPECT_TRUE(selects("\\[x/../c", "c")) << "an escaped character is no wildcard";
}

TEST(GlobDesign, NormalisesPatternsLikeTheOtherDialect) {
  EXPECT_TRUE(selects("./a//b/./c", "a/b/c"));
  EXPECT_TRUE(selects("a/../b", "b"));
  for (const char* pattern : {"", "/", "b/", "**/", "b/.", "b/.."}) {
    EXPECT_EQ(compile({pattern}).match_path("b"), GlobMatch::kNone) << pattern;
    EXPECT_EQ(compile({}, {pattern}).match_path("b"), GlobMatch::kSelected) << pattern;
  }
}

TEST(GlobDesign, NoIncludePatternsSelectEverything) {
  const GlobSet set = compile({}, {"**/.git/**", "*.tmp"});
  EXPECT_EQ(set.match_path("a/b"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path(".config"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("a/.git/x"), GlobMatch::kExcluded);
  EXPECT_EQ(set.match_path("a.tmp"), GlobMatch::kExcluded);
  EXPECT_EQ(reach_of(set, {"a", ".git"}), GlobReach::kNone);
  EXPECT_EQ(compile({""}).match_path("a"), GlobMatch::kNone) << "one that matches nothing is a pattern all the same";
  EXPECT_EQ(compile({}, {"**"}).start().reach(), GlobReach::kNone);
}

TEST(GlobDesign, ADirectoryIsAskedAboutLikeAFile) {
  const GlobSet set = compile({"a/**", "b", "{c,c/**}"});
  EXPECT_EQ(set.match_path("a"), GlobMatch::kNone);
  EXPECT_EQ(set.match_path("a/empty"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("b"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_path("b/x"), GlobMatch::kNone);
  EXPECT_EQ(set.match_path("c"), GlobMatch::kSelected);
  EXPECT_EQ(set.match_file(set.enter(set.start(), "c"), "empty"), GlobMatch::kSelected);
}

TEST(GlobDesign, EntersOnlyDirectoriesThatCanMatter) {
  const GlobSet set = compile({"{a/b,c}/*.exr"});
  EXPECT_EQ(reach_of(set, {"a"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(set, {"a", "b"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(set, {"a", "c"}), GlobReach::kNone);
  EXPECT_EQ(reach_of(set, {"c"}), GlobReach::kSelected);
  EXPECT_EQ(reach_of(set, {"c", "d"}), GlobReach::kNone);
}

TEST(GlobDesign, AbsolutePatternsAreForAbsolutePathsUnlessThereIsARoot) {
  EXPECT_TRUE(selects("/mnt/**", "/mnt/a/b"));
  EXPECT_FALSE(selects("/mnt/**", "mnt/a"));
  EXPECT_FALSE(selects("mnt/**", "/mnt/a"));
  EXPECT_TRUE(selects("**/a", "/mnt/a"));
  EXPECT_TRUE(selects("C:/p/*", "C:/p/a"));
  EXPECT_TRUE(selects("//server/share/*", "//server/share/a"));
  EXPECT_FALSE(selects("/server/share/*", "//server/share/a"));
  EXPECT_TRUE(selects("/proj/*", "a", {.root = "/proj"}));
  EXPECT_TRUE(selects("{/proj,x}/*", "a", {.root = "/proj"}));
  EXPECT_TRUE(selects("/v\\[1\\]/*", "a", {.root = "/v[1]"}));
}

TEST(GlobDesign, CaseInsensitivePatternsIgnoreCase) {
  const GlobOptions fold{.case_insensitive = true};
  EXPECT_TRUE(selects("*.{EXR,png}", "a.exr", fold));
  EXPECT_TRUE(selects("\\[Ä[A-C]", "[äb", fold));
  EXPECT_EQ(error_of("[Z-a]", fold), "") << "a range of the pattern as it is written";
}

TEST(GlobDesign, BoundsWhatBracesStandFor) {
  std::string pattern;
  for (int i = 0; i < 9; ++i) pattern += "{a,b}";
  EXPECT_TRUE(selects(pattern, "abababaaa"));
  const std::string remedy = "give fewer alternatives, or several patterns";
  EXPECT_TRUE(error_of(pattern + "{a,b}")
                  .ends_with("stands for more than 1000 patterns, or very long ones, once its "
                             "braces are written out; " +
                             remedy));
  std::string commas(998, ',');
  EXPECT_EQ(error_of("{" + commas + ",}"), "");
  EXPECT_TRUE(error_of("{" + commas + ",,}").ends_with(remedy));
  EXPECT_TRUE(error_of("{{" + commas + ",},{,}}").ends_with(remedy));
  EXPECT_TRUE(error_of("{" + commas + "}" + std::string(10000, 'x')).ends_with(remedy)) << "ten megabytes";
  EXPECT_TRUE(error_of(std::string(10000, 'x') + "{" + commas + "}").ends_with(remedy)) << "from the other side";
}

TEST(GlobDesign, DeepNestingAndManyBracesTakeLittleTime) {
  const auto nested = [](int depth) {
    std::string pattern;
    for (int i = 0; i < depth; ++i) pattern = "{a," + pattern + "b}";
    return pattern;
  };
  EXPECT_TRUE(selects(nested(100), "abbb"));
  EXPECT_TRUE(selects(nested(100), std::string(100, 'b')));
  EXPECT_FALSE(selects(nested(100), "ba"));
  EXPECT_NE(error_of(nested(900)), "") << "half a gigabyte to be copied";
  const std::size_t many = 50000;
  EXPECT_TRUE(selects(std::string(many, '{') + "a" + std::string(many, '}'), "a"));
  EXPECT_NE(error_of(std::string(many, '{')), "");
  std::string twice;
  for (std::size_t i = 0; i < many; ++i) twice += "{a,b}";
  EXPECT_NE(error_of(twice), "");
  std::string empty;
  for (std::size_t i = 0; i < many; ++i) empty += "{}";
  EXPECT_TRUE(selects("{a,b}" + empty, "b"));
}

TEST(GlobDesign, AMessageShowsTheStartOfALongPattern) {
  std::string start;
  for (int i = 0; i < 200; ++i) start += "é";
  EXPECT_EQ(error_of(start + "éééé}"),
            "pattern '" + start + "...' has a '}' without its '{'; open it, or write '\\}' for the character");
}

TEST(GlobDesign, ManyStarsTakePolynomialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "**/*a*/";
  std::string path;
  for (int i = 0; i < 120; ++i) path += "aaaa/";
  EXPECT_FALSE(selects(pattern + "b", path + "a"));
  EXPECT_TRUE(selects(pattern + "a", path + "a"));
}

TEST(GlobDesign, KnowsItsMetacharacters) {
  for (const char* text : {"a*", "a?", "[a", "{a", "a}", "a\\"}) {
    EXPECT_TRUE(glob_has_magic(text, GlobDialect::kDesign)) << text;
  }
  EXPECT_FALSE(glob_has_magic("a]!,-^", GlobDialect::kDesign));
}

TEST(GlobDesign, EscapedTextMatchesOnlyItself) {
  EXPECT_EQ(glob_escape("a[1]*?{x}!.t\\", GlobDialect::kDesign), "a\\[1\\]\\*\\?\\{x\\}\\!.t\\\\");
  std::mt19937 random(20251204);  // the same cases every time
  const Patterns pieces{"a", "*", "?", "[", "]", "{", "}", "!", "\\", ",", "^", "-", ".", "é", "\xED\xB2\x80"};
  const auto text = [&] {
    std::string out;
    for (std::size_t i = 1 + random() % 5; i > 0; --i) out += pieces[random() % pieces.size()];
    return out;
  };
  for (int round = 0; round < 20000; ++round) {
    const std::string path = random() % 2 == 0 ? text() : text() + "/" + text();
    if (!testing::is_plain_path(glob_escape(path, GlobDialect::kDesign))) continue;
    const GlobSet set = compile({glob_escape(path, GlobDialect::kDesign)});
    ASSERT_EQ(set.match_path(path), GlobMatch::kSelected) << path;
    const std::string other = text();
    ASSERT_EQ(set.match_path(other) == GlobMatch::kSelected, other == path) << path << " and " << other;
    const GlobSet python = *GlobSet::compile(Patterns{glob_escape(path)}, {});
    ASSERT_EQ(python.match_path(path), GlobMatch::kSelected) << path;
    ASSERT_EQ(python.match_path(other) == GlobMatch::kSelected, other == path) << path << " and " << other;
  }
}

TEST(GlobDesign, AgreesWithAPlainMatcherOnRandomPatterns) {
  std::mt19937 random(20251213);  // the same cases every time
  const Patterns pieces{"a",    "a",    "b",   ".", "/",   "/", "*", "?", "**", "**/", "/**",  "[ab]",
                        "[!a]", "[^b]", "[/]", "{", "{a,", ",", "}", "}", "\\", "é",   "[.-b]"};
  const auto text = [&](const Patterns& from, std::size_t longest) {
    std::string out;
    for (std::size_t i = 1 + random() % longest; i > 0; --i) out += from[random() % from.size()];
    return out;
  };
  int compared = 0;
  int selected = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string pattern = text(pieces, 8);
    const auto set = GlobSet::compile(Patterns{pattern}, {}, kOptions);
    if (!set) continue;
    const Patterns alternatives = testing::plain_alternatives(pattern);
    if (!std::all_of(alternatives.begin(), alternatives.end(), testing::is_plain_path)) continue;
    for (int i = 0; i < 4; ++i) {
      std::string path = text({"a", "b", "a", ".", "é", ","}, 3);
      for (std::size_t n = random() % 4; n > 0; --n) path += "/" + text({"a", "b", "a", ".", "é"}, 2);
      if (!testing::is_plain_path(path)) continue;
      const bool expected = testing::plain_design_glob(pattern, path);
      ++compared;
      selected += expected ? 1 : 0;
      ASSERT_EQ(set->match_path(path), expected ? GlobMatch::kSelected : GlobMatch::kNone)
          << "pattern " << pattern << ", path " << path;
      ASSERT_EQ(compile({}, {pattern}).match_path(path), expected ? GlobMatch::kExcluded : GlobMatch::kSelected)
          << "pattern " << pattern << ", path " << path;
      GlobState state = set->start();
      for (std::string_view rest = path; rest.find('/') != std::string_view::npos;
           rest.remove_prefix(rest.find('/') + 1)) {
        if (expected) {
          ASSERT_EQ(state.reach(), GlobReach::kSelected) << "a walk would miss it";
        }
        state = set->enter(state, rest.substr(0, rest.find('/')));
      }
      ASSERT_TRUE(!expected || state.reach() == GlobReach::kSelected) << "a walk would miss it";
    }
  }
  EXPECT_GT(compared, 5000);
  EXPECT_GT(selected, 500) << "the comparison is empty if nothing matches";
}

}  // namespace
}  // namespace attache
