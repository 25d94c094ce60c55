#include <attache/base/json_reader.hpp>
#include <attache/base/text_place.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache::detail {
namespace {

// A whole text as one value: its kind and content, or where and how it fails.
std::string read(std::string_view text) {
  JsonReader reader(text);
  JsonValue value;
  std::string scratch;
  if (reader.read_value(value, scratch, 0) && reader.finish()) {
    return std::string(name_of(value.kind)) + " " + std::string(value.text);
  }
  return std::to_string(reader.failure().offset) + ": " + reader.failure().what;
}

TEST(JsonReader, ReadsWhatPythonReads) {
  EXPECT_EQ(read(" \"a\\u00e9\\n\" "), "a string a\xC3\xA9\n");
  EXPECT_EQ(read("\"\\udc80\""), "a string \xED\xB2\x80") << "a file name that is not UTF-8";
  EXPECT_EQ(read("\"\\ud83d\\ude00\""), "a string \xF0\x9F\x98\x80");
  EXPECT_EQ(read("-12"), "an integer ");
  EXPECT_EQ(read("1e3"), "a number with a fraction or exponent ");
  EXPECT_EQ(read("NaN"), "a number with a fraction or exponent ");
  EXPECT_EQ(read("[1, {\"a\": null}]"), "an array ");
}

TEST(JsonReader, SaysWhereATextIsBroken) {
  EXPECT_EQ(read("[1,]").substr(0, 3), "3: ");
  EXPECT_EQ(read("1 2"), "2: text after the end");
  EXPECT_EQ(read("\"\xFF\""), "1: a string is not UTF-8");
  EXPECT_EQ(read("\"a").substr(0, 3), "0: ");
  JsonReader reader("\"\xFF\"");
  JsonValue value;
  std::string scratch;
  EXPECT_FALSE(reader.read_value(value, scratch, 0));
  EXPECT_EQ(reader.failure().fault, JsonFault::kText);
}

TEST(JsonReader, BoundsTheNesting) {
  const std::string deep = std::string(kMaxNesting, '[') + std::string(kMaxNesting, ']');
  EXPECT_EQ(read(deep), "an array ");
  EXPECT_EQ(read("[" + deep + "]"), "64: more than 64 nested levels");
}

TEST(TextPlace, CountsLinesAndCharacters) {
  EXPECT_EQ(place("a\n\xC3\xA9x", 4), "line 2, column 2");
  EXPECT_EQ(place("", 0), "line 1, column 1");
  PlaceFinder finder("ab\ncd");
  EXPECT_EQ(finder.find(4).column, 2U);
  EXPECT_EQ(finder.find(1).line, 1U) << "back again";
}

}  // namespace
}  // namespace attache::detail
