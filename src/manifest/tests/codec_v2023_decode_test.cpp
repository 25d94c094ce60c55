#include <attache/manifest/codec_v2023.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kHash = "0123456789abcdef0123456789abcdef";

std::string entry(const std::string& path, const std::string& size = "1", const std::string& mtime = "2") {
  return R"({"path":")" + path + R"(","hash":")" + kHash + R"(","size":)" + size + R"(,"mtime":)" + mtime + "}";
}

std::string document(const std::string& entries, const std::string& total = "1") {
  return R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)" + entries + R"(],"totalSize":)" + total +
         "}";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

struct Refused {
  DecodeRule rule{};
  ErrorCode code{};
  std::string message;
  std::string remedy;
};

Refused refusal(const std::string& text) {
  Refused refused;
  const Result<Manifest> manifest = decode_v2023(text, &refused.rule);
  EXPECT_FALSE(manifest) << text.substr(0, 500);
  if (!manifest) {
    refused.code = manifest.error().code();
    refused.message = manifest.error().message();
    refused.remedy = manifest.error().remedy();
    EXPECT_FALSE(refused.remedy.empty());
  }
  return refused;
}

void expect_refused(const std::string& text, DecodeRule rule, const std::string& part_of_message) {
  SCOPED_TRACE(text.substr(0, 500));
  const Refused refused = refusal(text);
  EXPECT_EQ(refused.rule, rule);
  EXPECT_EQ(refused.code, ErrorCode::kInvalidManifest);
  EXPECT_THAT(refused.message, HasSubstr(part_of_message));
}

ManifestEntry only_entry(const Result<Manifest>& manifest) {
  if (!manifest) {
    ADD_FAILURE() << manifest.error().to_string();
    return {};
  }
  EXPECT_EQ(manifest->size(), 1U);
  return (*manifest)[0];
}

TEST(ManifestDecode, KeepsEntriesInTheirOrderAndTheStatedTotal) {
  const Result<Manifest> manifest =
      decode_v2023(document(entry("b/c", "5", "-7") + "," + entry("a") + "," + entry("b/c"), "99"));
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  ASSERT_EQ(manifest->size(), 3U);
  EXPECT_EQ((*manifest)[0].path, "b/c");
  EXPECT_EQ((*manifest)[0].size, 5U);
  EXPECT_EQ((*manifest)[0].mtime_us, -7);
  EXPECT_EQ((*manifest)[0].hash.to_hex(), kHash);
  EXPECT_EQ((*manifest)[1].path, "a");
  EXPECT_EQ((*manifest)[2].path, "b/c");
  EXPECT_EQ(manifest->total_size(), 99U);
}

TEST(ManifestDecode, ReadsKeysInAnyOrderWithAnyWhiteSpace) {
  const Result<Manifest> manifest = decode_v2023(
      " \t\r\n{ \"totalSize\" : 3 ,\n\"paths\" : [ { \"mtime\" : 4 , \"size\" : 3 , \"hash\" : \"" + kHash +
      "\" , \"path\" : \"x\" } ] , \"manifestVersion\" : \"2023-03-03\" , \"hashAlg\" : \"xxh128\" } \n");
  EXPECT_EQ(only_entry(manifest).mtime_us, 4);
}

TEST(ManifestDecode, IgnoresUnknownFieldsWhateverTheyHold) {
  const std::string odd = R"({"a":[1,-2.5e+3,{"b":[[],{}]},NaN,Infinity,-Infinity,"\"]}",null,true],"":false})";
  const std::string text =
      replaced(document(replaced(entry("x"), "{", "{\"more\":" + odd + ",")), "{", "{\"other\":" + odd + ",");
  EXPECT_EQ(only_entry(decode_v2023(text)).path, "x");
}

TEST(ManifestDecode, CountsTheLastOfDuplicateKeys) {
  std::string text = document(replaced(entry("x"), "{", R"({"path":7,"size":"no","hash":[],"mtime":true,)"));
  text = replaced(text, "{", R"({"paths":[{"path":1},3],"hashAlg":"md5","manifestVersion":null,"totalSize":-1,)");
  EXPECT_EQ(only_entry(decode_v2023(text)).path, "x");
  expect_refused(replaced(document(entry("x")), R"("mtime":2})", R"("mtime":2,"size":"late"})"), DecodeRule::kType,
                 "'size'");
  expect_refused(replaced(document(entry("x")), R"("totalSize":1)", R"("totalSize":1,"paths":[])"), DecodeRule::kEmpty,
                 "'paths'");
}

TEST(ManifestDecode, ReadsKeysAndValuesThatAreWrittenWithEscapes) {
  std::string text = replaced(document(entry("x")), "\"path\":", R"("\u0070ath":)");
  text = replaced(text, "xxh128", R"(xxh\u003128)");
  text = replaced(text, kHash, R"(\u0030)" + kHash.substr(1));
  text = replaced(text, "\"2023-03-03\"", R"("2023\u002d03-03")");
  EXPECT_EQ(only_entry(decode_v2023(text)).hash.to_hex(), kHash);
}

TEST(ManifestDecode, DecodesEveryEscape) {
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC)")))).path,
            "\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(a\u0000b)")))).path, std::string_view("a\0b", 3));
}

TEST(ManifestDecode, JoinsEscapedPairsAndKeepsLoneSurrogates) {
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ud83d\ude00)")))).path, "\xF0\x9F\x98\x80");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\uDBFF\uDFFF)")))).path, "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(caf\udce9)")))).path, "caf\xED\xB3\xA9");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ud83d)")))).path, "\xED\xA0\xBD");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ud83dx\ude00)")))).path, "\xED\xA0\xBDx\xED\xB8\x80");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ude00\ud83d)")))).path, "\xED\xB8\x80\xED\xA0\xBD");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ud83d\ud83d\ude00)")))).path, "\xED\xA0\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(only_entry(decode_v2023(document(entry(R"(\ud83d\u0041)")))).path,
            "\xED\xA0\xBD"
            "A");
}

TEST(ManifestDecode, ReadsRawUtf8AndDel) {
  EXPECT_EQ(only_entry(decode_v2023(document(entry("\xE6\x97\xA5/\xF0\x9F\x98\x80\x7F")))).path,
            "\xE6\x97\xA5/\xF0\x9F\x98\x80\x7F");
  EXPECT_EQ(only_entry(decode_v2023(document(entry("\xC3\xA9\\n\xC3\xA9")))).path, "\xC3\xA9\n\xC3\xA9");
}

TEST(ManifestDecode, RefusesTextThatIsNotUtf8) {
  for (const std::string bad : {"\xFF", "a\xC3", "\xC0\xAF", "\xED\xA0\x80", "12345678\x80", "\\n\xE2\x82",
                                "\xC3\\u0041\xA9", "\xF4\x90\x80\x80"}) {
    expect_refused(document(entry(bad)), DecodeRule::kText, "not UTF-8");
  }
  expect_refused(replaced(document(entry("x")), "{", "{\"\xFF\":1,"), DecodeRule::kText, "not UTF-8");
  expect_refused(replaced(document(entry("x")), "{", "{\"a\":[\"\xFF\"],"), DecodeRule::kText, "not UTF-8");
}

TEST(ManifestDecode, KeepsPathsAsTheyAre) {
  for (const std::string path : {"", "/abs", "..", "a/../b", "a//b", "./a", "a/", "C:/x", "a b"}) {
    EXPECT_EQ(only_entry(decode_v2023(document(entry(path)))).path, path);
  }
}

TEST(ManifestDecode, ReadsIntegersUpToTheirLimits) {
  EXPECT_EQ(only_entry(decode_v2023(document(entry("x", "18446744073709551615")))).size,
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(only_entry(decode_v2023(document(entry("x", "1", "9223372036854775807")))).mtime_us,
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(only_entry(decode_v2023(document(entry("x", "1", "-9223372036854775808")))).mtime_us,
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(only_entry(decode_v2023(document(entry("x", "-0", "-0")))).size, 0U);
  EXPECT_EQ(decode_v2023(document(entry("x"), "18446744073709551615"))->total_size(),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(ManifestDecode, RefusesIntegersOutsideTheirLimits) {
  for (const std::string size : {"18446744073709551616", "99999999999999999999", "1000000000000000000000000000000"}) {
    expect_refused(document(entry("x", size)), DecodeRule::kIntegerRange, "'size' needs more than 64 bits");
    expect_refused(document(entry("x"), size), DecodeRule::kIntegerRange, "'totalSize'");
  }
  for (const std::string mtime :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "-99999999999999999999"}) {
    expect_refused(document(entry("x", "1", mtime)), DecodeRule::kIntegerRange, "'mtime'");
  }
}

TEST(ManifestDecode, RefusesNegativeSizes) {
  for (const std::string size : {"-1", "-18446744073709551615", "-99999999999999999999999"}) {
    expect_refused(document(entry("x", size)), DecodeRule::kNegativeSize, "'size' is negative");
    expect_refused(document(entry("x"), size), DecodeRule::kNegativeSize, "'totalSize' is negative");
  }
}

TEST(ManifestDecode, RefusesBooleansInThePlaceOfIntegers) {
  expect_refused(document(entry("x", "true")), DecodeRule::kBoolean, "'size' must be an integer, not true");
  expect_refused(document(entry("x", "1", "false")), DecodeRule::kBoolean, "'mtime'");
  expect_refused(document(entry("x"), "true"), DecodeRule::kBoolean, "'totalSize'");
}

TEST(ManifestDecode, RefusesOtherTypesInThePlaceOfIntegers) {
  for (const std::string value : {"1.0", "1e2", "1.5", "\"1\"", "null", "[]", "{}", "[1]", "NaN", "-Infinity"}) {
    expect_refused(document(entry("x", value)), DecodeRule::kType, "'size' must be an integer");
    expect_refused(document(entry("x", "1", value)), DecodeRule::kType, "'mtime' must be an integer");
    expect_refused(document(entry("x"), value), DecodeRule::kType, "'totalSize' must be an integer");
  }
}

TEST(ManifestDecode, RefusesOtherTypesInThePlaceOfStrings) {
  for (const std::string value : {"1", "null", "true", "[\"x\"]", "{}"}) {
    expect_refused(document(replaced(entry("x"), "\"x\"", value)), DecodeRule::kType, "'path' must be a string");
    expect_refused(document(replaced(entry("x"), "\"" + kHash + "\"", value)), DecodeRule::kType,
                   "'hash' must be a string");
    expect_refused(replaced(document(entry("x")), "\"xxh128\"", value), DecodeRule::kType,
                   "'hashAlg' at line 1, column 12 must be a string");
  }
}

TEST(ManifestDecode, RefusesHashesThatAreNotThirtyTwoLowerCaseDigits) {
  for (const std::string& hash :
       {std::string("h"), std::string(), kHash + "0", kHash.substr(1),
        "0123456789ABCDEF0123456789ABCDEF" + std::string(), std::string("0123456789abcdef0123456789abcde/"),
        std::string("../../../../../../../../etc/passwd")}) {
    expect_refused(document(replaced(entry("x"), kHash, hash)), DecodeRule::kHashForm,
                   "'hash' must be 32 lower-case hex digits, not '" + hash + "'");
  }
}

TEST(ManifestDecode, RefusesEntriesThatLackFieldsAndNamesAllOfThem) {
  for (const std::string field : {"path", "hash", "size", "mtime"}) {
    expect_refused(document(replaced(entry("x"), "\"" + field + "\"", "\"other\"")), DecodeRule::kMissingField,
                   "lacks '" + field + "'");
  }
  expect_refused(document("{}"), DecodeRule::kMissingField, "lacks 'path', 'hash', 'size', 'mtime'");
}

TEST(ManifestDecode, RefusesDocumentsThatLackFieldsAndNamesAllOfThem) {
  expect_refused(replaced(document(entry("x")), "hashAlg", "other"), DecodeRule::kMissingField,
                 "the document lacks 'hashAlg'");
  expect_refused(replaced(document(entry("x")), "paths", "other"), DecodeRule::kMissingField, "'paths'");
  expect_refused(replaced(document(entry("x")), "totalSize", "other"), DecodeRule::kMissingField, "'totalSize'");
  expect_refused(R"({"manifestVersion":"2023-03-03"})", DecodeRule::kMissingField,
                 "lacks 'hashAlg', 'paths', 'totalSize'");
  expect_refused("{}", DecodeRule::kVersion, "'manifestVersion' is missing");
}

TEST(ManifestDecode, RefusesOtherVersions) {
  for (const std::string version :
       {"\"2023-03-04\"", "\"UNDEFINED\"", "\"v2023_03_03\"", "20230303", "true", "null", "[\"2023-03-03\"]"}) {
    expect_refused(replaced(document(entry("x")), "\"2023-03-03\"", version), DecodeRule::kVersion,
                   "'manifestVersion' at line 1, column 39 must be '2023-03-03'");
  }
}

TEST(ManifestDecode, SaysThatALaterFormatIsNotSupportedYet) {
  for (const std::string text :
       {R"({"dirs":[],"files":[],"hashAlg":"xxh128","specificationVersion":"relative-manifest-diff-beta-2025-12"})",
        R"({"manifestVersion":"2025-12-04-beta","dirs":[]})"}) {
    const Refused refused = refusal(text);
    EXPECT_EQ(refused.code, ErrorCode::kUnsupported);
    EXPECT_EQ(refused.rule, DecodeRule::kLaterFormat);
    EXPECT_THAT(refused.message, AllOf(HasSubstr("2025-12"), HasSubstr("a later one than 2023-03-03")));
    EXPECT_THAT(refused.remedy, HasSubstr("2023-03-03"));
  }
  EXPECT_TRUE(decode_v2023(replaced(document(entry("x")), "{", R"({"specificationVersion":"ignored here",)")));
}

TEST(ManifestDecode, RefusesOtherHashAlgorithms) {
  for (const std::string name : {"sha256", "xxh64", "", "XXH128"}) {
    expect_refused(replaced(document(entry("x")), "xxh128", name), DecodeRule::kAlgorithm,
                   "must be 'xxh128', not '" + name + "'");
  }
}

TEST(ManifestDecode, RefusesPathsThatAreNotAListOfObjects) {
  expect_refused(document(""), DecodeRule::kEmpty, "'paths' at line 1, column 60 has no entry");
  for (const std::string value : {"{}", "\"abc\"", "5", "null", "{\"path\":1}"}) {
    expect_refused(replaced(document(entry("x")), "[" + entry("x") + "]", value), DecodeRule::kType,
                   "'paths' at line 1, column 60 must be an array");
  }
  for (const std::string value : {"1", "\"path hash size mtime\"", "[]", "null", "[\"path\"]"}) {
    expect_refused(document(value), DecodeRule::kNotAnObject, "paths[0]");
  }
}

TEST(ManifestDecode, RefusesDocumentsThatAreNotObjects) {
  for (const std::string text : {"null", "[]", "\"x\"", "true", "1", " [{}] "}) {
    expect_refused(text, DecodeRule::kNotAnObject, "must be an object");
  }
}

TEST(ManifestDecode, NamesTheEntryByIndexPathAndPlace) {
  const std::string text = document("\n  " + entry("a") + ",\n  " + entry("sub/b\\n", "-1"));
  expect_refused(text, DecodeRule::kNegativeSize,
                 "manifest refused: paths[1] ('sub/b\\n') at line 3, column 3: 'size' is negative");
}

TEST(ManifestDecode, CountsColumnsInCharacters) {
  const std::string ascii = document(entry("ab") + ";");
  const std::string column = "column " + std::to_string(ascii.find(';') + 1) + ":";
  expect_refused(ascii, DecodeRule::kSyntax, column);
  expect_refused(document(entry("\xC3\xA9\xF0\x9F\x98\x80") + ";"), DecodeRule::kSyntax, column);
}

TEST(ManifestDecode, NeverShowsMoreOfAHostileTextThanALine) {
  const Refused refused = refusal(document(entry(repeated("\\u001b[2J\xE2\x82\xAC", 10000), "-1")));
  EXPECT_LT(refused.message.size(), 700U);
  EXPECT_EQ(refused.message.find('\x1b'), std::string::npos);
}

TEST(ManifestDecode, ReportsTheFirstFaultOfSeveralEntries) {
  expect_refused(document(entry("a") + "," + entry("b", "-1") + "," + entry("c", "true")), DecodeRule::kNegativeSize,
                 "paths[1]");
}

TEST(ManifestDecode, ReportsABrokenTextBeforeAnyOtherFault) {
  expect_refused(document(entry("a", "-1")) + "x", DecodeRule::kSyntax, "text after the end");
}

TEST(ManifestDecode, RefusesWhatIsNotJson) {
  const std::string good = document(entry("x"));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "it is empty"},
      {" ", "ends where a value must be"},
      {"\xEF\xBB\xBF" + good, "byte order mark"},
      {good + good, "text after the end"},
      {good + ",", "text after the end"},
      {good + std::string(1, '\0'), "text after the end"},
      {replaced(good, ":1,", ":1,,"), "expected a key in double quotes"},
      {replaced(good, "\"mtime\":2}", "\"mtime\":2,}"), "expected a key in double quotes"},
      {replaced(good, "}]", "},]"), "expected a value"},
      {replaced(good, "{", "{,"), "expected a key in double quotes"},
      {replaced(good, "[", "[,"), "expected a value"},
      {replaced(good, "\"path\"", "'path'"), "expected a key in double quotes"},
      {replaced(good, "\"path\"", "path"), "expected a key in double quotes"},
      {replaced(good, "\"path\":", "\"path\""), "expected ':' after a key"},
      {replaced(good, "\"x\",", "\"x\""), "expected ',' or '}' after a value"},
      {replaced(good, "}]", "}}"), "expected ',' or ']' after a value"},
      {replaced(good, "\"x\"", "/* c */ \"x\""), "expected a value"},
      {replaced(good, "\"x\"", "\"x\ny\""), "control character"},
      {replaced(good, "\"x\"", "\"x\x1Fy\""), "control character"},
      {replaced(good, "\"x\"", R"("\x41")"), "unknown escape"},
      {replaced(good, "\"x\"", R"("\u12g4")"), "four hex digits"},
      {replaced(good, "\"x\"", R"("\u 123")"), "four hex digits"},
      {replaced(good, "\"x\"", R"("\u+123")"), "four hex digits"},
      {replaced(good, "\"x\"", R"("\ud83d\u12")"), "four hex digits"},
      {good.substr(0, good.size() - 1), "expected ',' or '}'"},
      {good.substr(0, good.find("xxh") + 2), "a string does not end"},
      {good.substr(0, good.find("xxh")) + "\\", "a string does not end"},
      {good.substr(0, good.find("xxh")) + "\\u12", "four hex digits"},
      {"{", "expected a key"},
      {"[", "ends where a value must be"},
      {"nul", "expected a value"},
      {"tru", "expected a value"},
      {"{\"a\":truE}", "expected a value"}};
  for (const auto& [text, what] : cases) expect_refused(text, DecodeRule::kSyntax, what);
}

TEST(ManifestDecode, RefusesNumbersThatAreNotJson) {
  const auto with_field = [](const std::string& value) {
    std::string member = "{\"a\":";
    return replaced(document(entry("x")), "{", member.append(value).append(","));
  };
  for (const std::string number : {"01", "-01", "00", "+1", "1.", ".5", "1e", "1e+", "-", "--1", "0x10", "1_000",
                                   "-NaN", "nan", "inf", "-Infinit", "1 2", "\xD9\xA1"}) {
    expect_refused(document(entry("x", number)), DecodeRule::kSyntax, "line 1, column");
    expect_refused(with_field(number), DecodeRule::kSyntax, "line 1, column");
  }
  expect_refused(with_field(repeated("1", 4301)), DecodeRule::kSyntax, "4300 digits");
  EXPECT_TRUE(decode_v2023(with_field(repeated("1", 4300))));
}

TEST(ManifestDecode, AllowsSixtyFourLevelsOfNestingAndNoMore) {
  const auto within = [](const std::string& text, const std::string& open, std::size_t levels,
                         const std::string& close) {
    std::string member = "{\"a\":";
    member.append(repeated(open, levels)).append("1").append(repeated(close, levels)).append(",");
    return replaced(text, "{", member);
  };
  EXPECT_TRUE(decode_v2023(within(document(entry("x")), "[", 63, "]")));
  expect_refused(within(document(entry("x")), "[", 64, "]"), DecodeRule::kNesting, "more than 64 nested levels");
  EXPECT_TRUE(decode_v2023(document(within(entry("x"), "{\"k\":", 61, "}"))));
  expect_refused(document(within(entry("x"), "{\"k\":", 62, "}")), DecodeRule::kNesting, "more than 64 nested levels");
}

TEST(ManifestDecode, SurvivesTwoHundredThousandLevels) {
  constexpr std::size_t kLevels = 200000;
  for (const std::string& text :
       {repeated("[", kLevels), repeated("{\"a\":", kLevels), document(repeated("[", kLevels)),
        document(repeated("{\"path\":", kLevels)),
        replaced(document(entry("x")), "{", "{\"a\":" + repeated("[", kLevels) + repeated("]", kLevels) + ",")}) {
    expect_refused(text, DecodeRule::kNesting, "more than 64 nested levels");
  }
}

TEST(ManifestDecode, RefusesEveryTruncationOfAGoodDocument) {
  const std::string text = document(entry("a\\ud83d\\ude00\\n\xC3\xA9", "10", "-20") + "," + entry("b"));
  ASSERT_TRUE(decode_v2023(text));
  for (std::size_t length = 0; length < text.size(); ++length) refusal(text.substr(0, length));
}

TEST(ManifestDecode, FindsTheEndOfStringsAtEveryAlignment) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string plain(length, 'p');
    const auto around = [&plain](const char* middle) {
      std::string path = plain;
      return path.append(middle).append(plain);
    };
    EXPECT_EQ(only_entry(decode_v2023(document(entry(plain)))).path, plain);
    EXPECT_EQ(only_entry(decode_v2023(document(entry(around("\\n"))))).path, around("\n"));
    expect_refused(document(entry(around("\x1F"))), DecodeRule::kSyntax, "control character");
    expect_refused(document(entry(around("\xFF"))), DecodeRule::kText, "not UTF-8");
  }
}

TEST(ManifestDecode, ReadsManyEntriesOfGrowingLength) {
  std::string entries;
  for (std::size_t i = 0; i < 5000; ++i) {
    std::string path = "d/";
    path.append(i / 20, 'x').append(std::to_string(i));
    if (i > 0) entries.append(",");
    entries.append(entry(path));
  }
  const Result<Manifest> manifest = decode_v2023(document(entries));
  ASSERT_TRUE(manifest);
  ASSERT_EQ(manifest->size(), 5000U);
  EXPECT_EQ((*manifest)[4999].path, "d/" + std::string(249, 'x') + "4999");
  EXPECT_EQ((*manifest)[0].path, "d/0");
}

}  // namespace
}  // namespace attache
