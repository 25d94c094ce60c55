#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/convert.hpp>
#include <attache/manifest/testing/notation.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::manifest_of;
using testing::words_of;

const Digest kDigest = *Digest::parse("0123456789abcdef0123456789abcdef");

Manifest with_paths(const std::vector<std::string>& paths) {
  ManifestBuilder builder;
  for (const std::string& path : paths) EXPECT_TRUE(builder.add(path, kDigest, 7, -5));
  return std::move(builder).build().value();
}

std::vector<std::string> paths_of(const Manifest& manifest) {
  std::vector<std::string> paths;
  for (const ManifestEntry& entry : manifest) paths.emplace_back(entry.path);
  return paths;
}

template <typename T>
void expect_error(const Result<T>& result, ErrorCode code, const std::string& message, const std::string& remedy) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), code);
  EXPECT_THAT(result.error().message(), HasSubstr(message));
  EXPECT_THAT(result.error().remedy(), HasSubstr(remedy));
  EXPECT_FALSE(result.error().remedy().empty());
}

// --- up
// ------------------------------------------------------------------------------------------------------------------

TEST(ManifestUpConversion, KeepsEveryFileAndImpliesTheDirectories) {
  const auto snapshot = to_v2025(with_paths({"b", "a/b/x"}));
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(words_of(*snapshot), ElementsAre("a/", "a/b/", "a/b/x=7@-5", "b=7@-5"));
  EXPECT_EQ(snapshot->file(0).data.hash, kDigest);
}

TEST(ManifestUpConversion, RefusesWhatOnlyTheOldFormatAllows) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"a", "a"}, "'a' occurs twice"},
      {{"a", "a/b"}, "'a' is both a file and a directory"},
      {{"/a"}, "path '/a' is absolute"},
      {{"C:/a"}, "path 'C:/a' is absolute"},
      {{""}, "path '' is empty"},
      {{"a//b"}, "path 'a//b' has an empty component"},
      {{"x/a", "x/../a"}, "path 'x/../a' has a component '..'"},
      {{"x/a", "x/."}, "path 'x/.' has a component '.'"},
      {{"x/a", "x/"}, "path 'x/' has an empty component"},
      {{"x/a", "C:"}, "path 'C:' is absolute"}};
  for (const auto& [paths, message] : cases) {
    expect_error(to_v2025(with_paths(paths)), ErrorCode::kInvalidManifest, message, "");
  }
}

TEST(ManifestUpConversion, TakesPathsInAnyOrder) {
  EXPECT_THAT(words_of(to_v2025(with_paths({"a/x", "b/x", "a/y", "x", "b/c/x"})).value()),
              ElementsAre("a/", "b/", "b/c/", "a/x=7@-5", "a/y=7@-5", "b/c/x=7@-5", "b/x=7@-5", "x=7@-5"));
}

// --- down
// ----------------------------------------------------------------------------------------------------------------

TEST(ManifestDownConversion, ReportsWhatTheOldFormatCannotSay) {
  const auto converted = to_v2023(manifest_of<Snapshot>({"a/x!", "e/f/", "b"}));
  ASSERT_TRUE(converted);
  EXPECT_THAT(paths_of(converted->manifest), ElementsAre("a/x", "b"));
  EXPECT_THAT(converted->dropped.runnable, ElementsAre("a/x"));
  EXPECT_THAT(converted->dropped.empty_directories, ElementsAre("e", "e/f"));
  EXPECT_FALSE(converted->dropped.empty());
  EXPECT_TRUE(to_v2023(manifest_of<Snapshot>({"a/x"}))->dropped.empty());
}

TEST(ManifestDownConversion, ConvertsWhatADiffBringsAndReportsItsDeletions) {
  const auto converted = to_v2023(manifest_of<SnapshotDiff>({"a/x", "-a/y", "-d/", "-d/z", "-b"}));
  ASSERT_TRUE(converted);
  EXPECT_THAT(paths_of(converted->manifest), ElementsAre("a/x"));
  EXPECT_THAT(converted->dropped.deletions, ElementsAre("a/y", "b", "d", "d/z"));
}

TEST(ManifestDownConversion, ReportsInCanonicalOrder) {
  const auto converted = to_v2023(manifest_of<Snapshot>({"\xEE\x80\x80/", "\xF0\x90\x80\x80/", "a/", "a-b/"}));
  EXPECT_THAT(converted->dropped.empty_directories, ElementsAre("a", "a-b", "\xF0\x90\x80\x80", "\xEE\x80\x80"));
}

TEST(ManifestDownConversion, RefusesFilesWithoutAWholeHash) {
  expect_error(to_v2023(manifest_of<Snapshot>({"a/x?"})), ErrorCode::kUnsupported, "'a/x' was never hashed",
               "hash the files first");
  const std::vector<Digest> chunks{kDigest, kDigest};
  TreeBuilder<Snapshot> builder;
  ASSERT_TRUE(builder.add_file("a/big", FileData::chunked(chunks, kDefaultChunkSize + 1, 3)));
  const auto snapshot = std::move(builder).build().value();
  expect_error(to_v2023(snapshot), ErrorCode::kUnsupported,
               "'a/big' has a hash for each chunk, and none for the whole file", "make the manifest without chunks");
  const auto converted = to_v2023(snapshot, {.whole_file_hash = [](std::string_view path) {
                                    return path == "a/big" ? std::optional(Digest()) : std::nullopt;
                                  }});
  ASSERT_TRUE(converted);
  EXPECT_EQ(converted->manifest[0].hash, Digest());
  EXPECT_EQ(converted->manifest[0].size, kDefaultChunkSize + 1);
}

std::vector<std::string> collapsed(std::initializer_list<std::string_view> words, Dropped* dropped = nullptr) {
  auto converted = to_v2023(manifest_of<Snapshot>(words), {.links = LinkConversion::kCollapse});
  if (!converted) return {converted.error().to_string()};
  if (dropped != nullptr) *dropped = converted->dropped;
  std::vector<std::string> all;
  for (const ManifestEntry& entry : converted->manifest) {
    all.push_back(std::string(entry.path) + "=" + std::to_string(entry.size));
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(ManifestDownConversion, RefusesLinksUnlessToldWhatToDoWithThem) {
  const auto tree = manifest_of<Snapshot>({"l->a", "a"});
  expect_error(to_v2023(tree), ErrorCode::kUnsupported, "'l' is a symbolic link", "excluded or collapsed");
  const auto excluded = to_v2023(tree, {.links = LinkConversion::kExclude});
  EXPECT_THAT(paths_of(excluded->manifest), ElementsAre("a"));
  EXPECT_THAT(excluded->dropped.links, ElementsAre("l"));
}

TEST(ManifestDownConversion, PutsWhatALinkLeadsToInItsPlace) {
  Dropped dropped;
  EXPECT_THAT(collapsed({"a/x=2", "a/b/y=3", "f->a/x", "g->a", "h->./a/b/../x"}, &dropped),
              ElementsAre("a/b/y=3", "a/x=2", "f=2", "g/b/y=3", "g/x=2", "h=2"));
  EXPECT_THAT(dropped.collapsed_links, ElementsAre("f", "g", "h"));
  EXPECT_THAT(dropped.links, IsEmpty());
}

TEST(ManifestDownConversion, FollowsLinksToLinksAndThroughLinks) {
  EXPECT_THAT(collapsed({"a/x=2", "l->a", "m->l", "n->l/x"}), ElementsAre("a/x=2", "l/x=2", "m/x=2", "n=2"));
}

TEST(ManifestDownConversion, LeavesLinksOutThatLeadNowhereOrIntoThemselves) {
  Dropped dropped;
  EXPECT_THAT(collapsed({"a/x", "b->nowhere", "c->c", "d->e", "e->d", "a/up->a", "r->."}, &dropped),
              ::testing::Contains("a/x=1"));
  EXPECT_THAT(dropped.links, ::testing::IsSupersetOf({"b", "c", "d", "e", "a/up"}));
}

// --- any of the five
// -------------------------------------------------------------------------------------------------------

TEST(AnyManifest, TellsTheFormatOfADocument) {
  const std::string old = encode_v2023(with_paths({"a"})).value();
  EXPECT_EQ(detect_format(old).value(), ManifestFormat::kV2023_03_03);
  EXPECT_EQ(detect_format(encode_v2025(Snapshot()).value()).value(), ManifestFormat::kV2025_12);
  EXPECT_EQ(detect_format(R"({"dirs":[],"files":[],"hashAlg":"xxh128","manifestVersion":"2025-12"})").value(),
            ManifestFormat::kV2025_12);
  EXPECT_EQ(detect_format(R"({"manifestVersion":"2023-03-03","specificationVersion":"later"})").value(),
            ManifestFormat::kV2025_12);
  for (const char* other : {"", "[]", "{", "nonsense", R"({"manifestVersion":"2024"})"}) {
    EXPECT_EQ(detect_format(other).value(), ManifestFormat::kV2023_03_03) << other;
  }
  // Of duplicate keys the last counts.
  EXPECT_EQ(detect_format(R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[],"dirs":[],"files":[],)"
                          R"("manifestVersion":"2025-12"})")
                .value(),
            ManifestFormat::kV2025_12);
}

TEST(AnyManifest, DecodesEitherFormatAndNamesItsType) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {encode_v2023(with_paths({"a"})).value(), "v2023-03-03 manifest"},
      {encode_v2025(manifest_of<Snapshot>({"a"})).value(), "relative snapshot"},
      {encode_v2025(manifest_of<SnapshotDiff>({"a"})).value(), "relative diff"},
      {encode_v2025(manifest_of<AbsSnapshot>({"/a"})).value(), "absolute snapshot"},
      {encode_v2025(manifest_of<AbsSnapshotDiff>({"/a"})).value(), "absolute diff"}};
  for (const auto& [document, name] : cases) {
    const auto manifest = decode_manifest(document);
    ASSERT_TRUE(manifest) << manifest.error().to_string();
    EXPECT_EQ(type_name(*manifest), name);
    EXPECT_EQ(encode_manifest(*manifest).value(), document);
    EXPECT_EQ(to_string(format_of(*manifest)), name.starts_with("v2023") ? "2023-03-03" : "2025-12");
    EXPECT_EQ(tree_of(*manifest) == nullptr, name.starts_with("v2023"));
    EXPECT_EQ(validate_manifest(document).value().errors, 0U);
    std::string pieces;
    ASSERT_TRUE(encode_manifest(*manifest, [&](std::string_view piece) {
      pieces += piece;
      return Status();
    }));
    EXPECT_EQ(pieces, document);
  }
}

TEST(AnyManifest, NamesTheContentType) {
  EXPECT_EQ(content_type(AnyManifest(Manifest())), "application/x-deadline-manifest-2023-03-03");
  EXPECT_EQ(content_type(AnyManifest(Snapshot())),
            "application/x-deadline-manifest-2025-12; spec=relative-manifest-snapshot-beta-2025-12");
}

TEST(AnyManifest, ReportsWhichRuleIsBroken) {
  DecodeRule broken{};
  EXPECT_FALSE(decode_manifest(R"({"manifestVersion":"2025-12-04-beta"})", {}, &broken));
  EXPECT_EQ(broken, DecodeRule::kBeta);
  EXPECT_FALSE(decode_manifest("{}", {}, &broken));
  EXPECT_EQ(broken, DecodeRule::kVersion);
}

}  // namespace
}  // namespace attache
