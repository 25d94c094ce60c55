#include <attache/base/include_filters.hpp>
#include <attache/base/testing/plain_glob.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

using Filters = std::vector<std::string>;

IncludeFilters compile(const std::vector<Filters>& groups, IncludeFilterOptions options = {}) {
  auto filters = IncludeFilters::compile(groups, options);
  EXPECT_TRUE(filters.has_value()) << (filters ? "" : filters.error().to_string());
  return filters ? *std::move(filters) : *IncludeFilters::compile({});
}

bool includes(const std::string& filter, std::string_view root, std::string_view path) {
  return compile({{filter}}).matches(root, path);
}

TEST(IncludeFilters, NormalisesFilters) {
  const auto normalized = [](const char* filter) {
    const Filters all = normalize_include_filters(Filters{filter});
    return all.empty() ? std::string("(dropped)") : all.front();
  };
  EXPECT_EQ(normalized("C:\\proj\\*"), "C:/proj/*");
  EXPECT_EQ(normalized("./log.txt"), "log.txt");
  EXPECT_EQ(normalized(".\\log.txt"), "log.txt");
  EXPECT_EQ(normalized("././x"), "./x") << "one, not all";
  EXPECT_EQ(normalized("/./x"), "/./x");
  EXPECT_EQ(normalized(".//x"), "/x") << "first the dot goes, then the second slash";
  EXPECT_EQ(normalized("//proj////out//x"), "/proj/out/x");
  EXPECT_EQ(normalized("\\\\server\\share"), "/server/share");
  EXPECT_EQ(normalized("x//"), "x/");
  EXPECT_EQ(normalized(".."), "..");
  EXPECT_EQ(normalized(""), "(dropped)");
  EXPECT_EQ(normalized("./"), "(dropped)");
  EXPECT_EQ(normalize_include_filters(Filters{"", "b", "./", "a"}), (Filters{"b", "a"}));
}

TEST(IncludeFilters, WildcardsMatchSeparatorsAndHiddenNames) {
  EXPECT_TRUE(includes("*.exr", "/proj/out", "a/b/f1.exr"));
  EXPECT_TRUE(includes("/proj/*/f1.exr", "/proj/out", "a/b/f1.exr"));
  EXPECT_TRUE(includes("/proj?out/x", "/proj/out", "x"));
  EXPECT_TRUE(includes("/proj[/]out/x", "/proj/out", "x"));
  EXPECT_TRUE(includes("/proj[!a]out/x", "/proj/out", "x"));
  EXPECT_TRUE(includes("*", "/proj/out", ".git/config"));
  EXPECT_TRUE(includes("**", "/proj/out", "x"));
  EXPECT_TRUE(includes("?.x", "/r", "日.x")) << "one character is one code point";
  EXPECT_FALSE(includes("/proj/out/x", "/proj/out", "xx")) << "the whole path";
  EXPECT_FALSE(includes("roj/out/x*", "/proj/out", "xx"));
}

TEST(IncludeFilters, ARelativeFilterMayMatchFromAnyComponentOn) {
  EXPECT_TRUE(includes("renders/*.exr", "/proj/out", "renders/f1.exr"));
  EXPECT_TRUE(includes("renders/*.exr", "/proj/renders", "f1.exr")) << "also from one of the root's";
  EXPECT_TRUE(includes("log.txt", "/proj/out", "log.txt"));
  EXPECT_FALSE(includes("log.txt", "/proj/out", "old-log.txt"));
  EXPECT_FALSE(includes("log.txt", "", "log.txt")) << "there is always something before it";
  EXPECT_TRUE(includes("[a]x", "/r", "ax"));
  EXPECT_TRUE(includes("?x", "/r", "ax"));
  EXPECT_TRUE(includes("~/x", "/r", "~/x"));
}

TEST(IncludeFilters, AnAbsoluteFilterMatchesFromTheStartOnly) {
  EXPECT_TRUE(includes("/proj/*", "/proj", "x"));
  EXPECT_FALSE(includes("/out/*", "/proj/out", "x"));
  EXPECT_TRUE(includes("C:/proj/*", "C:\\proj", "x"));
  EXPECT_FALSE(includes("C:/proj/*", "/a/C:/proj", "x"));
  EXPECT_FALSE(includes("1:x", "/r", "1:x")) << "any character before the colon makes a drive";
  EXPECT_FALSE(includes("é:x", "/r", "é:x"));
  EXPECT_TRUE(includes("ab:x", "/r", "ab:x"));
  EXPECT_TRUE(includes(":x", "/r", ":x"));
}

TEST(IncludeFilters, AFilterThatEndsInASlashMatchesEverythingBelow) {
  EXPECT_TRUE(includes("renders/", "/proj/out", "renders/sub/f.png"));
  EXPECT_TRUE(includes("out\\renders\\", "/proj/out", "renders/f.png"));
  EXPECT_TRUE(includes("/", "/proj", "x"));
  EXPECT_FALSE(includes("/", "C:\\proj", "x"));
  EXPECT_TRUE(includes("*/", "/proj", "x"));
  EXPECT_FALSE(includes("renders", "/proj/out", "renders/f.png")) << "without the slash it is a file";
}

TEST(IncludeFilters, JoinsRootAndPathWithOneSlash) {
  EXPECT_TRUE(includes("out/x", "/proj/out/", "x"));
  EXPECT_TRUE(includes("out/x", "/proj/out", "x"));
  EXPECT_TRUE(includes("proj/out/x", "C:\\proj\\out\\", "x"));
  EXPECT_TRUE(includes("*x", "", "x"));
  EXPECT_FALSE(includes("a/b", "/r", "a\\b")) << "a backslash in a path of a manifest is a character";
}

TEST(IncludeFilters, ReadsClassesAsPythonDoes) {
  EXPECT_TRUE(includes("x/[[]a].txt", "/r", "x/[a].txt"));
  EXPECT_TRUE(includes("f[1-3].exr", "/r", "f2.exr"));
  EXPECT_FALSE(includes("f[!1-3].exr", "/r", "f2.exr"));
  EXPECT_TRUE(includes("[^a]", "/r", "^"));
  EXPECT_TRUE(includes("a[", "/r", "a["));
  EXPECT_FALSE(includes("{a,b}", "/r", "a"));
}

TEST(IncludeFilters, AnyFilterOfEveryGroupMustMatch) {
  const IncludeFilters filters = compile({{"*.exr", "*.png"}, {"renders/", "previews/"}});
  EXPECT_TRUE(filters.matches("/r", "renders/a.exr"));
  EXPECT_TRUE(filters.matches("/r", "previews/a.png"));
  EXPECT_FALSE(filters.matches("/r", "renders/a.txt"));
  EXPECT_FALSE(filters.matches("/r", "scenes/a.exr"));
  EXPECT_TRUE(compile({}).matches("/r", "x")) << "no group excludes nothing";
  EXPECT_FALSE(compile({{""}}).matches("/r", "x")) << "a group without a filter includes nothing";
  EXPECT_FALSE(compile({{"*"}, {}}).matches("/r", "x"));
}

TEST(IncludeFilters, IgnoreCaseOnlyWhenAsked) {
  EXPECT_FALSE(includes("Renders/*", "/r", "renders/x"));
  const IncludeFilters filters = compile({{"c:\\PROJ\\Ä[A-C]*"}}, {.case_insensitive = true});
  EXPECT_TRUE(filters.matches("C:\\proj", "äB.exr"));
  EXPECT_FALSE(filters.matches("C:\\proj", "äD.exr"));
}

TEST(IncludeFilters, RefuseWhatIsNotText) {
  const auto refused = IncludeFilters::compile(std::vector<Filters>{{"a\xFF"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message(), "pattern 'a\\xff' is not valid text");
  EXPECT_EQ(refused.error().remedy(), "write it in UTF-8");
}

TEST(IncludeFilters, ManyStarsTakeQuadraticTimeAtMost) {
  std::string filter;
  for (int i = 0; i < 200; ++i) filter += "*a";
  EXPECT_FALSE(includes(filter + "b", "/r", std::string(4000, 'a')));
  EXPECT_TRUE(includes(filter, "/r", std::string(4000, 'a')));
}

TEST(IncludeFilters, AgreeWithAPlainMatcherOnRandomFilters) {
  std::mt19937 random(20260203);  // the same cases every time
  const auto text = [&](const Filters& pieces, std::size_t longest) {
    std::string out;
    for (std::size_t i = 1 + random() % longest; i > 0; --i) out += pieces[random() % pieces.size()];
    return out;
  };
  int included = 0;
  for (int round = 0; round < 20000; ++round) {
    const std::string filter = text({"a", "b", ".", "/", "*", "?", "[a.]", "[!a]", "[/b]", "[", "é"}, 6);
    const std::string path = text({"a", "b", ".", "/", "[", "é"}, 6);
    std::string pattern = filter.starts_with("./") ? filter.substr(2) : filter;
    for (std::size_t at = 0; (at = pattern.find("//")) != std::string::npos;) pattern.erase(at, 1);
    if (!pattern.empty() && pattern[0] != '/' && pattern[0] != '*') pattern = "*/" + pattern;
    if (pattern.ends_with('/')) pattern += "*";
    const bool expected =
        !pattern.empty() && testing::plain_fnmatch(pattern, path.starts_with('/') ? path : "/r/" + path);
    included += expected ? 1 : 0;
    ASSERT_EQ(includes(filter, "/r", path), expected) << "filter " << filter << ", path " << path;
  }
  EXPECT_GT(included, 500) << "the comparison is empty if nothing matches";
}

}  // namespace
}  // namespace attache
