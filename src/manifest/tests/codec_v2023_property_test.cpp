#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {
namespace {

using Json = nlohmann::json;

struct OwnedEntry {
  std::string path;
  std::string hash;
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;

  friend bool operator==(const OwnedEntry&, const OwnedEntry&) = default;
};

void showValue(const OwnedEntry& entry, std::ostream& out) {  // the name is rapidcheck's
  out << '\'' << printable(entry.path) << "' " << entry.hash << ' ' << entry.size << ' ' << entry.mtime_us;
}

// --- encode and decode are inverse -----------------------------------------------------------------------------------

rc::Gen<char32_t> any_code_point() {
  return rc::gen::weightedOneOf<char32_t>({{6, rc::gen::inRange<char32_t>(0x20, 0x7F)},
                                           {2, rc::gen::inRange<char32_t>(0, 0x100)},
                                           {2, rc::gen::inRange<char32_t>(0x100, 0xD800)},
                                           {2, rc::gen::inRange<char32_t>(0xD800, 0xE000)},
                                           {1, rc::gen::inRange<char32_t>(0xE000, 0x10000)},
                                           {2, rc::gen::inRange<char32_t>(0x10000, 0x110000)}});
}

rc::Gen<std::string> any_path() {
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(any_code_point()),
                      [](const std::vector<char32_t>& characters) {
                        std::string path;
                        char32_t before = 0;
                        for (char32_t c : characters) {
                          const bool pair = before >= 0xD800 && before < 0xDC00 && c >= 0xDC00 && c < 0xE000;
                          if (pair) c = 0xFFFD;
                          append_wtf8(path, c);
                          before = c;
                        }
                        return path;
                      });
}

rc::Gen<OwnedEntry> any_entry() {
  return rc::gen::map(rc::gen::tuple(any_path(), rc::gen::arbitrary<std::array<std::uint8_t, Digest::kBytes>>(),
                                     rc::gen::arbitrary<std::uint64_t>(), rc::gen::arbitrary<std::int64_t>()),
                      [](const auto& fields) {
                        return OwnedEntry{std::get<0>(fields), Digest(std::get<1>(fields)).to_hex(),
                                          std::get<2>(fields), std::get<3>(fields)};
                      });
}

Manifest manifest_of(const std::vector<OwnedEntry>& entries, std::uint64_t total) {
  ManifestBuilder builder;
  for (const OwnedEntry& entry : entries) {
    RC_ASSERT(builder.add(entry.path, Digest::parse(entry.hash).value(), entry.size, entry.mtime_us).has_value());
  }
  return std::move(builder).build_with_total(total);
}

std::vector<OwnedEntry> entries_of(const Manifest& manifest) {
  std::vector<OwnedEntry> entries;
  for (const ManifestEntry& entry : manifest) {
    entries.push_back({std::string(entry.path), entry.hash.to_hex(), entry.size, entry.mtime_us});
  }
  return entries;
}

RC_GTEST_PROP(ManifestCodecProperty, DecodingCanonicalBytesGivesTheSortedEntries, ()) {
  std::vector<OwnedEntry> entries = *rc::gen::nonEmpty(rc::gen::container<std::vector<OwnedEntry>>(any_entry()));
  const auto total = *rc::gen::arbitrary<std::uint64_t>();
  const std::string text = encode_v2023(manifest_of(entries, total)).value();
  RC_ASSERT(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));

  const Result<Manifest> decoded = decode_v2023(text);
  RC_ASSERT(decoded.has_value());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const OwnedEntry& a, const OwnedEntry& b) { return compare_utf16(a.path, b.path) < 0; });
  RC_ASSERT(entries_of(*decoded) == entries);
  RC_ASSERT(decoded->total_size() == total);
  RC_ASSERT(encode_v2023(*decoded).value() == text);
}

RC_GTEST_PROP(ManifestCodecProperty, SortsPathsWithMuchInCommonAsACodeUnitComparisonDoes, ()) {
  // Few characters, at the borders of the order, so that paths share prefixes of every length and some are equal.
  const std::vector<char32_t> alphabet{0, 'a', 'a', '/', 0xE9, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x1F600};
  const auto path = rc::gen::map(rc::gen::container<std::vector<char32_t>>(rc::gen::elementOf(alphabet)),
                                 [](const std::vector<char32_t>& characters) {
                                   std::string text = "common/prefix/";
                                   for (const char32_t c : characters) append_wtf8(text, c);
                                   return text;
                                 });
  std::vector<OwnedEntry> entries;
  for (const std::string& text : *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(path))) {
    entries.push_back({text, Digest().to_hex(), entries.size(), 0});
    if (entries.size() % 3 == 0) entries.push_back({text, Digest().to_hex(), entries.size(), 0});
    if (entries.size() % 4 == 0) entries.push_back({entries[0].path + "a", Digest().to_hex(), entries.size(), 0});
  }
  const Result<Manifest> sorted = decode_v2023(encode_v2023(manifest_of(entries, 0)).value());
  RC_ASSERT(sorted.has_value());
  std::stable_sort(entries.begin(), entries.end(),
                   [](const OwnedEntry& a, const OwnedEntry& b) { return compare_utf16(a.path, b.path) < 0; });
  RC_ASSERT(entries_of(*sorted) == entries);
}

// --- the same verdict and values as nlohmann-json
// ---------------------------------------------------------------------

std::optional<std::uint64_t> size_of(const Json& value) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value != 0)) return std::nullopt;  // -0 is signed
  return value.get<std::uint64_t>();
}

std::optional<std::int64_t> time_of(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return value.get<std::int64_t>();
}

// The rules of the format once more, over another parser's tree.
std::optional<std::pair<std::vector<OwnedEntry>, std::uint64_t>> by_reference(const Json& document) {
  if (!document.is_object()) return std::nullopt;
  if (document.value("manifestVersion", Json()) != "2023-03-03") return std::nullopt;
  if (document.value("hashAlg", Json()) != "xxh128") return std::nullopt;
  const std::optional<std::uint64_t> total = size_of(document.value("totalSize", Json()));
  const Json paths = document.value("paths", Json());
  if (!total || !paths.is_array() || paths.empty()) return std::nullopt;
  std::vector<OwnedEntry> entries;
  for (const Json& item : paths) {
    if (!item.is_object()) return std::nullopt;
    const Json path = item.value("path", Json());
    const Json hash = item.value("hash", Json());
    const std::optional<std::uint64_t> size = size_of(item.value("size", Json()));
    const std::optional<std::int64_t> mtime_us = time_of(item.value("mtime", Json()));
    if (!path.is_string() || !hash.is_string() || !size || !mtime_us) return std::nullopt;
    if (!Digest::parse(hash.get<std::string>())) return std::nullopt;
    entries.push_back({path.get<std::string>(), hash.get<std::string>(), *size, *mtime_us});
  }
  return std::pair(entries, *total);
}

// Where the other parser follows other rules than Python's, a text says nothing.
bool is_comparable(const std::string& text) {
  for (const std::string_view special : {"NaN", "Infinity", "\\ud", "\\uD", "\xEF\xBB\xBF"}) {
    if (text.find(special) != std::string::npos) return false;
  }
  return true;
}

void expect_same(const std::string& text) {
  if (!is_comparable(text)) return;
  const Result<Manifest> ours = decode_v2023(text);
  std::optional<std::pair<std::vector<OwnedEntry>, std::uint64_t>> theirs;
  try {
    theirs = by_reference(Json::parse(text));
  } catch (const Json::out_of_range&) {
    return;  // a float beyond the range of double, which Python and we read as infinite
  } catch (const Json::parse_error&) {
  }
  RC_LOG() << printable(text) << '\n' << (ours ? "accepted" : ours.error().to_string()) << '\n';
  RC_ASSERT(ours.has_value() == theirs.has_value());
  if (!ours) return;
  RC_ASSERT(entries_of(*ours) == theirs->first);
  RC_ASSERT(ours->total_size() == theirs->second);
}

const std::string kHash = "0123456789abcdef0123456789abcdef";

rc::Gen<std::string> any_scalar() {
  return rc::gen::elementOf(std::vector<std::string>{"0",
                                                     "1",
                                                     "-0",
                                                     "-1",
                                                     "12",
                                                     "01",
                                                     "1.5",
                                                     "1e2",
                                                     "-",
                                                     "18446744073709551615",
                                                     "18446744073709551616",
                                                     "9223372036854775807",
                                                     "9223372036854775808",
                                                     "-9223372036854775808",
                                                     "-9223372036854775809",
                                                     "true",
                                                     "false",
                                                     "null",
                                                     "nul",
                                                     "\"\"",
                                                     "\"x\"",
                                                     R"("\u0041\/\n")",
                                                     R"("\u00e9\u20ac")",
                                                     "\"\xC3\xA9\"",
                                                     "\"\xC3\"",
                                                     R"("\x")",
                                                     "\"a\tb\"",
                                                     "\"" + kHash + "\"",
                                                     "\"xxh128\"",
                                                     "\"2023-03-03\"",
                                                     "[]",
                                                     "{}",
                                                     "[1,[2,{\"a\":[]}]]",
                                                     R"({"path":1,"a":{}})"});
}

std::string space() {
  return *rc::gen::weightedElement<std::string>({{8, ""}, {1, " "}, {1, "\r\n\t"}});
}

// Mostly the right members, in any order, now and then one more, one less, or one with another value.
std::string object_of(const std::vector<std::pair<std::string, std::string>>& members) {
  const auto rarely = [] { return *rc::gen::inRange(0, 40) == 0; };  // about every other document stays whole
  std::vector<std::string> texts;
  for (const auto& [key, value] : members) {
    if (rarely()) texts.push_back("\"" + key + "\":" + *any_scalar());
    if (rarely()) texts.push_back("\"other\":" + *any_scalar());
    if (rarely()) continue;
    texts.push_back(space() + "\"" + key + "\"" + space() + ":" + space() + (rarely() ? *any_scalar() : value));
  }
  if (rarely()) std::reverse(texts.begin(), texts.end());
  std::string text = "{";
  for (std::size_t i = 0; i < texts.size(); ++i) text += (i == 0 ? "" : ",") + texts[i] + space();
  return text + "}";
}

std::string any_document() {
  std::string paths = "[";
  const int count = *rc::gen::inRange(0, 4);
  for (int i = 0; i < count; ++i) {
    const std::string path = *rc::gen::element<std::string>("\"a/b\"", R"("\u00e9\"\\")", "\"\xE6\x97\xA5\"", "\"\"");
    paths += (i == 0 ? "" : ",") + object_of({{"path", path},
                                              {"hash", "\"" + kHash + "\""},
                                              {"size", std::to_string(*rc::gen::arbitrary<std::uint64_t>())},
                                              {"mtime", std::to_string(*rc::gen::arbitrary<std::int64_t>())}});
  }
  return space() +
         object_of({{"hashAlg", "\"xxh128\""},
                    {"manifestVersion", "\"2023-03-03\""},
                    {"paths", paths + "]"},
                    {"totalSize", std::to_string(*rc::gen::arbitrary<std::uint64_t>())}}) +
         space();
}

RC_GTEST_PROP(ManifestCodecProperty, AgreesWithAnotherParserOnDocumentsThatAreAlmostManifests, ()) {
  for (int i = 0; i < 5; ++i) expect_same(any_document());
}

RC_GTEST_PROP(ManifestCodecProperty, AgreesWithAnotherParserOnDocumentsWithDamagedBytes, ()) {
  std::string text = any_document();
  constexpr std::string_view kBytes("{}[]\",:\\u019-+.eE tfnabx\x01\x7F\xC3\xA9\xF0\xFF\n");
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char byte = *rc::gen::elementOf(std::string(kBytes) + '\0');
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, 1);
        break;
      default:
        text.resize(at);
        break;
    }
  }
  expect_same(text);
}

}  // namespace
}  // namespace attache
