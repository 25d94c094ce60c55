#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/scan/glob_config.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(GlobConfig, HasDefaultsForWhatIsNotSaid) {
  const auto config = parse_glob_config(R"({"exclude": ["*.tmp"], "other": 1})");
  ASSERT_TRUE(config);
  EXPECT_THAT(config->include, ElementsAre("**/*"));
  EXPECT_THAT(config->exclude, ElementsAre("*.tmp"));
  EXPECT_THAT(parse_glob_config(R"({"include": []})")->include, IsEmpty());
}

// By the rules of Python's `json`, as the incumbent reads it.
TEST(GlobConfig, IsReadAsPythonReadsJson) {
  EXPECT_THAT(parse_glob_config(R"({"include": ["\ud800"], "x": [NaN, 1e999, {"y": null}]})")->include,
              ElementsAre("\xED\xA0\x80"));
  EXPECT_THAT(parse_glob_config(R"({"include": 1, "include": ["a", 2], "include": ["b"]})")->include, ElementsAre("b"));
  EXPECT_FALSE(parse_glob_config(std::string_view("{}\0", 3)));
  EXPECT_FALSE(parse_glob_config("\xEF\xBB\xBF{}")) << "a byte order mark";
  EXPECT_FALSE(parse_glob_config(R"({"include": ["a"})"));
  EXPECT_FALSE(parse_glob_config(R"({"include": ["a"]} x)"));
}

TEST(GlobConfig, SaysWhatIsWrong) {
  for (const char* text : {"", "[]", "null", "\"x\"", "{", R"({"include": "x"})", R"({"include": null})",
                           R"({"exclude": [1]})", "{\"include\": [\"\xff\"]}"}) {
    const auto config = parse_glob_config(text);
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(config.error().remedy(), HasSubstr("include"));
  }
}

TEST(GlobConfig, TakesTextOrTheNameOfAFile) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("config", R"({"include": ["a"]})").file("empty").file("broken", "{");
  EXPECT_THAT(read_glob_config(R"({"include": ["b"]})")->include, ElementsAre("b"));
  EXPECT_THAT(read_glob_config("")->include, ElementsAre("**/*"));
  EXPECT_THAT(read_glob_config(dir / "config")->include, ElementsAre("a"));
  EXPECT_FALSE(read_glob_config(dir / "empty"));
  EXPECT_THAT(read_glob_config(dir / "broken").error().message(), HasSubstr(dir / "broken"));
  EXPECT_THAT(read_glob_config(dir / "missing").error().message(), HasSubstr("neither JSON nor the name of a file"));
  EXPECT_FALSE(read_glob_config("[]"));
}

}  // namespace
}  // namespace attache
