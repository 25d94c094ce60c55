#include <attache/paths/known_paths.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Paths = std::vector<std::string>;

Paths filtered(const Paths& paths, PathFormat format = PathFormat::kPosix) {
  return filter_known_paths(format, "/home/me", paths);
}

TEST(KnownPaths, ThoseBelowOthersAreRedundant) {
  EXPECT_THAT(filtered({"/a/b/", "/a", "/ab", "/a/../c", "/c/d"}), ElementsAre("/a", "/ab", "/c"));
  EXPECT_THAT(filtered({"/c", "/b", "/c//."}), ElementsAre("/c", "/b"));
  EXPECT_THAT(filtered({"/a", "/"}), ElementsAre("/"));
}

TEST(KnownPaths, RelativeOnesAreNone) {
  EXPECT_THAT(filtered({"rel", "", "~other", "./x"}), IsEmpty());
  EXPECT_THAT(filtered({"~/x", "~"}), ElementsAre("/home/me"));
}

TEST(KnownPaths, AWindowsServerHoldsItsShares) {
  EXPECT_THAT(filtered({"\\\\srv\\Share\\x", "//SRV/share", "\\\\srv2", "\\x", "C:x", "C:\\", "c:/p", "\\\\"},
                       PathFormat::kWindows),
              ElementsAre("C:\\", "\\\\srv2", "\\\\SRV\\share"));
  EXPECT_TRUE(is_known_path(PathFormat::kWindows, "\\\\?\\UNC\\srv\\share\\x", {"\\\\SRV"}));
  EXPECT_TRUE(is_known_path(PathFormat::kWindows, "\\\\?\\C:\\P\\x", {"c:/p"}));
  EXPECT_FALSE(is_known_path(PathFormat::kWindows, "\\\\srv\\share", {"\\\\"}));
  EXPECT_TRUE(is_known_path(PathFormat::kWindows, "//srv/share/../x", {"\\\\srv\\share"}));
}

TEST(KnownPaths, HoldWhatIsBelowThem) {
  EXPECT_TRUE(is_known_path(PathFormat::kPosix, "//t/p/x", {"/q", "/t/p/"}));
  EXPECT_FALSE(is_known_path(PathFormat::kPosix, "/t/p-secret", {"/t/p"}));
  EXPECT_FALSE(is_known_path(PathFormat::kPosix, "/t/p/../x", {"/t/p"}));
  EXPECT_FALSE(is_known_path(PathFormat::kPosix, "/t", {}));
  EXPECT_FALSE(is_known_path(PathFormat::kPosix, "t", {""})) << "an empty path is not all paths";
  EXPECT_FALSE(is_known_path(PathFormat::kPosix, "/t", {"."}));
}

TEST(KnownPaths, DivideTheDirectoriesOfASubmission) {
  const ClassifiedPaths paths =
      classify_paths(PathFormat::kPosix, {"/p/tex", "/p", "/u/x/y", "/u/x"}, {"/p/out", "/v/../w", "/w"}, {"/p"});
  EXPECT_THAT(paths.known_inputs, ElementsAre("/p"));
  EXPECT_THAT(paths.unknown_inputs, ElementsAre("/u/x"));
  EXPECT_THAT(paths.known_outputs, ElementsAre("/p/out"));
  EXPECT_THAT(paths.unknown_outputs, ElementsAre("/w"));
}

TEST(KnownPaths, TheWarningNamesWhatIsUnknown) {
  EXPECT_EQ(unknown_paths_warning({{"/p"}, {}, {"/o"}, {}}), "");
  const std::string text = unknown_paths_warning({{"/p"}, {"/u1", "/u\n2"}, {}, {"/w"}}, 2);
  EXPECT_THAT(text, HasSubstr("  /u1\n  /u\\n2\n  and 1 more\n"));
  EXPECT_THAT(unknown_paths_warning({{}, {}, {}, {"/w"}}), HasSubstr("  /w (output)\n"));
}

}  // namespace
}  // namespace attache
