#include <attache/base/json_text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonText, KeepsPrintableAsciiAndTheSlash) {
  EXPECT_EQ(quoted("a/b c~"), R"("a/b c~")");
}

TEST(JsonText, UsesTheShortEscapesWhereTheyExist) {
  EXPECT_EQ(quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
}

TEST(JsonText, EscapesOtherControlsAndDelInLowerCase) {
  EXPECT_EQ(quoted("\x1f\x7f"), R"("\u001f\u007f")");
}

TEST(JsonText, EscapesBeyondTheBmpAsAPair) {
  EXPECT_EQ(quoted("\xF0\x9F\x98\x80"), R"("\ud83d\ude00")");
}

TEST(JsonText, KeepsLoneSurrogates) {
  EXPECT_EQ(quoted("\xED\xB2\x80"), R"("\udc80")");
}

TEST(JsonText, ReplacesBytesThatAreNotText) {
  EXPECT_EQ(quoted("a\xFF"), R"("a\ufffd")");
}

}  // namespace
}  // namespace attache
