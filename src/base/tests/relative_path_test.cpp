#include <attache/base/relative_path.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using testing::HasSubstr;

TEST(RelativePath, KeepsGoodPathsAsTheyAre) {
  for (const std::string text : {"a", "a/b/c.txt", "...", "..a/b..", ".hidden/x", "a\\..\\b", "C:x", "~", "a b/\n",
                                 "\xC3\xA9/\xF0\x9F\x98\x80", "bad-\xED\xB2\x80"}) {
    const Result<RelativePath> path = RelativePath::parse(text);
    ASSERT_TRUE(path) << text;
    EXPECT_EQ(path->text(), text);
  }
}

TEST(RelativePath, RefusesPathsThatLeadOutsideTheRoot) {
  for (const std::string text : {"/", "/etc/passwd", "//x", "..", "../x", "a/..", "a/../b", "a/b/../../../c"}) {
    const Result<RelativePath> path = RelativePath::parse(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().code(), ErrorCode::kOutsideRoot) << text;
  }
}

TEST(RelativePath, RefusesPathsThatAreNotInNormalForm) {
  for (const std::string& text :
       std::vector<std::string>{"", ".", "./a", "a/.", "a/./b", "a//b", "a/", std::string("a\0b", 3), "a\xFF",
                                "\xC0\xAF", "\xED\xA0\xBD\xED\xB8\x80"}) {
    const Result<RelativePath> path = RelativePath::parse(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().code(), ErrorCode::kInvalidArgument) << text;
  }
}

TEST(RelativePath, NamesThePathAndTheRuleInTheMessage) {
  const Error error = RelativePath::parse("a/../b\n").error();
  EXPECT_THAT(error.message(), HasSubstr("'a/../b\\n'"));
  EXPECT_THAT(error.message(), HasSubstr("'..'"));
  EXPECT_THAT(error.remedy(), HasSubstr("make it again"));
}

TEST(RelativePath, SplitsNameAndParent) {
  const RelativePath deep = RelativePath::parse("a/b/c").value();
  EXPECT_EQ(deep.name(), "c");
  EXPECT_EQ(deep.parent(), "a/b");
  const RelativePath top = RelativePath::parse("c").value();
  EXPECT_EQ(top.name(), "c");
  EXPECT_EQ(top.parent(), "");
}

TEST(RelativePath, ComparesByBytes) {
  EXPECT_EQ(RelativePath::parse("a/b").value(), RelativePath::parse("a/b").value());
  EXPECT_LT(RelativePath::parse("a/b").value(), RelativePath::parse("a/c").value());
}

}  // namespace
}  // namespace attache
