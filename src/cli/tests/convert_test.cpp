#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::HasSubstr;

using Convert = ManifestTools;

const std::string kOld = manifest_v2023({file_entry("a/b", 1, '1'), file_entry("c", 2, '2')}, 3);
const std::string kNew = R"({"dirs":[{"path":"a"}],"files":[)" + file_entry("$0/b", 1, '1') + "," +
                         file_entry("c", 2, '2') +
                         R"(],"hashAlg":"xxh128","specificationVersion":"relative-manifest-snapshot-beta-2025-12",)"
                         R"("totalSize":3})";

std::string with_everything() {
  return manifest_v2025("relative", "snapshot",
                        {file_entry("a", 1, '1', R"(,"runnable":true)"), link_entry("l", "a"), link_entry("m", "d")},
                        {"d"}, "", 1);
}

TEST_F(Convert, GoesToTheOtherFormatAndBackWithoutLoss) {
  const std::string old = write("old", kOld);
  EXPECT_EQ(done({"convert", old, "--to", "v2025-12"}).out, kNew);
  EXPECT_EQ(done({"convert", old, "--to", "2025-12", "-o", path("new")}).status, 0);
  EXPECT_EQ(read("new"), kNew);
  EXPECT_EQ(done({"convert", path("new"), "--to", "v2023-03-03"}).out, kOld);
}

TEST_F(Convert, MakesAManifestCanonicalByDefault) {
  EXPECT_EQ(done({"convert", write("m", " " + kNew + "\n")}).out, kNew);
  const std::string unordered = manifest_v2023({file_entry("c", 2, '2'), file_entry("a/b", 1, '1')}, 4);
  const Outcome outcome = done({"convert", write("o", unordered)});
  EXPECT_EQ(outcome.out, kOld);
  EXPECT_THAT(outcome.err, HasSubstr("Corrected: the total size was 4 bytes, and is 3\n"));
}

TEST_F(Convert, SaysWhereTheManifestWent) {
  const std::string old = write("old", kOld);
  Outcome outcome = done({"convert", old});
  EXPECT_THAT(outcome.err, HasSubstr("Result: v2023-03-03 manifest: 2 files, 3 B\nManifest: hash "));
  outcome = done({"convert", old, "-o", path("new")});
  EXPECT_THAT(outcome.out, HasSubstr("Manifest: " + path("new") + ", hash "));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Convert, AsksWhatToDoWithLinks) {
  const std::string file = write("m", with_everything());
  const Outcome outcome = attache({"convert", file, "--to", "v2023-03-03"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(file));
  EXPECT_THAT(outcome.err, HasSubstr("'l' is a symbolic link"));
  EXPECT_THAT(outcome.err, HasSubstr("--links exclude or --links collapse"));
}

TEST_F(Convert, ReportsWhatTheOldFormatCannotSay) {
  const std::string file = write("m", with_everything());
  Outcome outcome = done({"convert", file, "--to", "v2023-03-03", "--links", "exclude"});
  EXPECT_EQ(outcome.out, manifest_v2023({file_entry("a", 1, '1')}, 1));
  EXPECT_THAT(outcome.err, HasSubstr("Not in the result: 2 links left out: l, m\n"));
  EXPECT_THAT(outcome.err, HasSubstr("Not in the result: 1 empty directory left out: d\n"));
  EXPECT_THAT(outcome.err, HasSubstr("Not in the result: 1 file lost its execute bit: a\n"));
  outcome = done({"convert", file, "--to", "v2023-03-03", "--links", "collapse", "--json", "-o", path("out")});
  EXPECT_EQ(read("out"), manifest_v2023({file_entry("a", 1, '1'), file_entry("l", 1, '1')}, 2));
  EXPECT_THAT(outcome.out, HasSubstr(R"("dropped":{"links":["m"],"collapsedLinks":["l"],"emptyDirectories":["d"],)"
                                     R"("deletions":[],"runnable":["a","l"]})"));
  EXPECT_THAT(outcome.out, HasSubstr("\"output\":{\"manifest\":\"" + path("out") + "\",\"format\":\"2023-03-03\","));
}

TEST_F(Convert, RefusesWhatTheOldFormatHasNoWordsFor) {
  const std::string absolute =
      write("abs", manifest_v2025("absolute", "snapshot", {file_entry("/a", 1, '1')}, {}, "", 1));
  Outcome outcome = attache({"convert", absolute, "--to", "v2023-03-03"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("attache manifest subtree"));
  const std::string empty = write("empty", manifest_v2025("relative", "snapshot", {}));
  outcome = attache({"convert", empty, "--to", "v2023-03-03"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("must have one"));
  const std::string unhashed =
      write("unhashed", manifest_v2025("relative", "snapshot", {R"({"mtime":1,"path":"a","size":1})"}));
  EXPECT_EQ(attache({"convert", unhashed, "--to", "v2023-03-03"}).status, 1);
}

TEST_F(Convert, RefusesPathsThatTheNewFormatForbids) {
  const Outcome outcome =
      attache({"convert", write("m", manifest_v2023({file_entry("../x", 1, '1')}, 1)), "--to", "v2025-12"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("'../x'"));
}

TEST_F(Convert, KnowsItsValues) {
  const std::string file = write("m", kOld);
  Outcome outcome = attache({"convert", file, "--to", "v2024"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("v2023-03-03, v2025-12"));
  outcome = attache({"convert", file, "--links", "follow"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("error, exclude, collapse"));
}

TEST_F(Convert, RefusesTheBeta) {
  const Outcome outcome = attache(
      {"convert", write("m", R"({"hashAlg":"xxh128","manifestVersion":"2025-12-04-beta","files":[],"dirs":[]})")});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("2025-12-04-beta"));
}

}  // namespace
}  // namespace attache
