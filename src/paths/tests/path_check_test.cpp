#include <attache/paths/path_check.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using Texts = std::vector<std::string>;

std::vector<PathProblem> problems(PathFormat target, const Texts& paths, std::size_t root_length = 0) {
  const std::vector<std::string_view> views(paths.begin(), paths.end());
  return *check_paths(views, {.target = target, .root_length = root_length});
}

// "<index> <kind>" of each.
Texts found(PathFormat target, const Texts& paths, std::size_t root_length = 0) {
  Texts result;
  for (const PathProblem& problem : problems(target, paths, root_length)) {
    result.push_back(std::to_string(problem.path) + " " + std::string(to_string(problem.kind)));
  }
  return result;
}

TEST(PathCheck, FindsWhatWindowsNamesCannotBe) {
  EXPECT_EQ(found(PathFormat::kWindows, {"a/b.txt", "CON.txt", "a/lpt9/x", "COM1", "nul .tar.gz", "a?b", "x:y",
                                         "dot./f", "space ", "tab\t", "back\\slash", "CONSOLE", "com10", "aux"}),
            (Texts{"1 reserved-name", "2 reserved-name", "3 reserved-name", "4 reserved-name", "5 forbidden-character",
                   "6 forbidden-character", "7 trailing", "8 trailing", "9 forbidden-character",
                   "10 forbidden-character", "13 reserved-name"}));
  EXPECT_EQ(problems(PathFormat::kWindows, {"d/CON.txt"}).front().message, "'CON.txt' is a device on Windows");
  EXPECT_EQ(problems(PathFormat::kWindows, {"x:y"}).front().message,
            "'x:y' has the character ':', which Windows names cannot have");
}

TEST(PathCheck, PosixTakesThemAll) {
  EXPECT_EQ(found(PathFormat::kPosix, {"CON.txt", "a?b", "x:y", "dot.", "space ", "tab\t", "back\\slash", "A", "a"}),
            Texts());
}

TEST(PathCheck, NoSystemTakesAPathThatLeavesTheRoot) {
  for (const PathFormat target : {PathFormat::kPosix, PathFormat::kWindows}) {
    EXPECT_EQ(found(target, {"", "/a", "a//b", "../a", "a/.", std::string("a\0b", 3)}),
              (Texts{"0 no-path", "1 no-path", "2 no-path", "3 no-path", "4 no-path", "5 nul"}));
  }
}

TEST(PathCheck, CountsInTheUnitsOfTheSystem) {
  std::string kanji;
  for (int i = 0; i < 86; ++i) kanji += "\xE6\x97\xA5";  // 86 units, 258 bytes
  EXPECT_EQ(found(PathFormat::kPosix, {kanji, std::string(255, 'x'), std::string(256, 'x')}),
            (Texts{"0 component-length", "2 component-length"}));
  EXPECT_EQ(found(PathFormat::kWindows, {kanji, std::string(255, 'x'), std::string(256, 'x')}),
            (Texts{"2 component-length"}));
  const std::string deep = std::string(100, 'x') + "/" + std::string(100, 'y');
  EXPECT_EQ(found(PathFormat::kWindows, {deep}, 58), Texts());
  EXPECT_EQ(found(PathFormat::kWindows, {deep}, 59), (Texts{"0 long-path"}));
  EXPECT_EQ(found(PathFormat::kWindows, {deep}, 32767), (Texts{"0 path-length"}));
  EXPECT_EQ(found(PathFormat::kPosix, {deep}, 3895), (Texts{"0 long-path"}));
}

TEST(PathCheck, FindsNamesThatWindowsTakesForOne) {
  const auto list = problems(PathFormat::kWindows, {"Tex/a.png", "tex/A.png", "Tex/b", "tex/c", "Tex/b", "É", "é"});
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].kind, PathProblemKind::kDirectoryCase);
  EXPECT_EQ(list[0].other, 0U);
  EXPECT_FALSE(is_error(list[0].kind));
  EXPECT_EQ(list[1].kind, PathProblemKind::kCaseClash);
  EXPECT_EQ(list[1].path, 1U);
  EXPECT_EQ(list[1].message, "it is the same file as 'Tex/a.png' on Windows");
  EXPECT_TRUE(is_error(list[1].kind));
  EXPECT_EQ(list[2].path, 6U);
  EXPECT_EQ(found(PathFormat::kWindows, {"a", "a."}), (Texts{"1 trailing", "1 case-clash"}));
}

TEST(PathCheck, SaysOfADirectoryOnceWhatIsWrongWithIt) {
  EXPECT_EQ(found(PathFormat::kWindows, {"aux/a", "aux/b", "c/", "c/d", "AUX/e?", "con/", "/"}),
            (Texts{"0 reserved-name", "4 reserved-name", "4 directory-case", "4 forbidden-character", "5 reserved-name",
                   "6 no-path"}));
  EXPECT_EQ(found(PathFormat::kPosix, {"a", "a/", "b/", "b"}), (Texts{"1 file-in-directory", "3 file-in-directory"}));
}

TEST(PathCheck, FindsFilesThatAreDirectories) {
  EXPECT_EQ(found(PathFormat::kPosix, {"a", "a/b", "c/d", "c"}), (Texts{"1 file-in-directory", "3 file-in-directory"}));
  EXPECT_EQ(found(PathFormat::kWindows, {"A", "a/b"}), (Texts{"1 file-in-directory"}));
}

TEST(PathCheck, NamesThatAreNotUtf8AreKnownToOneSystemOnly) {
  const std::string escaped = "a\xED\xB2\x80";  // U+DC80: the byte 0x80 on POSIX
  const std::string lone = "a\xED\xA0\x80";     // U+D800
  EXPECT_EQ(found(PathFormat::kPosix, {escaped, lone}), (Texts{"0 not-utf8", "1 text"}));
  EXPECT_EQ(found(PathFormat::kWindows, {escaped, lone}), (Texts{"0 not-utf8", "1 not-utf8"}));
}

TEST(PathCheck, KnowsDevices) {
  for (const char* name : {"con", "PRN", "Aux.x.y", "NUL ", "COM0", "lpt\xC2\xB2", "conin$", "con:x"}) {
    EXPECT_TRUE(is_windows_device(name)) << name;
  }
  for (const char* name : {"", "con1", "com", "com\xC2\xB4", "xcon", "con_", ".con"}) {
    EXPECT_FALSE(is_windows_device(name)) << name;
  }
}

}  // namespace
}  // namespace attache
