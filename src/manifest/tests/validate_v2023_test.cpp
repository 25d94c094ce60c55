#include <attache/base/relative_path.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHash = "0123456789abcdef0123456789abcdef";

std::string entry(const std::string& path, const std::string& size = "1", const std::string& mtime = "2",
                  const std::string& hash = kHash) {
  return R"({"hash":")" + hash + R"(","mtime":)" + mtime + R"(,"path":")" + path + R"(","size":)" + size + "}";
}

std::string document(const std::string& entries, const std::string& total) {
  return R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)" + entries + R"(],"totalSize":)" + total +
         "}";
}

// "error rule where: message" of each.
std::vector<std::string> told(const Violations& violations) {
  std::vector<std::string> lines;
  for (const Violation& each : violations.listed) {
    EXPECT_FALSE(each.remedy.empty());
    EXPECT_FALSE(each.message.empty());
    lines.push_back((each.severity == Severity::kError ? "error " : "warning ") + std::string(to_string(each.rule)) +
                    " " + each.where + ": " + each.message);
  }
  return lines;
}

std::vector<std::string> found(const std::string& text) {
  return told(validate_v2023(text).value());
}

TEST(ManifestValidate, FindsNothingInACanonicalManifest) {
  EXPECT_THAT(found(document(entry("a") + "," + entry("a-b") + "," + entry("a/b"), "3")), IsEmpty());
  const Violations violations = validate_v2023(document(entry("a"), "1")).value();
  EXPECT_EQ(violations.errors, 0U);
  EXPECT_EQ(violations.warnings, 0U);
  EXPECT_EQ(violations.not_listed(), 0U);
}

TEST(ManifestValidate, EndsAtAFaultOfTheText) {
  const std::string broken = "{\n  \"hashAlg\":\"md5\",\n  \"paths\":[" + entry("/x", "-1") + ",\n\"\xC3\xA9\" x]}";
  const Violations violations = validate_v2023(broken).value();
  ASSERT_THAT(told(violations), ElementsAre("error syntax : expected ',' or ']' after a value"));
  EXPECT_EQ(violations.listed[0].line, 4U);
  EXPECT_EQ(violations.listed[0].column, 5U);  // in characters
  EXPECT_EQ(violations.errors, 1U);
  EXPECT_EQ(violations.warnings, 0U);
  EXPECT_THAT(found(""), ElementsAre("error syntax : it is empty"));
  EXPECT_THAT(found("\xEF\xBB\xBF{}"), ElementsAre("error syntax : a byte order mark must not be there"));
  EXPECT_THAT(found("{\"a\":\"\xFF\"}"), ElementsAre("error text : a string is not UTF-8"));
  EXPECT_THAT(found(std::string(100, '[')), ElementsAre("error nesting : more than 64 nested levels"));
}

TEST(ManifestValidate, FindsEveryFaultOfTheDocument) {
  EXPECT_THAT(found("[1]"), ElementsAre("error not-an-object : the document must be an object"));
  EXPECT_THAT(found("{}"), ElementsAre("error version : 'manifestVersion' is missing, so this is no manifest",
                                       "error missing-field : the document lacks 'hashAlg', 'paths', 'totalSize'"));
  EXPECT_THAT(
      found(R"({"totalSize":-1,"paths":[],"manifestVersion":2023,"hashAlg":"md5"})"),
      ElementsAre("error negative-size totalSize: 'totalSize' is negative", "error empty paths: 'paths' has no entry",
                  "error version manifestVersion: 'manifestVersion' must be '2023-03-03', not an integer",
                  "error algorithm hashAlg: 'hashAlg' must be 'xxh128', not 'md5'"));
  EXPECT_THAT(found(R"({"totalSize":true,"paths":{},"manifestVersion":"2024","hashAlg":1})"),
              ElementsAre("error boolean totalSize: 'totalSize' must be an integer, not true",
                          "error type paths: 'paths' must be an array, not an object",
                          "error version manifestVersion: 'manifestVersion' must be '2023-03-03', not '2024'",
                          "error type hashAlg: 'hashAlg' must be a string, not an integer"));
  EXPECT_THAT(found(document(entry("a"), "18446744073709551616")),
              ElementsAre("error integer-range totalSize: 'totalSize' needs more than 64 bits"));
}

TEST(ManifestValidate, SaysOfALaterFormatOnlyThatItIsOne) {
  const std::vector<std::string> lines =
      found(R"({"specificationVersion":"relative-manifest-snapshot-beta-2025-12","files":[],"dirs":[]})");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines[0], HasSubstr("error later-format specificationVersion: "));
}

TEST(ManifestValidate, FindsEveryFaultOfEveryEntry) {
  const std::string text = document(entry("good") + ",\n7,\n" + entry("b", "-1", "1.5", "short") + ",\n" +
                                        R"({"path":5,"size":1e3})" + ",\n" + entry("c", "18446744073709551616", "true"),
                                    "1");
  const Violations violations = validate_v2023(text).value();
  EXPECT_THAT(
      told(violations),
      ElementsAre("error not-an-object paths[1]: must be an object, not an integer",
                  "error negative-size paths[2] ('b'): 'size' is negative",
                  "error type paths[2] ('b'): 'mtime' must be an integer, not a number with a fraction or exponent",
                  "error hash-form paths[2] ('b'): 'hash' must be 32 lower-case hex digits, not 'short'",
                  "error missing-field paths[3]: lacks 'hash', 'mtime'",
                  "error type paths[3]: 'path' must be a string, not an integer",
                  "error type paths[3]: 'size' must be an integer, not a number with a fraction or exponent",
                  "error integer-range paths[4] ('c'): 'size' needs more than 64 bits",
                  "error boolean paths[4] ('c'): 'mtime' must be an integer, not true"));
  EXPECT_EQ(violations.errors, 9U);
  EXPECT_EQ(violations.listed[1].line, 3U);
  EXPECT_EQ(violations.listed[1].column, 1U);
  EXPECT_EQ(violations.listed[8].line, 5U);
}

TEST(ManifestValidate, ReportsFirstWhatTheDecoderRefusesFor) {
  for (const std::string& text :
       {document(entry("a", "-1") + "," + entry("b", "1.5"), "1"), document(entry("a", "1", "null"), "1"),
        document("5", "1"), document(entry("a", "1", "1", "q"), "1"),
        std::string(R"({"manifestVersion":"2023-03-03"})"), document(entry("a"), "-1"), document("", "1"),
        std::string("[]"), std::string("nul")}) {
    DecodeRule rule{};
    const Result<Manifest> manifest = decode_v2023(text, &rule);
    const Violations violations = validate_v2023(text).value();
    ASSERT_FALSE(manifest) << text;
    ASSERT_FALSE(violations.listed.empty()) << text;
    EXPECT_EQ(violations.listed[0].rule, rule) << text;
    EXPECT_EQ(violations.listed[0].remedy, manifest.error().remedy()) << text;
  }
}

TEST(ManifestValidate, WarnsOfPathsThatADownloadRefuses) {
  std::string entries;
  for (const std::string path :
       {"", "...", "../b", "/abs", "C:/x", "a\\u0000b", "a/", "a/./b", "a//b", "back\\\\slash"}) {
    entries += (entries.empty() ? "" : ",") + entry(path);
  }
  const std::string text = document(entries, "10");
  EXPECT_THAT(found(text), ElementsAre("warning path paths[0] (''): 'path' is empty",
                                       "warning path paths[2] ('../b'): 'path' has a '..' component",
                                       "warning path-style paths[3] ('/abs'): 'path' is absolute",
                                       "warning path paths[5] ('a\\x00b'): 'path' holds a NUL",
                                       "warning path paths[6] ('a/'): 'path' has an empty component",
                                       "warning path paths[7] ('a/./b'): 'path' has a '.' component",
                                       "warning path paths[8] ('a//b'): 'path' has an empty component"));
  EXPECT_TRUE(decode_v2023(text));
}

TEST(ManifestValidate, AgreesWithRelativePathOnWhichPathsThoseAre) {
  for (const std::string path :
       {"",     ".",   "..",   "/",      "//", "a",   "a/b", "a/",  "/a",      "a//b", "a/.",
        "a/..", "./a", "../a", "a/../b", ".a", "..a", "a.",  "...", "a/.../b", " ",    "a b"}) {
    EXPECT_EQ(found(document(entry(path), "1")).empty(), RelativePath::parse(path).has_value()) << path;
  }
}

TEST(ManifestValidate, WarnsOfPathsThatOccurTwice) {
  EXPECT_THAT(
      found(document(entry("a") + "," + entry("a") + "," + entry("b") + "," + entry("b", "2") + "," + entry("b"), "6")),
      ElementsAre("warning duplicate paths[1] ('a'): 'path' is that of paths[0], too",
                  "warning duplicate paths[3] ('b'): 'path' is that of paths[2], too",
                  "warning duplicate paths[4] ('b'): 'path' is that of paths[2], too"));
}

TEST(ManifestValidate, WarnsOfTheFirstEntryThatIsNotInOrder) {
  EXPECT_THAT(found(document(entry("b") + "," + entry("c") + "," + entry("a") + "," + entry("0"), "4")),
              ElementsAre("warning order paths[2] ('a'): 'path' comes before that of paths[1] in canonical order"));
}

TEST(ManifestValidate, WarnsOfATotalThatIsNotTheSum) {
  EXPECT_THAT(found(document(entry("a") + "," + entry("b"), "3")),
              ElementsAre("warning total-size totalSize: 'totalSize' is 3, but the sizes add up to 2"));
  EXPECT_THAT(
      found(document(entry("a", "18446744073709551615") + "," + entry("b"), "0")),
      ElementsAre("warning total-size totalSize: 'totalSize' is 0, but the sizes add up to more than 64 bits hold"));
}

TEST(ManifestValidate, ComparesNoOrderAndNoTotalWhenAnEntryIsMissingFromThem) {
  EXPECT_THAT(found(document(entry("b") + "," + entry("a") + "," + entry("a") + "," + entry("c", "-1"), "77")),
              ElementsAre("warning duplicate paths[2] ('a'): 'path' is that of paths[1], too",
                          "error negative-size paths[3] ('c'): 'size' is negative"));
}

TEST(ManifestValidate, JudgesOnlyTheLastOfSeveralFieldsOfOneName) {
  const std::string text =
      R"({"paths":[5],"hashAlg":"md5","hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)" + entry("a") +
      R"(],"totalSize":-4,"totalSize":1})";
  EXPECT_THAT(found(text), IsEmpty());
}

TEST(ManifestValidate, CountsWhatItDoesNotList) {
  std::string entries = entry("/0");
  for (int i = 1; i < 3000; ++i) entries += ",\n" + (i % 2 == 0 ? entry("/" + std::to_string(i)) : entry("x", "-1"));
  const std::string text = document(entries, "true");
  const Violations violations = validate_v2023(text).value();
  EXPECT_EQ(violations.errors, 1501U);
  EXPECT_EQ(violations.warnings, 1500U);
  ASSERT_EQ(violations.listed.size(), kMaxListedViolations);
  EXPECT_EQ(violations.not_listed(), 2001U);
  // Errors come before warnings, those of fields before those of entries; what is listed has the document's order.
  EXPECT_EQ(violations.listed[0].line, 2U);
  EXPECT_EQ(violations.listed[998].line, 2U + 2 * 998);
  EXPECT_EQ(violations.listed[999].where, "totalSize");
  EXPECT_TRUE(std::all_of(violations.listed.begin(), violations.listed.end(),
                          [](const Violation& each) { return each.severity == Severity::kError; }));
  EXPECT_EQ(validate_v2023(text, 0).value().listed.size(), 0U);
  EXPECT_EQ(validate_v2023(text, 0).value().not_listed(), 3001U);
  EXPECT_EQ(validate_v2023(text, 1).value().listed[0].where, "totalSize");
  const Violations all = validate_v2023(text, 10'000).value();
  EXPECT_EQ(all.listed.size(), 3001U);
  EXPECT_EQ(all.not_listed(), 0U);
}

TEST(DecodeRule, HasANameOfItsOwnForEachRule) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(DecodeRule::kOrder); ++i) names.insert(to_string(static_cast<DecodeRule>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(DecodeRule::kOrder) + 1);
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_TRUE(names.contains("missing-field"));
}

}  // namespace
}  // namespace attache
