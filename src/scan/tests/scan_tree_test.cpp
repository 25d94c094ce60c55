#include "scan_tree.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(ScanDirectory, KnowsItsPath) {
  ScanTree tree(1);
  ScanDirectory& a = tree.add(0, tree.root(), "a");
  ScanDirectory& b = tree.add(0, a, "bcd");
  EXPECT_EQ(tree.root().path(), "");
  EXPECT_EQ(tree.root().path_of("x"), "x");
  EXPECT_EQ(a.path(), "a");
  EXPECT_EQ(b.path(), "a/bcd");
  EXPECT_EQ(b.path_of("x"), "a/bcd/x");
  EXPECT_EQ(join_path("", "x"), "x");
  EXPECT_EQ(join_path("a/b", "x"), "a/b/x");
  EXPECT_EQ(join_path("/", "x"), "/x");
}

TEST(ScanDirectory, KnowsWhereItReallyLies) {
  ScanTree tree(1);
  ScanDirectory& link = tree.add(0, tree.root(), "link");
  ScanDirectory& below = tree.add(0, link, "below");
  EXPECT_EQ(below.resolved_path(), "") << "nobody knows";
  tree.root().real_path = "/";
  EXPECT_EQ(below.resolved_path(), "/link/below");
  link.real_path = "/elsewhere";
  EXPECT_EQ(below.resolved_path(), "/elsewhere/below");
  EXPECT_EQ(&below.mount(), &link);
  EXPECT_EQ(tree.root().resolved_path(), "/");
}

TEST(ScanTree, KeepsChunkHashes) {
  ScanTree tree(1);
  ScanFile a;
  ScanFile b;
  tree.set_chunks(a, {Digest{}, Digest{{1}}});
  tree.set_chunks(b, {Digest{{2}}});
  EXPECT_EQ(tree.chunks(a).size(), 2U);
  EXPECT_EQ(tree.chunks(a)[1], Digest{{1}});
  EXPECT_EQ(tree.chunks(b)[0], Digest{{2}});
}

}  // namespace
}  // namespace attache
