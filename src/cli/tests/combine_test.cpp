#include <attache/hash/xxh3.hpp>

#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// diff, compose and merge.
class Combine : public ManifestTools {
 protected:
  std::string before() {
    return write("before", manifest_v2025("relative", "snapshot",
                                          {file_entry("gone/x", 1, '1'), file_entry("same", 2, '2'),
                                           file_entry("tool", 3, '3'), link_entry("l", "same")},
                                          {"empty"}, "", 6));
  }
  std::string after() {
    return write("after", manifest_v2025("relative", "snapshot",
                                         {file_entry("same", 2, '2'), file_entry("tool", 30, '4'),
                                          file_entry("out/1.exr", 4, '5'), link_entry("l", "tool")},
                                         {"empty"}, "", 36));
  }
  std::string old_before() {
    return write("old_before", manifest_v2023({file_entry("a/x", 1, '1'), file_entry("b", 2, '2')}, 3));
  }
  std::string old_after() {
    return write("old_after", manifest_v2023({file_entry("a/y", 3, '3'), file_entry("b", 2, '2')}, 5));
  }
  std::string canonical(const std::string& file) { return done({"convert", file}).out; }
};

TEST_F(Combine, DiffListsWhatHasChanged) {
  const Outcome outcome = done({"diff", before(), after(), "--list"});
  EXPECT_EQ(outcome.out,
            "D  gone/\n"
            "A  out/\n"
            "D  gone/x\n"
            "M  l -> tool\n"
            "A  out/1.exr\n"
            "M  tool\n"
            "Difference: 1 file added, 2 modified, 1 deleted; 1 directory added, 1 deleted; 34 B of new content\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Combine, DiffSaysThatNothingHasChanged) {
  EXPECT_EQ(done({"diff", before(), before(), "--list"}).out, "Difference: none\n");
}

TEST_F(Combine, DiffWritesAManifestThatComposeApplies) {
  const std::string change = path("change");
  EXPECT_THAT(done({"diff", before(), after(), "-o", change}).out, HasSubstr("Manifest: " + change + ", hash "));
  EXPECT_THAT(read("change"), HasSubstr("\"parentManifestHash\":\"" + xxh128(canonical(before())).to_hex() + "\""));
  EXPECT_EQ(done({"compose", before(), change}).out, canonical(after()));
}

TEST_F(Combine, DiffWritesToStandardOutputAndTalksOnStandardError) {
  const Outcome outcome = done({"diff", before(), after(), "--list", "-o", "-"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("relative-manifest-diff-beta-2025-12"), Not(HasSubstr("Difference"))));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("A  out/1.exr\n"), HasSubstr("Difference: ")));
}

TEST_F(Combine, DiffReportsWithJson) {
  const Outcome outcome = done({"diff", before(), after(), "--list", "--json"});
  EXPECT_THAT(outcome.out, HasSubstr(R"("new":["out/1.exr"],"modified":["l","tool"],"deleted":["gone/x"],)"
                                     R"("newDirectories":["out"],"deletedDirectories":["gone"],"bytes":34})"));
  const std::string out = done({"diff", before(), after(), "--json", "-o", path("c")}).out;
  EXPECT_THAT(out, HasSubstr("\"kind\":\"diff\",\"manifestHash\":\"" + xxh128(read("c")).to_hex() + "\""));
}

TEST_F(Combine, DiffCanIgnoreHashesAndExecuteBits) {
  const auto one = [&](const char* name, char digit, const char* more) {
    return write(name, manifest_v2025("relative", "snapshot", {file_entry("a", 1, digit, more)}, {}, "", 1));
  };
  const std::string plain = one("plain", '1', "");
  EXPECT_THAT(done({"diff", plain, one("hash", '2', ""), "--list"}).out, HasSubstr("M  a"));
  EXPECT_EQ(done({"diff", plain, path("hash"), "--list", "--ignore-hashes"}).out, "Difference: none\n");
  EXPECT_THAT(done({"diff", plain, one("bit", '1', R"(,"runnable":true)"), "--list"}).out, HasSubstr("M  a"));
  EXPECT_EQ(done({"diff", plain, path("bit"), "--list", "--preserve-runnable"}).out, "Difference: none\n");
}

TEST_F(Combine, DiffNamesTheManifestOfTheOldFormatAsParent) {
  const std::string change = path("change");
  done({"diff", old_before(), old_after(), "-o", change});
  EXPECT_THAT(read("change"), HasSubstr("\"parentManifestHash\":\"" + xxh128(read("old_before")).to_hex() + "\""));
  // ... and what it makes of that manifest is the other one, in the format that both had.
  EXPECT_EQ(done({"compose", old_before(), change}).out, read("old_after"));
}

TEST_F(Combine, ComposeAppliesAChainOfDiffsOfTheOldFormat) {
  const std::string last = write("last", manifest_v2023({file_entry("z", 9, '9')}, 9));
  done({"diff", old_before(), old_after(), "-o", path("d1")});
  done({"diff", old_after(), last, "-o", path("d2")});
  EXPECT_EQ(done({"compose", old_before(), path("d1"), path("d2")}).out, read("last"));
  EXPECT_EQ(attache({"compose", old_before(), path("d2"), path("d1")}).status, 6);
}

TEST_F(Combine, ComposeAppliesAChainOfDiffsToANewBase) {
  const std::string last = write("last", manifest_v2025("relative", "snapshot", {file_entry("z", 9, '9')}, {}, "", 9));
  done({"diff", before(), after(), "-o", path("d1")});
  done({"diff", after(), last, "-o", path("d2")});
  EXPECT_EQ(done({"compose", before(), path("d1"), path("d2")}).out, read("last"));
  // Diffs alone become one.
  done({"compose", path("d1"), path("d2"), "-o", path("d12")});
  EXPECT_EQ(done({"compose", before(), path("d12")}).out, read("last"));
}

TEST_F(Combine, ComposeChecksTheParentUnlessItIsToldNotTo) {
  done({"diff", before(), after(), "-o", path("change")});
  const Outcome outcome = attache({"compose", after(), path("change")});
  EXPECT_EQ(outcome.status, 6);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("change' was made for another manifest"), HasSubstr("--no-parent-check")));
  EXPECT_EQ(done({"compose", after(), path("change"), "--no-parent-check"}).out, canonical(after()));
}

TEST_F(Combine, ComposeLaysSnapshotsOverEachOther) {
  EXPECT_EQ(done({"compose", old_before(), old_after()}).out,
            manifest_v2023({file_entry("a/x", 1, '1'), file_entry("a/y", 3, '3'), file_entry("b", 2, '2')}, 6));
  const std::string mixed = done({"compose", old_before(), before()}).out;
  EXPECT_THAT(mixed, AllOf(HasSubstr("relative-manifest-snapshot-beta-2025-12"), HasSubstr("gone")));
  EXPECT_THAT(done({"compose", old_before(), old_after(), "--format", "v2025-12"}).out, HasSubstr("2025-12"));
  EXPECT_EQ(done({"compose", old_before()}).out, read("old_before"));
}

TEST_F(Combine, ComposeRefusesAnyOtherOrder) {
  done({"diff", before(), after(), "-o", path("change")});
  for (const std::vector<std::string>& files : {std::vector{path("change"), before()},
                                                {before(), path("change"), after()},
                                                {before(), after(), path("change")}}) {
    std::vector<std::string> args{"compose"};
    args.insert(args.end(), files.begin(), files.end());
    const Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("one snapshot and then the diffs"));
  }
}

TEST_F(Combine, RefusesTwoPathStyles) {
  const std::string absolute =
      write("abs", manifest_v2025("absolute", "snapshot", {file_entry("/a", 1, '1')}, {}, "", 1));
  for (const char* command : {"compose", "merge", "diff"}) {
    const Outcome outcome = attache({command, before(), absolute});
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("abs' is an absolute snapshot, but"), HasSubstr("a relative snapshot"),
                                   HasSubstr("attache manifest join")))
        << command;
  }
}

TEST_F(Combine, DiffTakesSnapshotsOnly) {
  done({"diff", before(), after(), "-o", path("change")});
  const Outcome outcome = attache({"diff", before(), path("change")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("change' is a relative diff"), HasSubstr("attache manifest compose")));
}

TEST_F(Combine, MergeLetsTheLastNamedWin) {
  const std::string one = write("one", manifest_v2023({file_entry("f", 1, '1')}, 1));
  const std::string two = write("two", manifest_v2023({file_entry("f", 2, '2')}, 2));
  EXPECT_EQ(done({"merge", one, two}).out, read("two"));
  EXPECT_EQ(done({"merge", two, one}).out, read("one"));
}

TEST_F(Combine, MergeLetsTheNewestWin) {
  const std::string one = write("one", manifest_v2023({file_entry("f", 1, '1')}, 1));
  const std::string two = write("two", manifest_v2025("relative", "snapshot", {file_entry("f", 2, '2')}, {}, "", 2));
  EXPECT_THAT(done({"merge", one, two, "--times", "5,4"}).out, HasSubstr(hash_of('1')));
  EXPECT_THAT(done({"merge", one, two, "--times", "5", "--times", "6"}).out, HasSubstr(hash_of('2')));
  EXPECT_THAT(done({"merge", one, two, "--times", "2024-02-03T04:05:06Z,2024-02-03T04:05:06+01:00"}).out,
              HasSubstr(hash_of('1')));
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(one, now);
  std::filesystem::last_write_time(two, now - std::chrono::hours(1));
  const Outcome outcome = done({"merge", one, two, "--by-mtime", "--json", "-o", path("out")});
  EXPECT_THAT(read("out"), HasSubstr(hash_of('1')));
  EXPECT_THAT(outcome.out, HasSubstr("\"order\":[\"" + two + "\",\"" + one + "\"]"));
}

TEST_F(Combine, MergeOfTheOldFormatLooksAtPathsOnly) {
  const std::string one = write("one", manifest_v2023({file_entry("a", 1, '1')}, 1));
  const std::string two = write("two", manifest_v2023({file_entry("a/b", 2, '2')}, 2));
  EXPECT_EQ(done({"merge", one, two}).out, manifest_v2023({file_entry("a", 1, '1'), file_entry("a/b", 2, '2')}, 3));
  EXPECT_THAT(done({"merge", one, two, "--format", "v2025-12"}).out, Not(HasSubstr(hash_of('1'))));
}

TEST_F(Combine, MergeNeedsATimeForEach) {
  const std::string one = old_before();
  const std::string two = old_after();
  EXPECT_EQ(attache({"merge", one, two, "--times", "1"}).status, 2);
  EXPECT_EQ(attache({"merge", one, two, "--times", "1,2,3"}).status, 2);
  EXPECT_EQ(attache({"merge", one, two, "--times", "1,yesterday"}).status, 2);
  EXPECT_EQ(attache({"merge", one, two, "--times", "1,2024-02-03T04:05:06Z"}).status, 2);
  EXPECT_EQ(attache({"merge", one, two, "--times", "1,2", "--by-mtime"}).status, 2);
  input = read("old_after");
  EXPECT_EQ(attache({"merge", one, "-", "--by-mtime"}).status, 2);
}

}  // namespace
}  // namespace attache
