#include <attache/fsio/host_path.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(join_path("a/b", "c"), "a/b/c");
  EXPECT_EQ(join_path("a/", "c"), "a/c");
  EXPECT_EQ(join_path("/", "c"), "/c");
  EXPECT_EQ(join_path("", "c"), "c");
}

TEST(JoinPath, ReplacesWhatWasInTheText) {
  std::string path = "before";
  join_path(path, "/a", "b");
  EXPECT_EQ(path, "/a/b");
}

}  // namespace
}  // namespace attache
