#include <attache/base/text.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace attache {
namespace {

const std::string kHigh = "\xED\xA0\xBD";  // U+D83D alone
const std::string kLow = "\xED\xB8\x80";   // U+DE00 alone
const std::string kSmile = "\xF0\x9F\x98\x80";

// A reference that works on code units as such.
std::u16string units_of(const std::vector<char32_t>& text) {
  std::u16string units;
  for (const char32_t c : text) {
    if (c < 0x10000) {
      units.push_back(static_cast<char16_t>(c));
    } else {
      units.push_back(static_cast<char16_t>(0xD800 + ((c - 0x10000) >> 10)));
      units.push_back(static_cast<char16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
  }
  return units;
}

std::string wtf8_of(const std::vector<char32_t>& text) {
  std::string out;
  for (const char32_t c : text) append_wtf8(out, c);
  return out;
}

int sign(int value) {
  return value < 0 ? -1 : (value > 0 ? 1 : 0);
}

TEST(Text, KnowsAscii) {
  EXPECT_TRUE(is_ascii(""));
  EXPECT_TRUE(is_ascii(std::string_view("a\0\x7F", 3)));
  for (std::size_t length = 1; length < 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'a');
      EXPECT_TRUE(is_ascii(text));
      text[at] = '\x80';
      EXPECT_FALSE(is_ascii(text)) << length << ' ' << at;
    }
  }
}

TEST(Text, AcceptsUtf8AtTheEdgesOfEveryLength) {
  for (const std::string text :
       {"", "plain", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "long enough for words \xC3\xA9 and again long enough"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_TRUE(is_wtf8(text)) << text;
  }
  EXPECT_TRUE(is_utf8(std::string(1, '\0')));
}

TEST(Text, RefusesOverlongTruncatedStrayAndTooLargeSequences) {
  for (const std::string text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x9F\xBF", "\xE2\x82",
                                 "\xE2(\xA1", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80",
                                 "\xF5\x80\x80\x80", "\xFE", "\xFF", "eight__\xC3", "eightmore\x80"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
    EXPECT_FALSE(is_wtf8(text)) << text;
  }
}

TEST(Text, AllowsLoneSurrogatesInWtf8Only) {
  for (const std::string& text : {kHigh, kLow, "a" + kHigh + "b", kLow + kHigh, kHigh + kHigh}) {
    EXPECT_FALSE(is_utf8(text));
    EXPECT_TRUE(is_wtf8(text));
  }
}

TEST(Text, RefusesASurrogatePairThatIsNotOneCharacter) {
  EXPECT_FALSE(is_wtf8(kHigh + kLow));
  EXPECT_FALSE(is_wtf8(kLow + kHigh + kLow));
}

TEST(Text, AppendsEveryLengthOfCodePoint) {
  EXPECT_EQ(wtf8_of({'a', 0x7F, 0x80, 0x7FF, 0x800, 0xD83D, 0xFFFF, 0x10000, 0x10FFFF}),
            "a\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\xA0\xBD\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Text, KeepsBytesOutsideUtf8AsSurrogatesAndRestoresThem) {
  EXPECT_EQ(from_posix_bytes("caf\xE9.txt"), "caf\xED\xB3\xA9.txt");
  EXPECT_EQ(from_posix_bytes("\xE2\x82"), "\xED\xB3\xA2\xED\xB2\x82");
  EXPECT_EQ(from_posix_bytes(kHigh), "\xED\xB3\xAD\xED\xB2\xA0\xED\xB2\xBD");  // encoded surrogates are no UTF-8
  EXPECT_EQ(from_posix_bytes("\xC3\xA9"), "\xC3\xA9");
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{'x', static_cast<char>(first), static_cast<char>(second), '\xA9', 'y'};
      const std::string text = from_posix_bytes(bytes);
      ASSERT_TRUE(is_wtf8(text)) << first << ' ' << second;
      ASSERT_EQ(to_posix_bytes(text), bytes) << first << ' ' << second;
    }
  }
}

TEST(Text, HasNoPosixBytesForOtherSurrogates) {
  EXPECT_EQ(to_posix_bytes(kHigh), std::nullopt);
  EXPECT_EQ(to_posix_bytes("\xED\xB0\x80"), std::nullopt);  // U+DC00
  EXPECT_EQ(to_posix_bytes("\xED\xB1\xBF"), std::nullopt);  // U+DC7F
  EXPECT_EQ(to_posix_bytes("\xED\xB4\x80"), std::nullopt);  // U+DD00
  EXPECT_EQ(to_posix_bytes("\xED\xB2\x80"), "\x80");
  EXPECT_EQ(to_posix_bytes("\xED\xB3\xBF"), "\xFF");
}

TEST(Text, HasNoPosixBytesForTextThatWouldReadBackAsAnother) {
  EXPECT_EQ(to_posix_bytes("\xED\xB3\x83\xED\xB2\xA9"), std::nullopt);  // \udcc3\udca9 would be read as U+00E9
  EXPECT_EQ(to_posix_bytes("\xFF"), std::nullopt);                      // not WTF-8
}

TEST(Text, OrdersByUtf16CodeUnits) {
  EXPECT_LT(compare_utf16(kSmile, "\xEE\x80\x80"), 0);          // D83D DE00 before E000
  EXPECT_LT(compare_utf16(kSmile, "\xEF\xBD\x9E"), 0);          // and before FF5E
  EXPECT_GT(compare_utf16(kSmile, "\xED\x9F\xBF"), 0);          // after D7FF
  EXPECT_LT(compare_utf16(kHigh, kSmile), 0);                   // D83D is a prefix of D83D DE00
  EXPECT_GT(compare_utf16(kHigh + "\xEE\x80\x80", kSmile), 0);  // D83D E000 after D83D DE00
  EXPECT_LT(compare_utf16(kHigh + "a", kSmile), 0);
  EXPECT_GT(compare_utf16(kLow, kSmile), 0);
  EXPECT_EQ(compare_utf16("a/b", "a/b"), 0);
  EXPECT_LT(compare_utf16("a", "a/b"), 0);
  EXPECT_LT(compare_utf16("A", "a"), 0);
  EXPECT_LT(compare_utf16("z", "\xC3\xA9"), 0);
}

TEST(Text, OrdersLikeTheCodeUnitsThemselvesForAllSmallTexts) {
  const std::vector<char32_t> alphabet{0,      'a',    0x7F,   0x80,   0x7FF,  0xD7FF,  0xD800,  0xD83D,  0xDBFF,
                                       0xDC00, 0xDE00, 0xDFFF, 0xE000, 0xFFFF, 0x10000, 0x1F600, 0x1F601, 0x10FFFF};
  std::vector<std::vector<char32_t>> texts{{}};
  for (const char32_t first : alphabet) {
    texts.push_back({first});
    for (const char32_t second : alphabet) {
      if (first < 0xD800 || first > 0xDBFF || second < 0xDC00 || second > 0xDFFF) texts.push_back({first, second});
    }
  }
  for (const auto& a : texts) {
    for (const auto& b : texts) {
      ASSERT_EQ(sign(compare_utf16(wtf8_of(a), wtf8_of(b))), sign(units_of(a).compare(units_of(b))));
    }
  }
}

TEST(Text, ShowsWhatATerminalWouldObeyAsEscapes) {
  EXPECT_EQ(printable("a\n\r\t\x1B[31m\x7F"), "a\\n\\r\\t\\x1b[31m\\x7f");
  EXPECT_EQ(printable(std::string(1, '\0')), "\\x00");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u009b31m");
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "gpj.exe"),
            "\\u202egpj.exe");
  EXPECT_EQ(printable("a\xFF\xC3"), "a\\xff\\xc3");
  EXPECT_EQ(printable(kHigh + "\xED\xB2\x80"), "\\ud83d\\udc80");
}

TEST(Text, ShowsOrdinaryTextAsItIs) {
  const std::string text = "C:\\r\\x 'q' \"d\" \xE6\x97\xA5\xE6\x9C\xAC " + kSmile;
  EXPECT_EQ(printable(text), text);
  for (int byte = 0; byte < 256; ++byte) EXPECT_TRUE(is_utf8(printable(std::string(1, static_cast<char>(byte)))));
}

}  // namespace
}  // namespace attache
