#include <attache/hash/xxh3.hpp>

#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A manifest with everything that the format has.
std::string scene() {
  return manifest_v2025(
      "relative", "snapshot",
      {file_entry("render.sh", 812, '1', R"(,"runnable":true)", 1'699'913'600'000'000),
       file_entry("scene.blend", 12'345'678, '2', "", 1'700'000'000'000'001),
       R"({"chunkhashes":[")" + hash_of('3') + R"(",")" + hash_of('4') + R"(",")" + hash_of('5') +
           R"("],"mtime":1700000000000009,"path":"$1/cache.vdb","size":629145600})",
       link_entry("textures/latest.exr", "textures/wood.exr"), file_entry("textures/old/rust.exr", 1'048'576, '6'),
       file_entry("textures/wood.exr", 3'250'000'000, '7', "", 1'700'000'005'000'000),
       R"({"mtime":1700000000000000,"path":"todo \u001b[31m.txt","size":77})"},
      {"empty", "sim"}, "", 3'892'540'743);
}

std::string change() {
  return manifest_v2025("relative", "diff",
                        {file_entry("a/new.txt", 5, '1'), deleted_entry("a/gone.txt"), deleted_entry("old/x")},
                        {R"({"deleted":true,"path":"old"})"}, hash_of('e'), 5);
}

using Show = ManifestTools;

TEST_F(Show, SumsUpAManifest) {
  const std::string file = write("m", scene());
  const std::string hash = xxh128(done({"convert", file}).out).to_hex();
  EXPECT_EQ(done({"show", file}).out, file +
                                          "\n"
                                          "  Type           relative snapshot, format v2025-12\n"
                                          "  Specification  relative-manifest-snapshot-beta-2025-12\n"
                                          "  Files          6 (1 in chunks, 1 not hashed, 1 executable)\n"
                                          "  Links          1\n"
                                          "  Directories    4\n"
                                          "  Depth          3 levels\n"
                                          "  Total size     3.89 GB (3892540743 bytes)\n"
                                          "  Oldest file    2023-11-13T22:13:20.000000Z\n"
                                          "  Newest file    2023-11-14T22:13:25.000000Z\n"
                                          "  Manifest hash  " +
                                          hash +
                                          "\n"
                                          "  Document       934 B, not canonical ('attache manifest convert' "
                                          "writes that form)\n"
                                          "  Largest files    3.25 GB  textures/wood.exr\n"
                                          "                 629.15 MB  sim/cache.vdb\n"
                                          "                  12.35 MB  scene.blend\n"
                                          "                   1.05 MB  textures/old/rust.exr\n"
                                          "                     812 B  render.sh\n");
}

TEST_F(Show, SumsUpADiff) {
  const std::string out = done({"show", write("d", change())}).out;
  EXPECT_THAT(out, HasSubstr("  Type           relative diff, format v2025-12\n"));
  EXPECT_THAT(out, HasSubstr("  Deletions      2 files, 1 directory\n"));
  EXPECT_THAT(out, HasSubstr("  Parent hash    " + hash_of('e') + "\n"));
}

TEST_F(Show, SumsUpAManifestOfTheOldFormatAndNotesAWrongTotal) {
  const std::string out =
      done({"show", write("m", manifest_v2023({file_entry("a/b", 1000, '1'), file_entry("c", 2000, '2')}, 3001))}).out;
  EXPECT_THAT(out, HasSubstr("  Type           snapshot, format v2023-03-03\n"));
  EXPECT_THAT(out, HasSubstr("  Total size     3.0 KB (3000 bytes)\n"
                             "                 but the document states 3001 bytes\n"));
  EXPECT_THAT(out, HasSubstr(", canonical\n"));
}

TEST_F(Show, NotesAWrongTotalOfTheNewFormat) {
  const std::string file = write("m", manifest_v2025("relative", "snapshot", {file_entry("a", 10, '1')}, {}, "", 11));
  const std::string out = done({"show", file}).out;
  EXPECT_THAT(out, HasSubstr("  Total size     10 B\n                 but "));
  EXPECT_THAT(out, HasSubstr("11"));
  EXPECT_THAT(done({"show", "--json", file}).out, HasSubstr("\"totalSizeIsRight\":false"));
}

TEST_F(Show, ListsEntriesInAlignedColumns) {
  EXPECT_EQ(done({"show", "--entries", write("m", scene())}).out,
            "d--           -  -                            empty\n"
            "d--           -  -                            sim\n"
            "d--           -  -                            textures\n"
            "d--           -  -                            textures/old\n"
            "-x-         812  2023-11-13T22:13:20.000000Z  render.sh\n"
            "---    12345678  2023-11-14T22:13:20.000001Z  scene.blend\n"
            "--c   629145600  2023-11-14T22:13:20.000009Z  sim/cache.vdb\n"
            "l--           -  -                            textures/latest.exr -> textures/wood.exr\n"
            "---     1048576  2023-11-14T22:13:20.000000Z  textures/old/rust.exr\n"
            "---  3250000000  2023-11-14T22:13:25.000000Z  textures/wood.exr\n"
            "--u          77  2023-11-14T22:13:20.000000Z  todo \\x1b[31m.txt\n");
}

TEST_F(Show, ListsDeletions) {
  EXPECT_EQ(done({"show", "--entries", write("d", change())}).out,
            "d--  -  -                            a\n"
            "dD-  -  -                            old\n"
            "-D-  -  -                            a/gone.txt\n"
            "---  5  2023-11-14T22:13:20.000000Z  a/new.txt\n"
            "-D-  -  -                            old/x\n");
}

TEST_F(Show, ListsEntriesOfTheOldFormatInCanonicalOrderWhateverTheirPaths) {
  const std::string file = write("m", manifest_v2023({file_entry("b", 20, '1'), file_entry("../a", 3, '2')}, 23));
  EXPECT_EQ(done({"show", "--entries", file}).out,
            "---   3  2023-11-14T22:13:20.000000Z  ../a\n"
            "---  20  2023-11-14T22:13:20.000000Z  b\n");
  const Outcome outcome = attache({"show", "--tree", file});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("'../a'"));
  EXPECT_THAT(outcome.err, HasSubstr("use --entries"));
}

TEST_F(Show, DrawsATree) {
  EXPECT_EQ(done({"show", "--tree", write("m", scene())}).out,
            "     SIZE  FILES  PATH\n"
            "  3.89 GB      6  .\n"
            "      0 B      0  ├── empty/\n"
            "629.15 MB      1  ├── sim/\n"
            "629.15 MB         │   └── cache.vdb\n"
            "  3.25 GB      2  ├── textures/\n"
            "  1.05 MB      1  │   ├── old/\n"
            "  1.05 MB         │   │   └── rust.exr\n"
            "     link         │   ├── latest.exr -> textures/wood.exr\n"
            "  3.25 GB         │   └── wood.exr\n"
            "    812 B         ├── render.sh*\n"
            " 12.35 MB         ├── scene.blend\n"
            "     77 B         └── todo \\x1b[31m.txt  (not hashed)\n");
}

TEST_F(Show, DrawsDeletions) {
  EXPECT_EQ(done({"show", "--tree", write("d", change())}).out,
            "   SIZE  FILES  PATH\n"
            "    5 B      1  .\n"
            "    5 B      1  ├── a/\n"
            "deleted         │   ├── gone.txt\n"
            "    5 B         │   └── new.txt\n"
            "deleted         └── old/\n"
            "deleted             └── x\n");
}

TEST_F(Show, DrawsATreeDownToADepth) {
  const std::string file = write("m", scene());
  EXPECT_EQ(done({"show", "--tree", "--depth", "0", file}).out,
            "     SIZE  FILES  PATH\n"
            "  3.89 GB      6  .\n");
  const std::string out = done({"show", "--tree", "--depth", "1", file}).out;
  EXPECT_THAT(out, HasSubstr("├── textures/\n"));
  EXPECT_THAT(out, Not(HasSubstr("old/")));
}

TEST_F(Show, DrawsATreeForEachPlaceWhereAbsolutePathsBegin) {
  const std::string file = write("m", manifest_v2025("absolute", "snapshot",
                                                     {file_entry("//server/share/s", 1, '1'),
                                                      file_entry("/!/a", 2, '2'), file_entry("C:/c", 4, '3')},
                                                     {"/!", "/z"}, "", 7));
  EXPECT_EQ(done({"show", "--tree", file}).out,
            "SIZE  FILES  PATH\n"
            " 2 B      1  /\n"
            " 2 B      1  ├── !/\n"
            " 2 B         │   └── a\n"
            " 0 B      0  └── z/\n"
            " 1 B      1  //server/share/\n"
            " 1 B         └── s\n"
            " 4 B      1  C:/\n"
            " 4 B         └── c\n");
}

TEST_F(Show, DrawsTenThousandDirectoriesInOneAnother) {
  std::string deep;
  for (int i = 0; i < 9'999; ++i) deep += "d/";
  const std::string file = write("m", manifest_v2025("relative", "snapshot", {file_entry(deep + "f", 1, '1')}));
  EXPECT_THAT(done({"show", "--tree", "--depth", "3", file}).out, HasSubstr("        └── d/\n"));
  EXPECT_THAT(done({"show", file}).out, HasSubstr("Depth          10000 levels"));
}

TEST_F(Show, SaysWhichManifestIsWhich) {
  const std::string one = write("one", manifest_v2023({file_entry("a", 1, '1')}, 1));
  input = manifest_v2023({file_entry("b", 1, '1')}, 1);
  const std::string out = done({"show", "--entries", one, "-"}).out;
  EXPECT_EQ(out, one +
                     ":\n---  1  2023-11-14T22:13:20.000000Z  a\n\n"
                     "<stdin>:\n---  1  2023-11-14T22:13:20.000000Z  b\n");
}

TEST_F(Show, PutsEverythingIntoOneDocumentWithJson) {
  const std::string out = done({"show", "--json", "--entries", "--tree", "--depth", "1", write("m", scene())}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
  EXPECT_THAT(out, StartsWith("{\"schemaVersion\":1,\"manifests\":[{\"manifest\":"));
  EXPECT_THAT(out, HasSubstr(R"("format":"2025-12","pathStyle":"relative","kind":"snapshot","manifestHash":")"));
  EXPECT_THAT(out, HasSubstr(R"("oldestMtime":1699913600000000,"newestMtime":1700000005000000,)"));
  EXPECT_THAT(out, HasSubstr(R"({"type":"directory","path":"empty"})"));
  EXPECT_THAT(out, HasSubstr(R"({"type":"link","path":"textures/latest.exr","target":"textures/wood.exr"})"));
  EXPECT_THAT(out, HasSubstr(R"({"type":"file","path":"render.sh","size":812,"mtime":1699913600000000,)"
                             R"("runnable":true,"hash":"11111111111111111111111111111111"})"));
  EXPECT_THAT(out, HasSubstr("\"chunkhashes\":[\"" + hash_of('3') + "\","));
  EXPECT_THAT(out, HasSubstr(R"({"path":"textures","files":2,"bytes":3251048576})"));
  EXPECT_THAT(out, Not(HasSubstr(R"("path":"textures/old","files")")));
}

TEST_F(Show, TellsThatTheTreeAndTheListAreTwoWays) {
  const std::string file = write("m", scene());
  EXPECT_EQ(attache({"show", "--tree", "--entries", file}).status, 2);
  EXPECT_EQ(attache({"show", "--depth", "1", file}).status, 2);
}

}  // namespace
}  // namespace attache
