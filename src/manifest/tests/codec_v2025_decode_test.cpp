#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/tree_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace attache {
namespace {

using ::testing::HasSubstr;

const std::string kHash = "0123456789abcdef0123456789abcdef";
const char* const kRelative = "relative-manifest-snapshot-beta-2025-12";
const char* const kDiff = "relative-manifest-diff-beta-2025-12";
const char* const kAbsolute = "absolute-manifest-snapshot-beta-2025-12";

std::string document(const std::string& directories, const std::string& files,
                     const std::string& specification = kRelative) {
  const std::string parent =
      specification.find("-diff-") == std::string::npos ? "" : R"("parentManifestHash":")" + kHash + R"(",)";
  return R"({"dirs":[)" + directories + R"(],"files":[)" + files + R"(],"hashAlg":"xxh128",)" + parent +
         R"("specificationVersion":")" + specification + R"(","totalSize":0})";
}

std::string dir(const std::string& path, bool deleted = false) {
  return std::string(deleted ? R"({"deleted":true,"path":")" : R"({"path":")") + path + R"("})";
}

// A file whose path and further members are given.
std::string file(const std::string& path, const std::string& members = {}) {
  return R"({"hash":")" + kHash + R"(","mtime":1,"path":")" + path + R"(","size":1)" + members + "}";
}
// A file with nothing but a path and these members.
std::string bare(const std::string& members) {
  return R"({"path":"x",)" + members + "}";
}
std::string link(const std::string& target) {
  return R"({"path":"l","symlink":{"target":")" + target + R"("}})";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

const TreeManifest& tree_in(const AnyTreeManifest& manifest) {
  return std::visit([](const auto& each) -> const TreeManifest& { return each; }, manifest);
}

void expect_refused(const std::string& text, DecodeRule rule, const std::string& message,
                    const std::string& remedy = "make the manifest again", ErrorCode code = ErrorCode::kInvalidManifest,
                    const DecodeOptions& options = {}) {
  SCOPED_TRACE(text.substr(0, 500));
  DecodeRule broken{};
  const Result<AnyTreeManifest> manifest = decode_v2025(text, options, &broken);
  ASSERT_FALSE(manifest);
  EXPECT_EQ(to_string(broken), to_string(rule));
  EXPECT_EQ(manifest.error().code(), code);
  EXPECT_THAT(manifest.error().message(), HasSubstr(message));
  EXPECT_THAT(manifest.error().remedy(), HasSubstr(remedy));
}

// What the canonical document of an accepted one is.
std::string canonical(const std::string& text, const DecodeOptions& options = {}) {
  const Result<AnyTreeManifest> manifest = decode_v2025(text, options);
  if (!manifest) return manifest.error().to_string();
  return encode_v2025(tree_in(*manifest)).value();
}

// --- what is accepted
// --------------------------------------------------------------------------------------------------

TEST(ManifestDecodeV2025, GivesTheTypeThatTheSpecificationNames) {
  EXPECT_TRUE(std::holds_alternative<Snapshot>(decode_v2025(document("", "", kRelative)).value()));
  EXPECT_TRUE(std::holds_alternative<SnapshotDiff>(decode_v2025(document("", "", kDiff)).value()));
  EXPECT_TRUE(std::holds_alternative<AbsSnapshot>(decode_v2025(document("", "", kAbsolute)).value()));
  EXPECT_TRUE(std::holds_alternative<AbsSnapshotDiff>(
      decode_v2025(document("", "", "absolute-manifest-diff-beta-2025-12")).value()));
}

TEST(ManifestDecodeV2025, TakesADocumentWithoutSpecificationForARelativeSnapshotIfItsVersionIs202512) {
  const std::string text = replaced(document("", file("a")), "\"specificationVersion\":\"" + std::string(kRelative),
                                    "\"manifestVersion\":\"2025-12");
  EXPECT_TRUE(std::holds_alternative<Snapshot>(decode_v2025(text).value()));
}

TEST(ManifestDecodeV2025, ReadsFilesBeforeTheDirectoriesThatTheyReferTo) {
  const std::string text = R"({"files":[)" + file("$1/x") + R"(],"specificationVersion":")" + kRelative +
                           R"(","dirs":[)" + dir("a") + "," + dir("$0/b") + R"(],"hashAlg":"xxh128"})";
  EXPECT_EQ(canonical(text), canonical(document(dir("a/b"), file("a/b/x"))));
}

TEST(ManifestDecodeV2025, CountsTheLastOfDuplicateKeys) {
  const std::string once = document(dir("a"), file("$0/x"));
  EXPECT_EQ(canonical(replaced(once, "{", R"({"dirs":[{"path":1},{"path":""},7],"files":"none","hashAlg":"md5",)")),
            canonical(once));
  EXPECT_EQ(canonical(replaced(once, R"("mtime":1)", R"("size":"no","path":0,"mtime":true,"mtime":1)")),
            canonical(once));
  EXPECT_EQ(canonical(document("", replaced(link("a"), "{\"target\"", "{\"target\":[],\"target\""))),
            canonical(document("", link("a"))));
  expect_refused(replaced(once, "],\"hashAlg\"", "],\"files\":null,\"hashAlg\""), DecodeRule::kType,
                 "'files' must be an array, not null");
}

TEST(ManifestDecodeV2025, TreatsEveryDirectoryAboveAnEntryAsListed) {
  const std::string listed = document(dir("a") + "," + dir("a/b") + "," + dir("d"), file("a/b/x"));
  EXPECT_EQ(canonical(document(dir("d"), file("a/b/x"))), canonical(listed));
}

TEST(ManifestDecodeV2025, TakesADollarWithoutNumberAndSlashAsItIs) {
  EXPECT_EQ(canonical(document(dir("$0") + "," + dir("$0/$x"), file("$") + "," + file("a$1/x"))),
            R"({"dirs":[{"path":"$0"},{"path":"$0/$x"},{"path":"a$1"}],"files":[{"hash":")" + kHash +
                R"(","mtime":1,"path":"$","size":1},{"hash":")" + kHash +
                R"(","mtime":1,"path":"$2/x","size":1}],"hashAlg":"xxh128","specificationVersion":")" + kRelative +
                R"(","totalSize":2})");
}

TEST(ManifestDecodeV2025, AcceptsFilesThatWereNeverHashed) {
  const auto manifest = decode_v2025(document("", bare(R"("size":3,"mtime":-4)")));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(tree_in(*manifest).file(0).data.content, FileContent::kUnhashed);
  EXPECT_EQ(tree_in(*manifest).file(0).data.mtime_us, -4);
}

TEST(ManifestDecodeV2025, ComputesTheTotalWhateverIsStated) {
  EXPECT_EQ(tree_in(decode_v2025(replaced(document("", file("a")), R"("totalSize":0)", R"("totalSize":77)")).value())
                .total_size(),
            1U);
}

TEST(ManifestDecodeV2025, ReadsIntegersUpToTheirLimits) {
  const auto manifest = decode_v2025(document("", bare(R"("size":18446744073709551615,"mtime":-9223372036854775808)")));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(tree_in(*manifest).file(0).data.size, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(tree_in(*manifest).file(0).data.mtime_us, std::numeric_limits<std::int64_t>::min());
}

TEST(ManifestDecodeV2025, LetsADiffChangeTheKindOfAPath) {
  const std::string text =
      document(dir("a", true) + "," + dir("b"),
               file("a") + "," + R"({"deleted":true,"path":"$0/x"},{"deleted":true,"path":"b"})", kDiff);
  EXPECT_THAT(canonical(text), HasSubstr(R"("dirs":[{"deleted":true,"path":"a"},{"path":"b"}])"));
}

TEST(ManifestDecodeV2025, LetsADiffDeleteADirectoryAndMakeItAnew) {
  EXPECT_THAT(canonical(document(dir("a", true), file("a/b/c"), kDiff)),
              HasSubstr(R"("dirs":[{"deleted":true,"path":"a"},{"path":"$0/b"}])"));
  // Then it stands there, and nothing else can.
  expect_refused(document(dir("a", true), file("a") + "," + file("a/b"), kDiff), DecodeRule::kFileIsDirectory,
                 "'a' is both a file and a directory");
}

TEST(ManifestDecodeV2025, ChecksChunksAgainstTheSizeThatIsGiven) {
  const std::string chunks = R"("chunkhashes":[")" + kHash + R"(",")" + kHash + R"("],"mtime":0,"size":)";
  EXPECT_TRUE(decode_v2025(document("", bare(chunks + "268435457"))));
  EXPECT_TRUE(decode_v2025(document("", bare(chunks + "536870912"))));
  EXPECT_TRUE(decode_v2025(document("", bare(chunks + "15")), {.chunk_size = 10}));
}

// --- what is refused, rule by rule
// ---------------------------------------------------------------------------------------

TEST(ManifestDecodeV2025, RefusesWhatIsNotJson) {
  expect_refused("", DecodeRule::kSyntax, "it is empty", "fetch it again");
  expect_refused("\xEF\xBB\xBF" + document("", ""), DecodeRule::kSyntax, "byte order mark", "fetch it again");
  expect_refused(document("", "") + "}", DecodeRule::kSyntax, "text after the end", "fetch it again");
  expect_refused(document(dir("a") + ",", ""), DecodeRule::kSyntax, "line 1, column 23: expected a value",
                 "fetch it again");
  expect_refused("[" + document("", ""), DecodeRule::kSyntax, "expected ',' or ']'", "fetch it again");
}

TEST(ManifestDecodeV2025, ReportsABrokenTextBeforeAnyFaultOfAnEntry) {
  expect_refused(document("", file("..")) + "x", DecodeRule::kSyntax, "text after the end", "fetch it again");
}

TEST(ManifestDecodeV2025, RefusesTextThatIsNotUtf8) {
  expect_refused(document(dir("a\xFF"), ""), DecodeRule::kText, "a string is not UTF-8", "fetch it again");
  expect_refused(document("", file("\xED\xA0\x80")), DecodeRule::kText, "a string is not UTF-8", "fetch it again");
  expect_refused(document("", link("a\xC3")), DecodeRule::kText, "a string is not UTF-8", "fetch it again");
}

TEST(ManifestDecodeV2025, RefusesMoreThanSixtyFourLevelsOfNesting) {
  const auto nested = [](std::size_t levels) {
    return replaced(document("", ""), "{", "{\"a\":" + repeated("[", levels) + "1" + repeated("]", levels) + ",");
  };
  EXPECT_TRUE(decode_v2025(nested(63)));
  expect_refused(nested(64), DecodeRule::kNesting, "more than 64 nested levels", "fetch it again");
  expect_refused(repeated("[", 200'000), DecodeRule::kNesting, "more than 64 nested levels", "fetch it again");
}

TEST(ManifestDecodeV2025, RefusesWhatIsNoObject) {
  for (const char* text : {"[]", "null", "\"a\"", "17", "true"}) {
    expect_refused(text, DecodeRule::kNotAnObject, "the document must be an object", "fetch it again");
  }
  expect_refused(document("[]", ""), DecodeRule::kNotAnObject, "dirs[0] must be an object, not an array");
  expect_refused(document("", file("a") + ",null"), DecodeRule::kNotAnObject, "files[1] must be an object, not null");
}

TEST(ManifestDecodeV2025, RefusesDocumentsThatAreNoManifests) {
  expect_refused("{}", DecodeRule::kVersion, "'specificationVersion' is missing, so this is no manifest", "fetch it");
  expect_refused(R"({"manifestVersion":"2024"})", DecodeRule::kVersion,
                 "'manifestVersion' is '2024', which is not known", "use a newer version");
}

TEST(ManifestDecodeV2025, RefusesSpecificationsFromTheFuture) {
  expect_refused(document("", "", "relative-manifest-snapshot-2026"), DecodeRule::kSpecification,
                 "'specificationVersion' is 'relative-manifest-snapshot-2026', which is not known",
                 "use a newer version of attache", ErrorCode::kUnsupported);
  expect_refused(replaced(document("", ""), "\"" + std::string(kRelative) + "\"", "7"), DecodeRule::kType,
                 "'specificationVersion' must be a string, not an integer");
}

TEST(ManifestDecodeV2025, RefusesTheBetaAndSaysSo) {
  expect_refused(R"({"dirs":[],"files":[],"hashAlg":"xxh128","manifestVersion":"2025-12-04-beta","totalSize":0})",
                 DecodeRule::kBeta, "an early form of the format that no program reads any more",
                 "make the manifest again with a program of today", ErrorCode::kUnsupported);
}

TEST(ManifestDecodeV2025, RefusesDocumentsThatLackFieldsAndNamesAllOfThem) {
  expect_refused(R"({"specificationVersion":")" + std::string(kRelative) + "\"}", DecodeRule::kMissingField,
                 "the document lacks 'dirs', 'files', 'hashAlg'");
  expect_refused(document("{}", ""), DecodeRule::kMissingField, "dirs[0] lacks 'path'");
  expect_refused(document("", "{}"), DecodeRule::kMissingField, "files[0] lacks 'path'");
  expect_refused(document("", bare(R"("symlink":{})")), DecodeRule::kMissingField,
                 "files[0] ('x') lacks 'target' of 'symlink'");
}

TEST(ManifestDecodeV2025, RefusesAnotherHashAlgorithm) {
  expect_refused(replaced(document("", ""), "xxh128", "sha256"), DecodeRule::kAlgorithm,
                 "'hashAlg' must be 'xxh128', not 'sha256'");
}

TEST(ManifestDecodeV2025, RefusesWrongTypesAndNamesTheField) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {document(R"({"path":1})", ""), "dirs[0] 'path' must be a string, not an integer"},
      {document(R"({"path":"a","deleted":"yes"})", ""), "dirs[0] ('a') 'deleted' must be true or false, not a string"},
      {document("", R"({"path":null})"), "files[0] 'path' must be a string, not null"},
      {document("", file("a", R"(,"runnable":1)")), "files[0] ('a') 'runnable' must be true or false, not an integer"},
      {document("", file("a", R"(,"deleted":null)")), "files[0] ('a') 'deleted' must be true or false, not null"},
      {document("", bare(R"("hash":7,"size":1,"mtime":1)")), "'hash' must be a string, not an integer"},
      {document("", bare(R"("size":"1","mtime":1)")), "'size' must be an integer, not a string"},
      {document("", bare(R"("size":1,"mtime":1.5)")), "'mtime' must be an integer, not a number with a fraction"},
      {document("", bare(R"("chunkhashes":{},"size":1,"mtime":1)")), "'chunkhashes' must be an array, not an object"},
      {document("", bare(R"("chunkhashes":[1],"size":268435457,"mtime":1)")),
       "'chunkhashes' must hold strings, not an integer"},
      {document("", bare(R"("symlink":"a")")), "'symlink' must be an object, not a string"},
      {document("", bare(R"("symlink":{"target":0})")), "'target' must be a string, not an integer"},
      {replaced(document("", ""), "\"dirs\":[]", "\"dirs\":{}"), "'dirs' must be an array, not an object"},
      {replaced(document("", ""), "\"xxh128\"", "null"), "'hashAlg' must be a string, not null"},
      {replaced(document("", ""), R"("totalSize":0)", R"("totalSize":0.0)"), "'totalSize' must be an integer"},
      {replaced(document("", "", kDiff), "\"" + kHash + "\"", "[]"), "'parentManifestHash' must be a string"}};
  for (const auto& [text, message] : cases) expect_refused(text, DecodeRule::kType, message);
  expect_refused(document("", bare(R"("size":true,"mtime":1)")), DecodeRule::kBoolean,
                 "'size' must be an integer, not true");
}

TEST(ManifestDecodeV2025, RefusesNumbersBeyondSixtyFourBitsAndNegativeSizes) {
  expect_refused(document("", bare(R"("size":18446744073709551616,"mtime":1)")), DecodeRule::kIntegerRange,
                 "at line 1, column 21: files[0] ('x') 'size' needs more than 64 bits");
  expect_refused(document("", bare(R"("size":1,"mtime":9223372036854775808)")), DecodeRule::kIntegerRange,
                 "'mtime' does not fit 64 bits");
  expect_refused(document("", bare(R"("size":-1,"mtime":1)")), DecodeRule::kNegativeSize, "'size' is negative");
  expect_refused(replaced(document("", ""), R"("totalSize":0)", R"("totalSize":-1)"), DecodeRule::kNegativeSize,
                 "'totalSize' is negative");
  const std::string half = bare(R"("size":9223372036854775808,"mtime":1)");
  expect_refused(document("", half + "," + replaced(half, "\"x\"", "\"y\"")), DecodeRule::kIntegerRange,
                 "the sizes of all files together exceed 64 bits");
}

TEST(ManifestDecodeV2025, RefusesHashesThatAreNotThirtyTwoLowerCaseDigits) {
  for (const std::string hash : {"", "0123", "0123456789ABCDEF0123456789ABCDEF"}) {
    expect_refused(document("", replaced(file("a"), kHash, hash)), DecodeRule::kHashForm,
                   "at line 1, column 21: files[0] ('a') 'hash' must be 32 lower-case hex digits, not '" + hash + "'");
  }
  expect_refused(document("", bare(R"("chunkhashes":["x"],"size":268435457,"mtime":1)")), DecodeRule::kHashForm,
                 "'chunkhashes' must be 32 lower-case hex digits, not 'x'");
}

TEST(ManifestDecodeV2025, RefusesReferencesThatLeadNowhere) {
  for (const std::string path : {"$x/a", "$+1/a", "$-1/a", "$ 0/a", "$/a", "$00000000000/a", "$HOME/a"}) {
    expect_refused(document(dir("d"), file(path)), DecodeRule::kReference, "is no reference to a directory");
    expect_refused(document(dir("d"), link(path)), DecodeRule::kReference, "is no reference to a directory");
  }
  expect_refused(document(dir("d"), file("$1/a")), DecodeRule::kReference,
                 "at line 1, column 33: files[0] ('$1/a') 'path' refers to directory 1, but only 1 come before it");
  expect_refused(document(dir("$0/a"), ""), DecodeRule::kReference, "refers to directory 0, but only 0 come before it");
  expect_refused(document(dir("d"), link("$4294967296/a")), DecodeRule::kReference, "the link's target refers to");
}

TEST(ManifestDecodeV2025, RefusesMalformedPaths) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "'path' is empty"},           {"a//b", "has an empty component"},
      {"a/", "has an empty component"},  {"./a", "has a component '.'"},
      {"a/./b", "has a component '.'"},  {"a/../b", "has a component '..'"},
      {"..", "has a component '..'"},    {R"(a\u0000)", "holds a NUL character"},
      {"$0/", "has an empty component"}, {"$0/../b", "has a component '..'"}};
  for (const auto& [path, message] : cases) {
    expect_refused(document(dir("d"), file(path)), DecodeRule::kPath, message);
    expect_refused(document(dir("d") + "," + dir(path), ""), DecodeRule::kPath, message);
  }
  EXPECT_TRUE(decode_v2025(document("", file("..a") + "," + file("a..") + "," + file("...") + "," + file("a b"))));
  expect_refused(document("", file("C:/"), kAbsolute), DecodeRule::kPath, "'path' is where paths begin, not a file");
  expect_refused(document(dir("/", true), "", "absolute-manifest-diff-beta-2025-12"), DecodeRule::kPath,
                 "is where paths begin, which cannot be deleted");
}

TEST(ManifestDecodeV2025, RefusesPathsOfTheOtherStyle) {
  for (const std::string path : {"/a", "C:/a", "c:", "//s/t/a"}) {
    expect_refused(document("", file(path)), DecodeRule::kPathStyle, "is absolute, in a manifest of relative paths");
  }
  for (const std::string path : {"a", "C:a", "a/b", "$0"}) {
    expect_refused(document("", file(path), kAbsolute), DecodeRule::kPathStyle, "is not absolute ('/...', 'X:/...'");
  }
  for (const std::string path : {"//a", "//s//a", "/a//b"}) {
    expect_refused(document("", file(path), kAbsolute), DecodeRule::kPath, "has an empty component");
  }
}

TEST(ManifestDecodeV2025, RefusesPathsThatOccurTwice) {
  expect_refused(document("", file("d/a") + "," + file("b") + "," + file("d/a")), DecodeRule::kDuplicate,
                 "'d/a' occurs twice");
  expect_refused(document(dir("a") + "," + dir("a"), ""), DecodeRule::kDuplicate,
                 "at line 1, column 23: dirs[1] ('a') "
                 "occurs twice");
  expect_refused(document(dir("a") + "," + dir("a", true), "", kDiff), DecodeRule::kDuplicate, "occurs twice");
  expect_refused(document("", file("a") + R"(,{"deleted":true,"path":"a"})", kDiff), DecodeRule::kDuplicate,
                 "'a' occurs twice");
}

TEST(ManifestDecodeV2025, RefusesPathsThatAreBothFileAndDirectory) {
  expect_refused(document(dir("a"), file("a")), DecodeRule::kFileIsDirectory, "'a' is both a file and a directory");
  expect_refused(document("", file("a") + "," + file("a/b")), DecodeRule::kFileIsDirectory,
                 "'a' is both a file and a directory");
}

TEST(ManifestDecodeV2025, RefusesDeletionsInASnapshot) {
  expect_refused(document(dir("a", true), ""), DecodeRule::kDeletion,
                 "at line 1, column 10: dirs[0] ('a') is deleted, which is for diffs only");
  expect_refused(document("", R"({"deleted":true,"path":"a"})"), DecodeRule::kDeletion, "which is for diffs only");
}

TEST(ManifestDecodeV2025, RefusesAParentHashThatIsMissingSuperfluousOrMalformed) {
  expect_refused(replaced(document("", "", kDiff), "parentManifestHash", "other"), DecodeRule::kParentHash,
                 "a diff must have a 'parentManifestHash'");
  expect_refused(replaced(document("", ""), "{", R"({"parentManifestHash":")" + kHash + "\","), DecodeRule::kParentHash,
                 "a snapshot must not have a 'parentManifestHash'");
  expect_refused(replaced(document("", "", kDiff), kHash, "ab"), DecodeRule::kParentHash,
                 "'parentManifestHash' must be 32 lower-case hex digits, not 'ab'");
}

TEST(ManifestDecodeV2025, RefusesDeletedFilesWithFieldsOfLiveOnes) {
  for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{{"hash", "\"" + kHash + "\""},
                                                                                     {"chunkhashes", "[]"},
                                                                                     {"symlink", "{}"},
                                                                                     {"runnable", "true"},
                                                                                     {"size", "0"},
                                                                                     {"mtime", "0"}}) {
    expect_refused(document("", bare("\"deleted\":true,\"" + field + "\":" + value), kDiff),
                   DecodeRule::kDeletedEntryField,
                   "at line 1, column 21: files[0] ('x') is deleted, but has '" + field);
  }
}

TEST(ManifestDecodeV2025, RefusesFilesWithSeveralContentsOrWithoutSizeOrTime) {
  expect_refused(document("", file("a", R"(,"symlink":{"target":"b"})")), DecodeRule::kContent,
                 "has more than one of 'hash', 'chunkhashes' and 'symlink'");
  expect_refused(document("", bare(R"("mtime":1)")), DecodeRule::kMissingSize,
                 "at line 1, column 21: files[0] ('x') "
                 "lacks 'size'");
  expect_refused(document("", bare(R"("size":1)")), DecodeRule::kMissingMtime, "lacks 'mtime'");
}

TEST(ManifestDecodeV2025, RefusesChunksThatDoNotFitTheSize) {
  const auto chunks = [](std::size_t count, const std::string& size) {
    std::string list = "\"chunkhashes\":[";
    for (std::size_t i = 0; i < count; ++i) list += (i == 0 ? "\"" : ",\"") + kHash + "\"";
    return document("", bare(list + R"(],"mtime":0,"size":)" + size));
  };
  expect_refused(chunks(1, "268435456"), DecodeRule::kChunks, "its size, 268435456, is not above the size of a chunk");
  expect_refused(chunks(2, "536870913"), DecodeRule::kChunks,
                 "must have 3 'chunkhashes' for its size, 536870913, but "
                 "has 2");
  expect_refused(chunks(2, "18446744073709551615"), DecodeRule::kChunks, "must have 68719476736 'chunkhashes'");
  expect_refused(chunks(2, "268435457"), DecodeRule::kChunks, "files are not cut into chunks",
                 "make the manifest again", ErrorCode::kInvalidManifest, {.chunk_size = kWholeFile});
}

TEST(ManifestDecodeV2025, RefusesLinkTargetsThatAreAbsoluteEmptyOrHoldNul) {
  for (const std::string target : {"/a", "C:/a", "C:a", "c:", "//s/t", R"(\\\\s)"}) {
    expect_refused(document("", link(target)), DecodeRule::kLinkTarget, "is absolute, in a manifest of relative paths");
  }
  expect_refused(document("", link("")), DecodeRule::kLinkTarget,
                 "at line 1, column 21: files[0] ('l') the link's "
                 "target, '', is empty");
  expect_refused(document("", link(R"(a\u0000b)")), DecodeRule::kLinkTarget, "holds a NUL character");
  expect_refused(document("", replaced(link("a"), "\"l\"", "\"/l\""), kAbsolute), DecodeRule::kLinkTarget,
                 "is not absolute, in a manifest of absolute paths");
}

TEST(ManifestDecodeV2025, RefusesLinksThatLeadOutOfTheRootAtAnyDepth) {
  for (const std::string target : {"..", "../a", "a/../..", "$0/../..", "./../d", "d/x/../../../d"}) {
    expect_refused(document(dir("d"), link(target)), DecodeRule::kLinkEscapes, "leads out of the root");
  }
  for (const std::string target : {"..a", "d/..", "d/../x", "$0/../x", ".", "a/./b//c"}) {
    EXPECT_TRUE(decode_v2025(document(dir("d"), link(target)))) << target;
  }
}

TEST(ManifestDecodeV2025, RefusesTargetsThatAReferenceMakesAmbiguous) {
  // "$x" is listed, so "$0/y/z" is "$x/y/z", which could be written only beside a directory "$x/y".
  expect_refused(document(dir("$x"), link("$0/y/z")), DecodeRule::kLinkTarget,
                 "'l' is a link whose target begins with '$' and would be read as a reference to a directory");
  EXPECT_THAT(canonical(document(dir("$x"), link("$0/y"))), HasSubstr(R"("target":"$0/y")"));
}

// --- limits
// ------------------------------------------------------------------------------------------------------------

TEST(ManifestDecodeV2025, LimitsComponentsToSixtyFourKibibytes) {
  const std::string longest(65'535, 'a');
  const std::string text = document(dir(longest), file("$0/" + longest));
  EXPECT_EQ(canonical(text).size(), text.size());  // but for the total
  expect_refused(document("", file("d/a" + longest)), DecodeRule::kLimit, "has a component longer than 65535 bytes");
  expect_refused(document(dir("a" + longest), ""), DecodeRule::kLimit, "has a component longer than 65535 bytes");
}

TEST(ManifestDecodeV2025, LimitsLinkTargetsToSixtyFourKibibytes) {
  const std::string longest(65'535, 'a');
  EXPECT_TRUE(decode_v2025(document("", link(longest))));
  expect_refused(document("", link("a" + longest)), DecodeRule::kLimit, "is longer than 65535 bytes");
  expect_refused(document(dir("d"), link("$0/" + longest)), DecodeRule::kLimit, "is longer than 65535 bytes");
}

TEST(ManifestDecodeV2025, NamesAHugePathInALine) {
  const std::string huge(100'000'000, 'a');
  const Result<AnyTreeManifest> manifest = decode_v2025(document("", file(huge)));
  ASSERT_FALSE(manifest);
  EXPECT_LT(manifest.error().message().size(), 500U);
  EXPECT_THAT(manifest.error().message(), HasSubstr("'aaaa"));
}

TEST(ManifestDecodeV2025, LimitsNestedDirectoriesToTenThousand) {
  const std::string deepest = repeated("d/", 10'000);
  const auto manifest = decode_v2025(document("", file(deepest + "x")));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(tree_in(*manifest).totals().directories, 10'000U);
  EXPECT_EQ(tree_in(*manifest).path_of(tree_in(*manifest).file(0)), deepest + "x");
  expect_refused(document("", file(deepest + "d/x")), DecodeRule::kLimit, "lies below more than 10000 directories");
  expect_refused(document(dir(deepest + "d/x"), ""), DecodeRule::kLimit, "lies below more than 10000 directories");
}

// A chain of references, whose full paths together would take a hundred million bytes.
std::string chain(std::size_t length) {
  std::string directories = dir("d");
  for (std::size_t i = 1; i < length; ++i) directories += "," + dir("$" + std::to_string(i - 1) + "/d");
  return directories;
}

TEST(ManifestDecodeV2025, ReadsADeepChainOfReferencesAndWritesItAgain) {
  const std::string text = document(chain(10'000), file("$9999/x"));
  const auto manifest = decode_v2025(text);
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  EXPECT_EQ(encode_v2025(tree_in(*manifest)).value(), replaced(text, R"("totalSize":0)", R"("totalSize":1)"));
  expect_refused(document(chain(10'001) + "," + dir("$10000/d"), ""), DecodeRule::kLimit,
                 "lies below more than 10000 directories");
}

TEST(ManifestDecodeV2025, LimitsWhatReferencesInLinkTargetsAddUpTo) {
  // Each stands for 60,000 bytes: two thousand of them would make 120 MB of a document of 160 kB.
  const std::string name(6'000, 'd');
  std::string directories = dir(name);
  for (int i = 1; i < 10; ++i) directories += "," + dir("$" + std::to_string(i - 1) + "/" + name);
  const auto links = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      all += (i == 0 ? "" : ",") + replaced(link("$9/x"), "\"l\"", "\"l" + std::to_string(i) + "\"");
    }
    return all;
  };
  EXPECT_TRUE(decode_v2025(document(directories, links(1'000))));
  expect_refused(document(directories, links(2'000)), DecodeRule::kLimit,
                 "is a link too many: the targets are longer than a document of this size may make");
}

// --- validation
// ----------------------------------------------------------------------------------------------------------

TEST(ManifestValidateV2025, FindsEveryFaultWithItsPlace) {
  const std::string text = document(dir("a") + ",\n" + dir("a//b"), file("..") + ",\n" + bare(R"("size":1)"));
  const Violations violations = validate_v2025(text).value();
  ASSERT_EQ(violations.errors, 3U);
  ASSERT_EQ(violations.listed.size(), 3U);
  EXPECT_EQ(violations.listed[0].where, "dirs[1] ('a//b')");
  EXPECT_EQ(violations.listed[0].line, 2U);
  EXPECT_EQ(violations.listed[0].column, 1U);
  EXPECT_EQ(violations.listed[0].message, "'path' has an empty component");
  EXPECT_EQ(violations.listed[1].where, "files[0] ('..')");
  EXPECT_EQ(violations.listed[2].rule, DecodeRule::kMissingMtime);
  EXPECT_EQ(violations.listed[2].line, 3U);
}

TEST(ManifestValidateV2025, CountsWhatItDoesNotList) {
  const std::string bad = file("..");
  const Violations violations = validate_v2025(document("", bad + "," + bad + "," + bad), {}, 1).value();
  EXPECT_EQ(violations.listed.size(), 1U);
  EXPECT_EQ(violations.errors, 3U);
  EXPECT_EQ(violations.not_listed(), 2U);
}

TEST(ManifestValidateV2025, FindsFilesThatWereNeverHashedAndWhatElseIsWrong) {
  const std::string unhashed = bare(R"("size":1,"mtime":1)");
  const Violations alone = validate_v2025(document("", unhashed)).value();
  ASSERT_EQ(alone.errors, 1U);
  EXPECT_EQ(alone.listed[0].rule, DecodeRule::kUnhashed);
  EXPECT_THAT(alone.listed[0].message, HasSubstr("it was never hashed"));
  EXPECT_THAT(alone.listed[0].remedy, HasSubstr("hash the files"));
  const Violations twice = validate_v2025(document("", unhashed + "," + file("a") + "," + file("a"))).value();
  EXPECT_EQ(twice.errors, 2U);
}

TEST(ManifestValidateV2025, WarnsOfAWrongTotalAndOfOtherForms) {
  const std::string good = replaced(document(dir("a"), file("$0/x")), R"("totalSize":0)", R"("totalSize":1)");
  EXPECT_TRUE(validate_v2025(good).value().listed.empty());
  const Violations total = validate_v2025(replaced(good, R"("totalSize":1)", R"("totalSize":2)")).value();
  ASSERT_EQ(total.warnings, 2U);  // such a document is not the canonical one, either
  EXPECT_EQ(total.listed[0].rule, DecodeRule::kTotalSize);
  EXPECT_EQ(total.listed[0].message, "'totalSize' is 2, but the sizes add up to 1");
  EXPECT_EQ(total.listed[1].rule, DecodeRule::kOrder);
  const Violations order = validate_v2025(replaced(good, "$0/x", "a/x")).value();
  ASSERT_EQ(order.warnings, 1U);
  EXPECT_EQ(order.errors, 0U);
  EXPECT_EQ(order.listed[0].rule, DecodeRule::kOrder);
}

}  // namespace
}  // namespace attache
