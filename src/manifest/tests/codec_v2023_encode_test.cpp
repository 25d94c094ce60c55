#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace attache {
namespace {

const Digest kDigest = *Digest::parse("0123456789abcdef0123456789abcdef");

Manifest manifest_of(const std::vector<std::string>& paths) {
  ManifestBuilder builder;
  for (std::size_t i = 0; i < paths.size(); ++i) EXPECT_TRUE(builder.add(paths[i], kDigest, i, 0));
  return std::move(builder).build().value();
}

// What stands between the quotes of the only path.
std::string encoded_path(const std::string& path) {
  const std::string text = encode_v2023(manifest_of({path})).value();
  const std::size_t begin = text.find("\"path\":\"") + 8;
  return text.substr(begin, text.rfind("\",\"size\"") - begin);
}

// The sizes, which manifest_of makes the indexes of the input, in encoded order.
std::vector<std::size_t> encoded_order(const std::vector<std::string>& paths) {
  std::vector<std::size_t> order;
  const Result<Manifest> sorted = decode_v2023(encode_v2023(manifest_of(paths)).value());
  EXPECT_TRUE(sorted);
  for (const ManifestEntry& entry : *sorted) order.push_back(entry.size);
  return order;
}

TEST(ManifestEncode, WritesTheCanonicalBytes) {
  ManifestBuilder builder;
  ASSERT_TRUE(builder.add("b", kDigest, 18446744073709551615U, std::numeric_limits<std::int64_t>::min()));
  ASSERT_TRUE(builder.add("a/b", Digest(), 0, 1700000000000000));
  EXPECT_EQ(encode_v2023(std::move(builder).build_with_total(7)).value(),
            R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[)"
            R"({"hash":"00000000000000000000000000000000","mtime":1700000000000000,"path":"a/b","size":0},)"
            R"({"hash":"0123456789abcdef0123456789abcdef","mtime":-9223372036854775808,"path":"b",)"
            R"("size":18446744073709551615}],"totalSize":7})");
}

TEST(ManifestEncode, WritesAnEmptyManifestAlthoughNoReaderAcceptsIt) {
  EXPECT_EQ(encode_v2023(Manifest()).value(),
            R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[],"totalSize":0})");
  EXPECT_EQ(manifest_hash(Manifest()).value().to_hex(), "ecb6a0fbd43521b47b86861a82329851");
}

TEST(ManifestEncode, EscapesEverythingOutsidePrintableAscii) {
  EXPECT_EQ(encoded_path("plain/ !#[]~"), "plain/ !#[]~");
  EXPECT_EQ(encoded_path("\"\\\b\f\n\r\t"), R"(\"\\\b\f\n\r\t)");
  EXPECT_EQ(encoded_path(std::string("\0\x01\x0B\x1F\x7F", 5)), R"(\u0000\u0001\u000b\u001f\u007f)");
  EXPECT_EQ(encoded_path("\xC2\x80\xC3\xA9\xDF\xBF\xE0\xA0\x80\xE2\x80\xA8\xEF\xBF\xBF"),
            R"(\u0080\u00e9\u07ff\u0800\u2028\uffff)");
  EXPECT_EQ(encoded_path("\xF0\x90\x80\x80\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF"),
            R"(\ud800\udc00\ud83d\ude00\udbff\udfff)");
  EXPECT_EQ(encoded_path("caf\xED\xB3\xA9\xED\xA0\x80"), R"(caf\udce9\ud800)");
}

TEST(ManifestEncode, EscapesAtEveryAlignment) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (const auto& [raw, escaped] : std::vector<std::pair<std::string, std::string>>{
             {"\"", "\\\""}, {"\\", "\\\\"}, {"\x7F", "\\u007f"}, {"\x1F", "\\u001f"}, {"\xC3\xA9", "\\u00e9"}}) {
      const std::string plain(before, 'x');
      std::string path = plain;
      std::string expected = plain;
      EXPECT_EQ(encoded_path(path.append(raw).append(plain)), expected.append(escaped).append(plain));
    }
  }
}

TEST(ManifestEncode, SortsByUtf16CodeUnits) {
  EXPECT_EQ(encoded_order({"\xEF\xBD\x9E", "\xEE\x80\x80", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"}),
            (std::vector<std::size_t>{3, 2, 1, 0}));
  EXPECT_EQ(encoded_order({"b", "B", "a/b", "a-b", "a", ""}), (std::vector<std::size_t>{5, 1, 4, 3, 2, 0}));
}

TEST(ManifestEncode, KeepsDuplicatePathsInTheirOrder) {
  EXPECT_EQ(encoded_order({"d", "d", "a", "d"}), (std::vector<std::size_t>{2, 0, 1, 3}));
  EXPECT_EQ(encoded_order({"a", "d", "d"}), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ManifestEncode, SortsPathsThatArePrefixesOfOthers) {
  // Around the eight bytes that are compared at once, with NULs, which are also what fills a short key.
  std::vector<std::string> paths;
  for (std::size_t length = 40; length-- > 0;) {
    paths.emplace_back(length, 'a');
    paths.emplace_back(length, '\0');
    paths.emplace_back("b").append(length, '\0');
  }
  std::vector<std::size_t> expected(paths.size());
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  std::stable_sort(expected.begin(), expected.end(),
                   [&paths](std::size_t a, std::size_t b) { return paths[a] < paths[b]; });
  EXPECT_EQ(encoded_order(paths), expected);
}

TEST(ManifestEncode, SortsLongEqualPathsInLinearTime) {
  // A recursion per eight bytes would overflow the stack, a pass per eight bytes and path would take minutes.
  std::vector<std::string> paths(50, std::string(1000000, 'p'));
  paths.emplace_back("a");
  const std::vector<std::size_t> order = encoded_order(paths);
  EXPECT_EQ(order.front(), 50U);
  EXPECT_TRUE(std::is_sorted(order.begin() + 1, order.end()));
}

TEST(ManifestEncode, WritesPathsThatAreLongerThanAPiece) {
  const std::string plain(kManifestPiece * 2 + 17, 'p');
  EXPECT_EQ(encoded_path(plain), plain);
  std::string lines;
  std::string escaped;
  for (std::size_t i = 0; i < kManifestPiece; ++i) {
    lines += '\n';
    escaped += "\\n";
  }
  EXPECT_EQ(encoded_path(lines), escaped);
}

TEST(ManifestEncode, GivesTheSameBytesInPiecesOfBoundedSize) {
  std::vector<std::string> paths(10000);
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i] = "dir/\xC3\xA9" + std::to_string(i * 7919 % 10000);
  const Manifest manifest = manifest_of(paths);
  std::string joined;
  std::size_t pieces = 0;
  ASSERT_TRUE(encode_v2023(manifest, [&](std::string_view piece) {
    EXPECT_LE(piece.size(), kManifestPiece);
    EXPECT_FALSE(piece.empty());
    joined += piece;
    ++pieces;
    return Status();
  }));
  EXPECT_GT(pieces, 2U);
  EXPECT_EQ(joined, encode_v2023(manifest).value());
  EXPECT_EQ(xxh128(joined), manifest_hash(manifest).value());
}

TEST(ManifestEncode, StopsAtTheFirstErrorOfTheSink) {
  const Manifest manifest = manifest_of(std::vector<std::string>(10000, "some/path"));
  int calls = 0;
  const Status status = encode_v2023(manifest, [&calls](std::string_view) -> Status {
    ++calls;
    return fail(ErrorCode::kNoSpace, "the disk is full", "free some space");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace attache
