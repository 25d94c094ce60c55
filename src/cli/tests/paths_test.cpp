#include "program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kRules =
    R"([{"source_path_format": "posix", "source_path": "/p", "destination_path": "/d0"},
        {"source_path_format": "posix", "source_path": "/p/job", "destination_path": "/d1"}])";
constexpr const char* kArtists =
    R"({"storageProfileId": "sp-1", "displayName": "Artists", "osFamily": "windows", "fileSystemLocations": [
        {"name": "Proj", "path": "Z:\\proj", "type": "SHARED"}, {"name": "Only", "path": "Q:\\", "type": "LOCAL"}]})";
constexpr const char* kWorkers =
    R"({"storageProfileId": "sp-2", "osFamily": "LINUX", "fileSystemLocations": [
        {"name": "Proj", "path": "/mnt/proj", "type": "SHARED"}, {"name": "Lib", "path": "/lib", "type": "SHARED"}]})";

class PathsCommand : public ProgramTest {
 protected:
  Outcome paths(std::vector<std::string> args) { return run_program("paths", std::move(args)); }
};

TEST_F(PathsCommand, MapSaysWhichRuleAppliedAndWhy) {
  const std::string rules = write("rules.json", kRules);
  const Outcome outcome = paths({"map", "--path-mapping-rules", rules, "/p/job/x"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "/p/job/x -> /d1/x\n"
            "  rule 0: /p -> /d0: matches, but the source of rule 1 is longer\n"
            "  rule 1: /p/job -> /d1: applied: the longest source that the path is below\n");
  EXPECT_EQ(paths({"map", "--path-mapping-rules", rules, "/p/job/x", "--json"}).out,
            R"({"schemaVersion":1,"host":"posix","rules":[)"
            R"({"sourcePathFormat":"posix","sourcePath":"/p","destinationPath":"/d0"},)"
            R"({"sourcePathFormat":"posix","sourcePath":"/p/job","destinationPath":"/d1"}],)"
            R"("paths":[{"path":"/p/job/x","mapped":true,"destination":"/d1/x","rule":1,"rules":[)"
            R"({"rule":0,"verdict":"shorter","reason":"matches, but the source of rule 1 is longer"},)"
            R"({"rule":1,"verdict":"applied","reason":"applied: the longest source that the path is below"}]}],)"
            R"("mapped":1,"notMapped":0})"
            "\n");
}

TEST_F(PathsCommand, MapSaysWhyNoRuleApplies) {
  const std::string rules = write("rules.json", kRules);
  input = "/p/y\r\n\n/P/job\n";
  const Outcome outcome = paths({"map", "--path-mapping-rules", rules, "-"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.out, HasSubstr("/p/y -> /d0/y\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("source goes on"))) << "that rule is of no interest";
  EXPECT_THAT(outcome.out, HasSubstr("/P/job: no rule applies\n"));
  EXPECT_THAT(outcome.out, HasSubstr("the path has 'P' where the source has 'p', and case counts in posix paths\n"));
  EXPECT_THAT(outcome.out, HasSubstr("1 of 2 paths mapped\n"));
  EXPECT_THAT(paths({"map", "--path-mapping-rules", rules, "/p/y", "--verbose"}).out,
              HasSubstr("the path has 'y' where the source has 'job'"));
}

TEST_F(PathsCommand, MapTakesTheRulesOfTwoStorageProfiles) {
  const std::string artists = write("a.json", kArtists);
  const std::string workers = write("w.json", kWorkers);
  Outcome outcome =
      paths({"map", "--source-storage-profile", artists, "--destination-storage-profile", workers, "z:/PROJ/Shot/x"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("z:/PROJ/Shot/x -> /mnt/proj/Shot/x\n  rule 0 (location 'Proj'): "));
  outcome =
      paths({"map", "--source-storage-profile", workers, "--destination-storage-profile", artists, "/mnt/proj/x"});
  EXPECT_THAT(outcome.out, HasSubstr("/mnt/proj/x -> Z:\\proj\\x\n")) << "the destination's system is the host";
  outcome = paths({"map", "--source-storage-profile", artists, "--destination-storage-profile", artists, "Z:\\x"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("both profiles have one id"));
}

TEST_F(PathsCommand, MapWantsOneSourceOfRules) {
  const std::string rules = write("rules.json", kRules);
  const std::string workers = write("w.json", kWorkers);
  for (const std::vector<std::string>& given :
       std::vector<std::vector<std::string>>{{},
                                             {"--source-storage-profile", workers},
                                             {"--path-mapping-rules", rules, "--source-storage-profile", workers},
                                             {"--path-mapping-rules", rules, "--host", "beos"}}) {
    std::vector<std::string> args{"map", "/x"};
    args.insert(args.end(), given.begin(), given.end());
    const Outcome outcome = paths(args);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(PathsCommand, MapRefusesTwoPathsThatWouldMeet) {
  const std::string rules = write("rules.json",
                                  R"([{"source_path_format":"posix","source_path":"/p","destination_path":"/d"},
                                      {"source_path_format":"posix","source_path":"/q","destination_path":"/d/"}])");
  Outcome outcome = paths({"map", "--path-mapping-rules", rules, "/p/x", "/q/x"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("'/p/x' (rule 0: /p -> /d) and '/q/x' (rule 1: /q -> /d/) would both be at '/d/x'"));
  outcome = paths({"map", "--path-mapping-rules", rules, "/p/x", "/p//x", "/q/y"});
  EXPECT_EQ(outcome.status, 0) << "one path in two spellings is one path";
  EXPECT_THAT(outcome.err, HasSubstr("rule 0: /p -> /d and rule 1: /q -> /d/ lead to one directory"));
}

TEST_F(PathsCommand, ProfileRulesShowWhatHasNoPartner) {
  const std::string artists = write("a.json", kArtists);
  const std::string workers = write("w.json", kWorkers);
  Outcome outcome = paths({"profile-rules", artists, workers});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "From 'Artists' (sp-1, windows) to sp-2, LINUX:\n"
            "  Proj: Z:\\proj -> /mnt/proj\n"
            "Not mapped, because the destination has no location of this name:\n"
            "  Only: Q:\\ (LOCAL)\n"
            "Only in the destination:\n"
            "  Lib: /lib (SHARED)\n");
  // What --json prints is a rules file.
  outcome = paths({"profile-rules", artists, workers, "--json"});
  const std::string rules = write("rules.json", outcome.out);
  EXPECT_EQ(paths({"map", "--path-mapping-rules", rules, "Z:\\proj\\x", "--quiet"}).status, 0);
  EXPECT_THAT(paths({"profile-rules", artists, artists}).out, HasSubstr("no rules: both have one id"));
}

TEST_F(PathsCommand, CheckFindsWhatAnotherSystemCannotHave) {
  input = "tex/A.png\nTex/a.png\nok\n";
  Outcome outcome = paths({"check", "-", "aux.c"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out,
            "Tex/a.png: warning: its directory 'Tex' is the same as 'tex' on Windows [directory-case]\n"
            "Tex/a.png: error: it is the same file as 'tex/A.png' on Windows [case-clash]\n"
            "aux.c: error: 'aux.c' is a device on Windows [reserved-name]\n"
            "4 paths: 2 errors, 1 warning on windows\n");
  outcome = paths({"check", "--for", "posix", "aux.c", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out,
            R"({"schemaVersion":1,"for":"posix","problems":[],"paths":1,"errors":0,"warnings":0,"possible":true})"
            "\n");
  EXPECT_EQ(paths({"check", "a", "--for", "amiga"}).status, 2);
  EXPECT_EQ(paths({"check"}).status, 2);
  const std::string deep(200, 'x');
  EXPECT_EQ(paths({"check", deep}).out, "1 path: 0 errors, 0 warnings on windows\n");
  EXPECT_THAT(paths({"check", deep, "--root", std::string(60, 'r')}).out, HasSubstr("[long-path]"));
  const std::string longest = deep + "/" + std::string(55, 'x');  // 259 units behind a drive
  for (const char* root : {"C:\\", "C:/", "C:\\\\"}) {
    EXPECT_THAT(paths({"check", longest, "--root", root}).out, Not(HasSubstr("[long-path]"))) << root;
    EXPECT_THAT(paths({"check", longest + "x", "--root", root}).out, HasSubstr("[long-path]")) << root;
  }
}

TEST_F(PathsCommand, CheckReadsManifestsOfBothFormats) {
  const std::string old =
      write("old.manifest",
            R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[{"hash":"99aa06d3014798d86001c324468d497f",)"
            R"("mtime":1,"path":"d/con.txt","size":0}],"totalSize":0})");
  Outcome outcome = paths({"check", "-m", old, "--json"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(R"("path":"d/con.txt","severity":"error","rule":"reserved-name")"),
                                 HasSubstr(R"("component":"con.txt")"), HasSubstr(R"("manifest":")" + old)));
  const std::string absolute = write(
      "new.manifest",
      R"({"dirs":[{"path":"/p"},{"path":"$0/aux"}],"files":[{"hash":"99aa06d3014798d86001c324468d497f","mtime":1,)"
      R"("path":"$0/ok","size":0}],"hashAlg":"xxh128",)"
      R"("specificationVersion":"absolute-manifest-snapshot-beta-2025-12","totalSize":0})");
  outcome = paths({"check", "-m", absolute});
  EXPECT_THAT(outcome.out, HasSubstr("p/aux/: error: 'aux' is a device on Windows"));
  EXPECT_THAT(outcome.out, HasSubstr(": 1 error, 0 warnings")) << "the anchor is not looked at";
}

class GroupCommand : public PathsCommand {
 protected:
  GroupCommand() {
    root_ = std::filesystem::canonical(dir_.path()).string();
    current_directory = root_;
    write("p/a", "12");
    write("p/t/b", "345");
    write("s/c", "6");
    write("l/d", "7");
  }

  std::string profile() {
    return write("profile.json", R"({"storageProfileId":"sp","osFamily":"linux","fileSystemLocations":[
        {"name":"Loc","path":")" + root_ +
                                     R"(/l","type":"LOCAL"},{"name":"Sh","path":")" + root_ +
                                     R"(/s","type":"SHARED"}]})");
  }

  std::string root_;
};

TEST_F(GroupCommand, ShowsTheRootsAndWhatIsNotUploaded) {
  const Outcome outcome = paths({"group", "-i", "p/a", "-i", "l/d", "-i", "s/c", "-i", "none", "-o", "p/out",
                                 "--storage-profile", profile(), "--known-asset-path", "p"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Root " + root_ +
                                     "\n  In no LOCAL location: workers have it in the session directory, as "
                                     "assetroot-"));
  EXPECT_THAT(outcome.out, HasSubstr("Root " + root_ + "/l\n  In the LOCAL location 'Loc', " + root_ + "/l: "));
  EXPECT_THAT(outcome.out, HasSubstr("Not uploaded: " + root_ + "/s/c, below the SHARED location 'Sh'\n"));
  EXPECT_THAT(outcome.out, HasSubstr("2 roots, 2 input files, 3 B to upload\n"));
  EXPECT_THAT(outcome.err, HasSubstr("'" + root_ + "/none' is missing: it is a reference, not an input"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("known location"))) << "p by the flag, l by the profile";
}

TEST_F(GroupCommand, WarnsOfPathsInNoKnownLocation) {
  const Outcome outcome = paths({"group", "-i", "p/t/b", "--storage-profile", profile()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("These directories are in no known location:\n  " + root_ + "/p/t\n"));
  EXPECT_THAT(paths({"group", "-i", "p/t/b"}).err, Not(HasSubstr("known location")));
}

TEST_F(GroupCommand, KnownPathsMayBeginWithTheHomeDirectory) {
  variables["HOME"] = root_ + "/p";
  for (const char* known : {"~", "~/t"}) {
    EXPECT_THAT(paths({"group", "-i", "p/t/b", "--known-asset-path", known}).err, Not(HasSubstr("known location")))
        << known;
  }
  EXPECT_THAT(paths({"group", "-i", "p/t/b", "--known-asset-path", "~/x"}).err, HasSubstr("known location"));
}

TEST_F(GroupCommand, ReadsAssetReferencesAndInputDirectories) {
  std::filesystem::create_directories(path("hollow"));
  const std::string references = write(
      "asset_references.json", R"({"assetReferences":{"inputs":{"filenames":["p/a"],"directories":["p/t","hollow"]},)"
                               R"("outputs":{"directories":["p/out"]},"referencedPaths":["p/ref"]}})");
  const Outcome outcome = paths({"group", "--asset-references", references, "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(R"("rootPath":")" + root_ + R"(","rootPathFormat":"posix","sessionDirectory":)"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("inputs":[")" + root_ + R"(/p/a",")" + root_ + R"(/p/t/b"])"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("outputRelativeDirectories":["p/out"])"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("references":[")" + root_ + R"(/hollow",")" + root_ + R"(/p/ref"])"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("totalInputFiles":2,"totalInputBytes":5)"));
}

TEST_F(GroupCommand, WarnsOfInputDirectoriesThatBecomeReferences) {
  std::filesystem::create_directories(path("hollow"));
  const std::vector<std::string> args{"group", "--input-directory", "none",   "--input-directory",
                                      "p/a",   "--input-directory", "hollow", "--input-directory",
                                      "p/t"};
  const Outcome outcome = paths(args);
  EXPECT_EQ(outcome.status, 0);
  for (const char* each : {"/none", "/p/a"}) {
    EXPECT_THAT(outcome.err,
                HasSubstr("'" + root_ + each + "' is missing or no directory: it is a reference, not an input\n"));
  }
  EXPECT_THAT(outcome.err, Not(HasSubstr("hollow"))) << "nothing of it could be uploaded";
  std::vector<std::string> json = args;
  json.emplace_back("--json");
  EXPECT_THAT(paths(json).out, HasSubstr(R"("demoted":[")" + root_ + R"(/none",")" + root_ + R"(/p/a"])"));
}

TEST_F(GroupCommand, RefusesInputsThatAreNotThereOrNoFiles) {
  const Outcome outcome = paths({"group", "-i", "p", "-i", "none", "--require-paths-exist"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("missing input files: '" + root_ + "/none'; directories given as input files: '" +
                                     root_ + "/p'"));
}

TEST_F(GroupCommand, LongListsAreCutOffUnlessAskedFor) {
  std::vector<std::string> args{"group"};
  for (int i = 0; i < 25; ++i) {
    args.emplace_back("--reference");
    args.push_back("r" + std::to_string(i));
  }
  EXPECT_THAT(paths(args).out, HasSubstr("  reference  and 5 more (--verbose lists all)\n"));
  args.emplace_back("--verbose");
  EXPECT_THAT(paths(args).out, AllOf(HasSubstr("/r9\n"), Not(HasSubstr("more"))));
}

}  // namespace
}  // namespace attache
