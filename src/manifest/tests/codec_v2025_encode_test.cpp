#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

const Digest kDigest = *Digest::parse("0123456789abcdef0123456789abcdef");

template <typename M>
M finished(TreeBuilder<M>&& builder) {
  if constexpr (M::kKind == ManifestKind::kDiff) {
    return std::move(builder).build(kDigest).value();
  } else {
    return std::move(builder).build().value();
  }
}

template <typename M = Snapshot>
M with_files(const std::vector<std::string>& paths) {
  TreeBuilder<M> builder;
  for (const std::string& path : paths) EXPECT_TRUE(builder.add_file(path, FileData::hashed(kDigest, 1, 0))) << path;
  return finished(std::move(builder));
}

// The texts of `"path":` in a list of an encoding, "dirs" or "files".
std::vector<std::string> paths_in(const std::string& text, const std::string& list) {
  const std::size_t begin = text.find("\"" + list + "\":[");
  const std::size_t end = text.find(list == "dirs" ? "],\"files\"" : "],\"hashAlg\"", begin);
  std::vector<std::string> paths;
  constexpr std::string_view kKey = "\"path\":\"";
  for (std::size_t at = text.find(kKey, begin); at < end; at = text.find(kKey, at)) {
    at += kKey.size();
    paths.push_back(text.substr(at, text.find('"', at) - at));
  }
  return paths;
}

using Texts = std::vector<std::string>;

// --- the contract: what every implementation must write when nothing but files is given
// -----------------------------------

template <typename M>
void expect_contract(const std::string& document, const std::string& hash,
                     const std::vector<std::pair<std::string, FileData>>& files) {
  TreeBuilder<M> builder;
  for (const auto& [path, data] : files) ASSERT_TRUE(builder.add_file(path, data));
  const M manifest = finished(std::move(builder));
  EXPECT_EQ(encode_v2025(manifest).value(), document);
  EXPECT_EQ(manifest_hash(manifest).value().to_hex(), hash);
  const Result<AnyTreeManifest> decoded = decode_v2025(document);
  ASSERT_TRUE(decoded) << decoded.error().to_string();
  EXPECT_EQ(encode_v2025(std::get<M>(*decoded)).value(), document);
}

FileData file_of(const char* hash, std::uint64_t size, std::int64_t mtime_us) {
  return FileData::hashed(*Digest::parse(hash), size, mtime_us);
}

TEST(ManifestEncodeV2025, WritesTheContractOfARelativeManifest) {
  expect_contract<Snapshot>(
      R"({"dirs":[{"path":"a"},{"path":"$0/b"}],"files":[{"hash":"06b05ab6733a618578af5f94892f3950",)"
      R"("mtime":1700000000000001,"path":"$1/c.txt","size":3},{"hash":"99aa06d3014798d86001c324468d497f",)"
      R"("mtime":1700000000000002,"path":"top.txt","size":0}],"hashAlg":"xxh128",)"
      R"("specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":3})",
      "02a200b30814b77959a49ed8730a82f4",
      {{"a/b/c.txt", file_of("06b05ab6733a618578af5f94892f3950", 3, 1700000000000001)},
       {"top.txt", file_of("99aa06d3014798d86001c324468d497f", 0, 1700000000000002)}});
}

TEST(ManifestEncodeV2025, WritesTheContractOfAnAbsolutePosixManifest) {
  expect_contract<AbsSnapshot>(
      R"({"dirs":[{"path":"/mnt"},{"path":"$0/p"}],"files":[{"hash":"5c7401c0ec22eeeeeaf06c6480b2cd11","mtime":1,)"
      R"("path":"$1/\u00e9.exr","size":1}],"hashAlg":"xxh128",)"
      R"("specificationVersion":"absolute-manifest-snapshot-beta-2025-12","totalSize":1})",
      "2c67fb2e3d24817d60e3cb727abcfadf", {{"/mnt/p/\xC3\xA9.exr", file_of("5c7401c0ec22eeeeeaf06c6480b2cd11", 1, 1)}});
}

TEST(ManifestEncodeV2025, WritesTheContractOfADrive) {
  expect_contract<AbsSnapshot>(
      R"({"dirs":[{"path":"C:/a"}],"files":[{"hash":"d89f1c4509f3b233272b57e6d7c0a9e5","mtime":2,"path":"$0/b",)"
      R"("size":1}],"hashAlg":"xxh128","specificationVersion":"absolute-manifest-snapshot-beta-2025-12",)"
      R"("totalSize":1})",
      "15277edc88439c261d3e52cabab27c56", {{"C:/a/b", file_of("d89f1c4509f3b233272b57e6d7c0a9e5", 1, 2)}});
}

TEST(ManifestEncodeV2025, WritesTheContractOfAShare) {
  expect_contract<AbsSnapshot>(
      R"({"dirs":[{"path":"//server/share/a"}],"files":[{"hash":"7c282968b0591d9654a7d9dde88eadb0","mtime":3,)"
      R"("path":"$0/b","size":1}],"hashAlg":"xxh128",)"
      R"("specificationVersion":"absolute-manifest-snapshot-beta-2025-12","totalSize":1})",
      "458bee4eda8d2405320c1e226a23ea30", {{"//server/share/a/b", file_of("7c282968b0591d9654a7d9dde88eadb0", 1, 3)}});
}

// --- fields ----------------------------------------------------------------------------------------------------------

TEST(ManifestEncodeV2025, WritesEmptyManifestsOfBothStyles) {
  EXPECT_EQ(encode_v2025(Snapshot()).value(),
            R"({"dirs":[],"files":[],"hashAlg":"xxh128",)"
            R"("specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":0})");
  EXPECT_EQ(encode_v2025(AbsSnapshot()).value(),
            R"({"dirs":[],"files":[],"hashAlg":"xxh128",)"
            R"("specificationVersion":"absolute-manifest-snapshot-beta-2025-12","totalSize":0})");
}

TEST(ManifestEncodeV2025, WritesEveryKindOfFileWithItsFields) {
  const std::vector<Digest> chunks{kDigest, Digest()};
  TreeBuilder<Snapshot> builder;
  ASSERT_TRUE(builder.add_file("hash", FileData::hashed(kDigest, 5, -1, true)));
  ASSERT_TRUE(builder.add_file("chunks", FileData::chunked(chunks, kDefaultChunkSize + 1, 2, true)));
  ASSERT_TRUE(builder.add_file("link", FileData::link("hash")));
  ASSERT_TRUE(builder.add_file("unhashed", FileData::unhashed(7, std::numeric_limits<std::int64_t>::min())));
  EXPECT_EQ(encode_v2025(finished(std::move(builder))).value(),
            R"({"dirs":[],"files":[)"
            R"({"chunkhashes":["0123456789abcdef0123456789abcdef","00000000000000000000000000000000"],"mtime":2,)"
            R"("path":"chunks","runnable":true,"size":268435457},)"
            R"({"hash":"0123456789abcdef0123456789abcdef","mtime":-1,"path":"hash","runnable":true,"size":5},)"
            R"({"path":"link","symlink":{"target":"hash"}},)"
            R"({"mtime":-9223372036854775808,"path":"unhashed","size":7}],"hashAlg":"xxh128",)"
            R"("specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":268435469})");
}

TEST(ManifestEncodeV2025, WritesDeletionsAndTheParentOfADiff) {
  TreeBuilder<AbsSnapshotDiff> builder;
  ASSERT_TRUE(builder.add_deleted_directory("/gone"));
  ASSERT_TRUE(builder.add_file("/gone/x", FileData::deleted()));
  ASSERT_TRUE(builder.add_file("/kept/y", FileData::deleted()));
  EXPECT_EQ(encode_v2025(finished(std::move(builder))).value(),
            R"({"dirs":[{"deleted":true,"path":"/gone"},{"path":"/kept"}],"files":[{"deleted":true,"path":"$0/x"},)"
            R"({"deleted":true,"path":"$1/y"}],"hashAlg":"xxh128",)"
            R"("parentManifestHash":"0123456789abcdef0123456789abcdef",)"
            R"("specificationVersion":"absolute-manifest-diff-beta-2025-12","totalSize":0})");
}

TEST(ManifestEncodeV2025, NamesEachSpecification) {
  EXPECT_EQ(specification_version(PathStyle::kRelative, ManifestKind::kSnapshot),
            "relative-manifest-snapshot-beta-2025-12");
  EXPECT_EQ(specification_version(PathStyle::kRelative, ManifestKind::kDiff), "relative-manifest-diff-beta-2025-12");
  EXPECT_EQ(specification_version(PathStyle::kAbsolute, ManifestKind::kSnapshot),
            "absolute-manifest-snapshot-beta-2025-12");
  EXPECT_EQ(specification_version(PathStyle::kAbsolute, ManifestKind::kDiff), "absolute-manifest-diff-beta-2025-12");
}

TEST(ManifestEncodeV2025, EscapesEverythingOutsidePrintableAscii) {
  const std::string text =
      encode_v2025(with_files({"\"\\\b\f\n\r\t\x01\x7F\xC3\xA9\xF0\x9F\x98\x80\xED\xB3\xA9/~"})).value();
  EXPECT_EQ(paths_in(text, "dirs").size(), 1U);
  EXPECT_NE(text.find(R"("path":"\"\\\b\f\n\r\t\u0001\u007f\u00e9\ud83d\ude00\udce9")"), std::string::npos) << text;
}

// --- order and references --------------------------------------------------------------------------------------------

TEST(ManifestEncodeV2025, OrdersDirectoriesByBytesAndFilesByCodeUnitsOfFullPaths) {
  // U+E000 is before U+10000 in UTF-8 and after it in UTF-16.
  const std::string text = encode_v2025(with_files({"\xEE\x80\x80/f", "\xF0\x90\x80\x80/f"})).value();
  EXPECT_EQ(paths_in(text, "dirs"), (Texts{"\\ue000", "\\ud800\\udc00"}));
  EXPECT_EQ(paths_in(text, "files"), (Texts{"$1/f", "$0/f"}));
}

TEST(ManifestEncodeV2025, ComparesPathsWithTheirSlashesNotByComponents) {
  const std::string text = encode_v2025(with_files({"a/b/x", "a/x", "a-b/x", "a.b/x", "ab/x", "a!"})).value();
  EXPECT_EQ(paths_in(text, "dirs"), (Texts{"a", "a-b", "a.b", "$0/b", "ab"}));
  EXPECT_EQ(paths_in(text, "files"), (Texts{"a!", "$1/x", "$2/x", "$3/x", "$0/x", "$4/x"}));
}

TEST(ManifestEncodeV2025, WritesEveryPathBelowTheRootAsAReference) {
  const std::string text = encode_v2025(with_files({"$HOME/$0/x", "$0/$1", "$"})).value();
  EXPECT_EQ(paths_in(text, "dirs"), (Texts{"$0", "$HOME", "$1/$0"}));
  EXPECT_EQ(paths_in(text, "files"), (Texts{"$", "$0/$1", "$2/x"}));
}

TEST(ManifestEncodeV2025, RefersToDeletedDirectoriesToo) {
  TreeBuilder<SnapshotDiff> builder;
  ASSERT_TRUE(builder.add_deleted_directory("a/b"));
  EXPECT_EQ(paths_in(encode_v2025(finished(std::move(builder))).value(), "dirs"), (Texts{"a", "$0/b"}));
}

TEST(ManifestEncodeV2025, RefersToTheDirectoryOfALinksTargetIfItIsThere) {
  TreeBuilder<Snapshot> builder;
  ASSERT_TRUE(builder.add_directory("a/b"));
  const Texts targets{"a/b/x", "a/x", "a/b", "c/x", "a/b/../x", "./a/x", "a//x", "a/"};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    ASSERT_TRUE(builder.add_file("l" + std::to_string(i), FileData::link(targets[i])));
  }
  const std::string text = encode_v2025(finished(std::move(builder))).value();
  Texts written;
  for (std::size_t at = text.find("\"target\":\""); at != std::string::npos; at = text.find("\"target\":\"", at)) {
    at += 10;
    written.push_back(text.substr(at, text.find('"', at) - at));
  }
  EXPECT_EQ(written, (Texts{"$1/x", "$0/x", "$0/b", "c/x", "a/b/../x", "./a/x", "a//x", "$0/"}));
}

TEST(ManifestEncodeV2025, WritesNothingAboveTheFirstComponentOfAbsolutePaths) {
  const std::string text =
      encode_v2025(with_files<AbsSnapshot>({"/f", "C:/f", "c:/d/f", "//s/t/f", "//s/t/d/f", "//s/u/f", "/s/t/f"}))
          .value();
  EXPECT_EQ(paths_in(text, "dirs"), (Texts{"//s/t/d", "/s", "$1/t", "c:/d"}));
  EXPECT_EQ(paths_in(text, "files"), (Texts{"$0/f", "//s/t/f", "//s/u/f", "/f", "$2/f", "C:/f", "$3/f"}));
}

TEST(ManifestEncodeV2025, GivesTheSameBytesInPiecesOfBoundedSize) {
  Texts paths;
  for (int i = 0; i < 10000; ++i) paths.push_back("d" + std::to_string(i % 7) + "/\xC3\xA9" + std::to_string(i));
  const Snapshot manifest = with_files(paths);
  std::string joined;
  ASSERT_TRUE(encode_v2025(manifest, [&joined](std::string_view piece) {
    EXPECT_LE(piece.size(), kManifestPiece);
    joined += piece;
    return Status();
  }));
  EXPECT_GT(joined.size(), kManifestPiece);
  EXPECT_EQ(joined, encode_v2025(manifest).value());
  EXPECT_EQ(xxh128(joined), manifest_hash(manifest).value());
}

TEST(ManifestEncodeV2025, StopsAtTheFirstErrorOfTheSink) {
  Texts paths;
  for (int i = 0; i < 10000; ++i) paths.push_back("directory/" + std::to_string(i));
  int calls = 0;
  const Status status = encode_v2025(with_files(paths), [&calls](std::string_view) -> Status {
    ++calls;
    return fail(ErrorCode::kNoSpace, "the disk is full", "free some space");
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace attache
