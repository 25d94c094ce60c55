#include <attache/paths/conflict_names.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(CopyName, PutsTheNumberBeforeTheSuffix) {
  EXPECT_EQ(copy_name("a.txt", 1), "a (1).txt");
  EXPECT_EQ(copy_name("a.tar.gz", 2), "a.tar (2).gz");
  EXPECT_EQ(copy_name("two..ext", 1), "two. (1).ext");
  EXPECT_EQ(copy_name(".hidden.txt", 1), ".hidden (1).txt");
  EXPECT_EQ(copy_name("..a", 1), ". (1).a");
  EXPECT_EQ(copy_name("日本.png", 18446744073709551615U), "日本 (18446744073709551615).png");
}

TEST(CopyName, ADotAtEitherEndBeginsNoSuffix) {
  EXPECT_EQ(copy_name("noext", 1), "noext (1)");
  EXPECT_EQ(copy_name(".bashrc", 1), ".bashrc (1)");
  EXPECT_EQ(copy_name("x.", 1), "x. (1)");
  EXPECT_EQ(copy_name(".", 1), ". (1)");
  EXPECT_EQ(copy_name("", 1), " (1)");
}

TEST(CopyName, ACopyOfACopyIsNumberedAgain) {
  EXPECT_EQ(copy_name("a (1).txt", 1), "a (1) (1).txt");
}

}  // namespace
}  // namespace attache
