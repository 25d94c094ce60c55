#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

TEST(LowerCase, MapsTheScriptsThatHaveCase) {
  EXPECT_EQ(lower_case("C:\\Users\\ME_09"), "c:\\users\\me_09");
  EXPECT_EQ(lower_case("ÀÉÎÖÞß×÷"), "àéîöþß×÷");
  EXPECT_EQ(lower_case("ĀāĹŸŽƂƠǄǅ"), "āāĺÿžƃơǆǆ");
  EXPECT_EQ(lower_case("ΆΑΩΫ"), "άαωϋ");
  EXPECT_EQ(lower_case("ЀЖЯѠҐӀ"), "ѐжяѡґӏ");
  EXPECT_EQ(lower_case("ԱՖႠᎠẞỲK"), "աֆⴀꭰßỳk");
  EXPECT_EQ(lower_case("ⅠⒶⰀＡ𐐀𞤀"), "ⅰⓐⰰａ𐐨𞤢");
  EXPECT_EQ(lower_case("日本 e\xCC\x81 😀"), "日本 e\xCC\x81 😀");
}

TEST(LowerCase, MapsTheDottedCapitalIToTwoCharacters) {
  EXPECT_EQ(lower_case("İ"), "i\xCC\x87");
}

TEST(LowerCase, MakesAllSigmasOne) {
  EXPECT_EQ(lower_case("ΣΑΣ σας"), "σασ σασ");
}

TEST(LowerCase, KeepsLoneSurrogatesAndInvalidBytes) {
  EXPECT_EQ(lower_case("A\xED\xB2\x80Z"), "a\xED\xB2\x80z");
  EXPECT_EQ(lower_case("A\xFFZ\xC3"), "a\xFFz\xC3");
}

TEST(LowerCase, IsIdempotentForEveryCharacter) {
  for (char32_t c = 1; c < 0x20000; ++c) {  // no character beyond has case
    std::string text;
    append_wtf8(text, c);
    const std::string once = lower_case(text);
    ASSERT_EQ(lower_case(once), once) << static_cast<std::uint32_t>(c);
  }
}

}  // namespace
}  // namespace attache
