#include "link_target.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(LinkTarget, NormalisesWithoutLooking) {
  EXPECT_EQ(normalised("/a/./b//c/"), "/a/b/c");
  EXPECT_EQ(normalised("/a/../../b"), "/b");
  EXPECT_EQ(normalised("/"), "/");
  EXPECT_EQ(normalised(""), "/");
  EXPECT_EQ(normalised("x/../y", "/a/b"), "/a/b/y");
  EXPECT_EQ(normalised("../../..", "/a/b"), "/");
  EXPECT_EQ(normalised("..x/...", "/a"), "/a/..x/...");
}

TEST(LinkTarget, FindsWhatLiesBelowByComponents) {
  EXPECT_EQ(below("/a/b/c", "/a/b"), "c");
  EXPECT_EQ(below("/a/b", "/a/b"), "");
  EXPECT_EQ(below("/a/bc", "/a/b"), std::nullopt);
  EXPECT_EQ(below("/a", "/a/b"), std::nullopt);
  EXPECT_EQ(below("/a", "/"), "a");
}

class ResolveLink : public testing::Test {
 protected:
  ResolveLink() { tree_.root().real_path = "/real/root"; }

  std::string resolve(const ScanDirectory& directory, const std::string& text) const {
    const LinkTarget target = resolve_link(directory, text, scope_);
    return (target.escapes ? "out " : "in ") + target.text + " " + target.absolute;
  }

  ScanTree tree_{1};
  ScanDirectory& directory_ = tree_.add(0, tree_.root(), "d");
  LinkScope scope_{"/named/root"};
};

TEST_F(ResolveLink, TakesTextsRelativeToTheLinksDirectory) {
  EXPECT_EQ(resolve(tree_.root(), "x/y"), "in x/y /real/root/x/y");
  EXPECT_EQ(resolve(directory_, "x"), "in d/x /real/root/d/x");
  EXPECT_EQ(resolve(directory_, "../x"), "in x /real/root/x");
  EXPECT_EQ(resolve(directory_, "a/../../b"), "in b /real/root/b");
  EXPECT_EQ(resolve(directory_, "..x"), "in d/..x /real/root/d/..x");
  EXPECT_EQ(resolve(directory_, ".."), "in . /real/root") << "the root itself";
  EXPECT_EQ(resolve(directory_, "\xff"), "in d/\xed\xb3\xbf /real/root/d/\xff");
}

TEST_F(ResolveLink, KnowsWhatLeavesTheRoot) {
  EXPECT_EQ(resolve(tree_.root(), "../x"), "out  /real/x");
  EXPECT_EQ(resolve(directory_, "../../x"), "out  /real/x");
  EXPECT_EQ(resolve(directory_, "/etc/x"), "out  /etc/x");
  EXPECT_EQ(resolve(directory_, "/named/rootx"), "out  /named/rootx");
}

TEST_F(ResolveLink, TakesTheRootsOwnPathForTheRoot) {
  EXPECT_EQ(resolve(directory_, "/named/root/x"), "in x /named/root/x");
  EXPECT_EQ(resolve(directory_, "/real/root/x"), "in x /real/root/x");
  EXPECT_EQ(resolve(directory_, "../../root/x"), "in x /real/root/x");
}

TEST_F(ResolveLink, StaysInADirectoryThatWasReachedThroughALink) {
  ScanDirectory& link = tree_.add(0, directory_, "link");
  link.real_path = "/elsewhere/e";
  ScanDirectory& below_link = tree_.add(0, link, "s");
  EXPECT_EQ(resolve(below_link, "x"), "in d/link/s/x /elsewhere/e/s/x");
  EXPECT_EQ(resolve(below_link, ".."), "in d/link /elsewhere/e");
  EXPECT_EQ(resolve(below_link, "../../y"), "out  /elsewhere/y") << "not d/y, which another file may be";
  EXPECT_EQ(resolve(below_link, "/real/root/y"), "in y /real/root/y");
}

TEST_F(ResolveLink, SaysAbsolutePathsWhereTheManifestDoes) {
  scope_.absolute = true;
  scope_.inside = {"/named/root", "/other"};
  EXPECT_EQ(resolve(directory_, "x"), "in /named/root/d/x /real/root/d/x");
  EXPECT_EQ(resolve(directory_, "/other/x"), "in /other/x /other/x");
  EXPECT_EQ(resolve(directory_, "/third/x"), "out /third/x /third/x");
}

TEST(LinkTarget, RefusesWhatIsAbsoluteElsewhere) {
  EXPECT_TRUE(is_writable_target("a/b"));
  EXPECT_FALSE(is_writable_target("C:/x"));
  EXPECT_FALSE(is_writable_target("c:x"));
  EXPECT_FALSE(is_writable_target("\\\\server\\x"));
  EXPECT_FALSE(is_writable_target(std::string(70'000, 'x')));
}

}  // namespace
}  // namespace attache
