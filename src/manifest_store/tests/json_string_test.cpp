#include "json_string.hpp"

#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(JsonString, ReadsEveryEscape) {
  EXPECT_EQ(parse_json_string(R"("a\"\\\/\b\f\n\r\t\u00e9\u00E9\ud83d\ude00é")"), "a\"\\/\b\f\n\r\téé😀é");
  EXPECT_EQ(parse_json_string(" \t\r\n\"x\" \n"), "x");
  EXPECT_EQ(parse_json_string("\"\""), "");
}

TEST(JsonString, KeepsLoneSurrogates) {
  EXPECT_EQ(parse_json_string(R"("\ud83d")"), "\xED\xA0\xBD");
  EXPECT_EQ(parse_json_string(R"("\ud83dx\ude00")"), "\xED\xA0\xBDx\xED\xB8\x80");
  EXPECT_EQ(parse_json_string(R"("\ud83d\ud83d\ude00")"), "\xED\xA0\xBD😀");
  EXPECT_EQ(parse_json_string(R"("\ud83d\n")"), "\xED\xA0\xBD\n");
}

TEST(JsonString, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "x", "5", "null", "\"", "\"a", "\"a\\", "\"a\\\"", "\"\\x\"", "\"\\u12\"",
                                      "\"\\u12g4\"", "\"a\" b", "\"a\nb\"", "\"\xFF\"", "\"\\ud83d\\u12\""}) {
    EXPECT_EQ(parse_json_string(text), std::nullopt) << text;
  }
}

TEST(JsonString, ReadsWhatIsWritten) {
  std::string text;
  for (char32_t c = 0; c < 0x11000; c += 7) append_wtf8(text, c >= 0xD800 && c < 0xE000 ? 0xDC80 : c);
  std::string json;
  append_json_string(json, text);
  EXPECT_EQ(parse_json_string(json), text);
}

}  // namespace
}  // namespace attache
