#include <attache/hash/xxh3.hpp>

#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// filter, subtree, join and partition.
class Cut : public ManifestTools {
 protected:
  std::string project() {
    return write("project", manifest_v2025("relative", "snapshot",
                                           {file_entry("shot/a.exr", 1, '1'), file_entry("shot/deep/b.vdb", 2, '2'),
                                            file_entry("shot/.cache", 3, '3'), file_entry("readme", 4, '4'),
                                            link_entry("shot/out", "readme"), link_entry("shot/in", "shot/a.exr")},
                                           {"shot/empty"}, "", 10));
  }
  std::string old() {
    return write("old", manifest_v2023({file_entry("a/b.exr", 1, '1'), file_entry("c.txt", 2, '2')}, 3));
  }
  std::string absolute() {
    return write("abs", manifest_v2025("absolute", "snapshot",
                                       {file_entry("/mnt/p/a", 1, '1'), file_entry("/mnt/p/b/c", 2, '2'),
                                        file_entry("/mnt/q/d", 4, '4'), file_entry("C:/w", 8, '8')},
                                       {}, "", 15));
  }
  /// Paths as `show --entries` gives them.
  std::string paths_in(const std::string& document) {
    input = document;
    std::string paths;
    std::istringstream lines(done({"show", "--entries", "-"}).out);
    for (std::string line; std::getline(lines, line);) paths += line.substr(line.rfind(' ') + 1) + " ";
    return paths;
  }
};

TEST_F(Cut, FilterKeepsWhatPatternsSelect) {
  const Outcome outcome = done({"filter", project(), "-i", "**/*.{exr,vdb}", "-e", "**/deep/**"});
  EXPECT_EQ(paths_in(outcome.out), "shot shot/a.exr ");
  EXPECT_THAT(outcome.err, HasSubstr("Selected: 1 of 6 files and links\n"));
}

TEST_F(Cut, FilterKnowsTwoDialects) {
  EXPECT_EQ(paths_in(done({"filter", project(), "-i", "shot/*e"}).out), "shot shot/.cache ");
  EXPECT_EQ(paths_in(done({"filter", project(), "-i", "shot/*e", "--dialect", "python"}).out), "");
  EXPECT_EQ(paths_in(done({"filter", project(), "-i", "shot/*e", "--dialect", "python", "--hidden"}).out),
            "shot shot/.cache ");
  EXPECT_EQ(paths_in(done({"filter", project(), "-i", "README", "--ignore-case"}).out), "readme ");
}

TEST_F(Cut, FilterWithExcludesOnlyKeepsTheRest) {
  for (const char* dialect : {"design", "python"}) {
    EXPECT_THAT(paths_in(done({"filter", project(), "-e", "shot/**", "--dialect", dialect}).out), HasSubstr("readme"));
  }
}

TEST_F(Cut, FilterExplainsWrongUse) {
  const std::string file = project();
  EXPECT_EQ(attache({"filter", file}).status, 2);
  EXPECT_EQ(attache({"filter", file, "-i", "a{b"}).status, 2);
  const Outcome outcome = attache({"filter", file, "-i", "*", "--dialect", "bash"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("design, python"));
}

TEST_F(Cut, ResultsOfTheOldFormatStayInIt) {
  EXPECT_EQ(done({"filter", old(), "-i", "a/**"}).out, manifest_v2023({file_entry("a/b.exr", 1, '1')}, 1));
  EXPECT_EQ(done({"subtree", old(), "a"}).out, manifest_v2023({file_entry("b.exr", 1, '1')}, 1));
  EXPECT_EQ(done({"join", old(), "x"}).out,
            manifest_v2023({file_entry("x/a/b.exr", 1, '1'), file_entry("x/c.txt", 2, '2')}, 3));
  EXPECT_THAT(done({"subtree", old(), "a", "--format", "v2025-12"}).out, HasSubstr("2025-12"));
}

TEST_F(Cut, AResultThatTheOldFormatCannotHoldIsWrittenInTheNewOne) {
  EXPECT_THAT(done({"filter", old(), "-i", "nothing"}).out, HasSubstr("2025-12"));
  EXPECT_THAT(done({"join", old(), "/mnt"}).out, HasSubstr("absolute-manifest-snapshot-beta-2025-12"));
  const Outcome outcome = attache({"filter", old(), "-i", "nothing", "--format", "v2023-03-03"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("v2025-12"));
}

TEST_F(Cut, SubtreeAsksWhatToDoWithLinksThatLeadOut) {
  Outcome outcome = attache({"subtree", project(), "shot"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("shot/out"), HasSubstr("--links exclude")));
  outcome = done({"subtree", project(), "shot/", "--links", "exclude", "-o", path("part"), "--json"});
  EXPECT_THAT(outcome.out, HasSubstr(R"("excludedLinks":["shot/out"])"));
  EXPECT_EQ(paths_in(read("part")), "deep empty .cache a.exr deep/b.vdb a.exr ");  // the last one: in -> a.exr
}

TEST_F(Cut, SubtreeWarnsOfADirectoryThatIsNotThere) {
  const Outcome outcome = done({"subtree", project(), "shto"});
  EXPECT_THAT(outcome.err, HasSubstr("warning: nothing in '" + path("project") + "' lies below 'shto'"));
  EXPECT_EQ(paths_in(outcome.out), "");
  EXPECT_EQ(attache({"subtree", project(), "../x"}).status, 2);
}

TEST_F(Cut, SubtreeRefusesAPathOfTheOtherStyle) {
  EXPECT_EQ(attache({"subtree", project(), "C:/x"}).status, 2);
  EXPECT_EQ(attache({"subtree", absolute(), "x"}).status, 2);
  const Outcome outcome = attache({"subtree", project(), "/x"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("project' is a relative snapshot, and '/x' is an absolute path"),
                                 HasSubstr("show --tree")));
}

TEST_F(Cut, JoinIsTheReverseOfSubtree) {
  for (const char* prefix : {"x/y", "/mnt/p", "C:/p", "//server/share/p", "x\\y\\"}) {
    done({"join", project(), prefix, "-o", path("moved"), "--force"});
    EXPECT_EQ(done({"subtree", path("moved"), prefix}).out, done({"convert", project()}).out) << prefix;
  }
}

TEST_F(Cut, JoinLeavesAbsolutePathsAlone) {
  const Outcome outcome = attache({"join", absolute(), "/x"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("abs' has absolute paths"), HasSubstr("attache manifest subtree")));
}

TEST_F(Cut, PartitionWritesAManifestForEachFileSystem) {
  std::filesystem::create_directory(path("parts"));
  const Outcome outcome = done({"partition", absolute(), "-d", path("parts")});
  const std::string first = "parts/mnt-" + xxh128("/mnt").to_hex() + "-2024-02-03T04-05-06.manifest";
  const std::string second = "parts/C_-" + xxh128("C:").to_hex() + "-2024-02-03T04-05-06.manifest";
  EXPECT_EQ(paths_in(read(first)), "p p/b q p/a p/b/c q/d ");
  EXPECT_EQ(paths_in(read(second)), "w ");
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("Root: /mnt\n"), HasSubstr("Manifest: " + path(first) + ", hash ")));
}

TEST_F(Cut, PartitionCutsAtRootsAndTellsWhatIsBelowNone) {
  std::filesystem::create_directory(path("parts"));
  const Outcome outcome = done({"partition", absolute(), "-d", path("parts"), "--root", "/mnt/p", "--root", "/mnt/q",
                                "--format", "v2023-03-03", "--json"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\"root\":\"/mnt/p\""), HasSubstr("\"root\":\"/mnt/q\""),
                                 HasSubstr("\"format\":\"2023-03-03\""), HasSubstr("\"outsideOfRoots\":1")));
  EXPECT_THAT(outcome.err, HasSubstr("warning: 1 file or link lies below none of the roots"));
}

TEST_F(Cut, PartitionNeverReplacesAManifest) {
  std::filesystem::create_directory(path("parts"));
  for (int i = 0; i < 2; ++i) done({"partition", absolute(), "-d", path("parts"), "--root", "/mnt/q"});
  const auto parts = std::distance(std::filesystem::directory_iterator(path("parts")), {});
  EXPECT_EQ(parts, 2);
}

TEST_F(Cut, PartitionNamesARootThatHasNoNameByItsNumber) {
  std::filesystem::create_directory(path("parts"));
  const std::string file =
      write("m", manifest_v2025("absolute", "snapshot", {file_entry("/\\udc80/f", 1, '1')}, {}, "", 1));
  done({"partition", file, "-d", path("parts")});
  EXPECT_TRUE(std::filesystem::exists(path("parts/part-1.manifest")));
}

TEST_F(Cut, PartitionTakesReferencedPaths) {
  std::filesystem::create_directory(path("parts"));
  const std::string file =
      write("m", manifest_v2025("absolute", "snapshot", {file_entry("/mnt/p/a", 1, '1')}, {}, "", 1));
  EXPECT_THAT(done({"partition", file, "-d", path("parts"), "--referenced", "/mnt/q/x"}).out,
              HasSubstr("Root: /mnt\n"));
  EXPECT_EQ(attache({"partition", file, "-d", path("parts"), "--referenced", "/a", "--root", "/b"}).status, 2);
}

TEST_F(Cut, PartitionExplainsWrongUse) {
  std::filesystem::create_directory(path("parts"));
  EXPECT_EQ(attache({"partition", absolute()}).status, 2);
  EXPECT_EQ(attache({"partition", absolute(), "-d", path("nowhere")}).status, 4);
  EXPECT_EQ(attache({"partition", absolute(), "-d", path("parts"), "--root", "/mnt", "--root", "/mnt/p"}).status, 2);
  const Outcome outcome = attache({"partition", project(), "-d", path("parts")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("attache manifest join"));
  EXPECT_TRUE(std::filesystem::is_empty(path("parts")));
}

}  // namespace
}  // namespace attache
