// The decoder compares entries with the canonical layout before it parses them. Whatever it meets, what comes out must
// be what the general reader makes of it: the same documents are read with a space before each entry, which is enough
// for that layout not to be recognised, and the results compared.

#include "canonical_entries.hpp"

#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <regex>
#include <string>
#include <vector>

namespace attache {
namespace {

const std::string kHash = "0123456789abcdef0123456789abcdef";
// So that the entries before it are not too close to the end.
const std::string kRest =
    R"(,{"hash":"00000000000000000000000000000000","mtime":0,"path":"last","size":0}],"totalSize":7})" +
    std::string(200, ' ');

std::string document_of(const std::vector<std::string>& entries, const std::string& space) {
  std::string text = R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)";
  for (const std::string& entry : entries) text += (&entry == entries.data() ? "" : ",") + space + entry;
  return text + kRest;
}

// Everything about a result but the columns, which differ by the spaces.
std::string told(const Result<Manifest>& manifest, DecodeRule rule) {
  if (!manifest) {
    return std::string(to_string(rule)) + ": " +
           std::regex_replace(manifest.error().to_string(), std::regex("column [0-9]+"), "column");
  }
  std::string text = std::to_string(manifest->total_size());
  for (const ManifestEntry& entry : *manifest) {
    text += "\n" + entry.hash.to_hex() + " " + std::to_string(entry.size) + " " + std::to_string(entry.mtime_us) + " " +
            std::string(entry.path);
  }
  return text;
}

std::string outcome(const std::string& document) {
  DecodeRule rule{};
  const Result<Manifest> manifest = decode_v2023(document, &rule);
  return told(manifest, rule);
}

void expect_same(const std::vector<std::string>& entries) {
  const std::string fast = outcome(document_of(entries, ""));
  const std::string general = outcome(document_of(entries, " "));
  RC_LOG() << document_of(entries, "") << "\n--- fast\n" << fast << "\n--- general\n" << general << '\n';
  RC_ASSERT(fast == general);
}

std::size_t recognised(const std::string& entries) {
  detail::JsonReader reader(entries);
  ManifestBuilder builder;
  EXPECT_TRUE(builder.reserve(100, 100'000));
  detail::TrustedAppender appender(builder);
  return detail::read_canonical_entries(reader, appender, 100);
}

std::string entry(const std::string& hash, const std::string& mtime, const std::string& path, const std::string& size) {
  return R"({"hash":")" + hash + R"(","mtime":)" + mtime + R"(,"path":")" + path + R"(","size":)" + size + "}";
}

TEST(CanonicalEntries, RecognisesWhatTheEncoderWrites) {
  for (const std::string path : {"", "a", "1234567", "12345678", "123456789", "a/b c/\xC3\xA9.exr", "\x7F"}) {
    for (const std::string number : {"0", "7", "1234567", "12345678", "123456789", "1234567890123456",
                                     "12345678901234567", "999999999999999999"}) {
      const std::string text = entry(kHash, number, path, number);
      EXPECT_EQ(recognised(text + "," + text + kRest), 3U) << text;
    }
  }
}

TEST(CanonicalEntries, LeavesEverythingElseToTheGeneralReader) {
  const std::string good = entry(kHash, "1", "p", "2");
  for (const std::string& text : {entry(kHash, "-1", "p", "2"),
                                  entry(kHash, "01", "p", "2"),
                                  entry(kHash, "1.0", "p", "2"),
                                  entry(kHash, "", "p", "2"),
                                  entry(kHash, "1", "p", "1e3"),
                                  entry(kHash, "1", "p", "00"),
                                  entry(kHash, "1", "p", "1234567890123456789"),
                                  entry(kHash, "1", "p", "12345678901234567890"),
                                  entry(kHash, "1", "p", "true"),
                                  entry(kHash, "1", "\\u0041", "2"),
                                  entry(kHash, "1", "a\nb", "2"),
                                  entry(kHash, "1", "\xC3", "2"),
                                  entry(kHash, "1", "\xED\xB2\x80", "2"),
                                  entry("0123456789abcdef0123456789abcdeF", "1", "p", "2"),
                                  entry("", "1", "p", "2"),
                                  good.substr(0, good.size() - 1) + R"(,"path":"q"})",
                                  " " + good,
                                  good.substr(0, good.size() - 1) + " }",
                                  std::string("5"),
                                  std::string("]")}) {
    EXPECT_EQ(recognised(text + "," + good + kRest), 0U) << text;
    EXPECT_EQ(recognised(good + "," + text + "," + good + kRest), 1U) << text;
  }
}

TEST(CanonicalEntries, TouchesNothingBehindTheDocument) {
  const std::string text = entry(kHash, "1", "p", "2") + "," + entry(kHash, "1", "p", "2") + "]}";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));  // for asan
    detail::JsonReader reader(std::string_view(exact.data(), exact.size()));
    ManifestBuilder builder;
    RC_ASSERT(builder.reserve(10, 1000).has_value());
    detail::TrustedAppender appender(builder);
    EXPECT_LE(detail::read_canonical_entries(reader, appender, 10), 1U);
  }
}

TEST(CanonicalEntries, MakesRoomWhenLaterPathsAreLongerThanForeseen) {
  std::vector<std::string> entries;
  for (std::size_t i = 0; i < 3000; ++i) {
    entries.push_back(entry(kHash, "1", std::string(i < 300 ? 1 : 1000, 'p') + std::to_string(i), "2"));
  }
  EXPECT_EQ(outcome(document_of(entries, "")), outcome(document_of(entries, " ")));
  const Result<Manifest> manifest = decode_v2023(document_of(entries, ""));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->path(2999), std::string(1000, 'p') + "2999");
}

TEST(CanonicalEntries, ForetellsHowOftenAWordOccurs) {
  EXPECT_EQ(detail::density_of("", "ab"), 0);
  EXPECT_DOUBLE_EQ(detail::density_of("ab..abab", "ab"), 3.0 / 8);
  std::string text;
  std::size_t count = 0;
  for (; text.size() < 5'000'000; ++count) text += "\"path\":" + std::string(20 + text.size() / 50'000, 'x');
  const double expected = static_cast<double>(count) / static_cast<double>(text.size());
  EXPECT_NEAR(detail::density_of(text, "\"path\""), expected, expected / 50);
}

// --- random entries, most of them nearly canonical -------------------------------------------------------------------

rc::Gen<std::string> any_number() {
  return rc::gen::weightedOneOf<std::string>(
      {{6, rc::gen::map(rc::gen::arbitrary<std::uint32_t>(), [](auto i) { return std::to_string(i); })},
       {3, rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](auto i) { return std::to_string(i); })},
       {1, rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](auto i) { return std::to_string(i); })},
       {1,
        rc::gen::elementOf(std::vector<std::string>{"00", "01", "-0", "1.5", "1e2", "true", "", "99999999999999999999",
                                                    "100000000000000000", "9223372036854775808", "null", "\"1\""})}});
}

rc::Gen<std::string> any_text() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::weightedElement<std::string>({{30, "a"},
                                                                                          {5, "dir/"},
                                                                                          {3, "\xC3\xA9"},
                                                                                          {2, "\xF0\x9F\x98\x80"},
                                                                                          {1, "\\n"},
                                                                                          {1, "\\u00e9"},
                                                                                          {1, "\xED\xB3\xA9"},
                                                                                          {1, "\\\""},
                                                                                          {1, "\x7F"},
                                                                                          {1, "\xFF"},
                                                                                          {1, "\t"}})),
      [](const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
      });
}

rc::Gen<std::string> any_hash() {
  return rc::gen::weightedOneOf<std::string>(
      {{20,
        rc::gen::map(rc::gen::arbitrary<std::array<std::uint8_t, 16>>(), [](auto b) { return Digest(b).to_hex(); })},
       {1, rc::gen::elementOf(std::vector<std::string>{"", "0", kHash + "0", "G123456789abcdef0123456789abcdef"})}});
}

rc::Gen<std::string> any_entry() {
  return rc::gen::apply(
      [](const std::string& hash, const std::string& mtime, const std::string& path, const std::string& size,
         int damage, std::size_t at, char byte) {
        std::string text = entry(hash, mtime, path, size);
        if (damage == 0) text[at % text.size()] = byte;
        if (damage == 1) text.erase(at % text.size(), 1);
        if (damage == 2) text.insert(at % text.size(), 1, byte);
        return text;
      },
      any_hash(), any_number(), any_text(), any_number(), rc::gen::inRange(0, 60), rc::gen::arbitrary<std::size_t>(),
      rc::gen::elementOf(std::string(R"({}[]",:\ 0123456789abcf-.eE)")));
}

RC_GTEST_PROP(CanonicalEntriesProperty, AreReadAsTheGeneralReaderReadsThem, ()) {
  for (int i = 0; i < 4; ++i)
    expect_same(*rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(any_entry())));
}

}  // namespace
}  // namespace attache
