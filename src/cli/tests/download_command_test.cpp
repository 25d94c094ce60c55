#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>

#include "tests/manifest_tools_fixture.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

class DownloadCommandTest : public ManifestTools {
 protected:
  DownloadCommandTest() {
    open_store = [this](const StoreRequest&) -> Result<std::unique_ptr<ObjectStore>> {
      return make_directory_store({.path = path("store")});
    };
  }

  std::string entry(const std::string& name, const std::string& content, const std::string& more = "") {
    write("store/" + data_key(xxh128(content)), content);
    return "{\"hash\":\"" + xxh128(content).to_hex() + "\",\"mtime\":1700000000000000,\"path\":\"" + name + "\"" +
           more + ",\"size\":" + std::to_string(content.size()) + "}";
  }
  /// Downloads a manifest of that name into the directory of the same name.
  Outcome download(const std::string& name, std::vector<std::string> more = {}) {
    std::vector<std::string> args{"attachment", "download", "-m", path("manifests/" + name)};
    args.insert(args.end(), more.begin(), more.end());
    return run_program(args);
  }
  std::vector<std::string> files_in(const std::string& name) const {
    std::vector<std::string> found;
    for (const auto& each : fs::recursive_directory_iterator(path(name))) {
      if (!each.is_directory()) found.push_back(each.path().lexically_relative(path(name)).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
};

TEST_F(DownloadCommandTest, TakesManifestsOfBothFormats) {
  write("manifests/old", manifest_v2023({entry("a/b", "one"), entry("c", "two")}, 6));
  write("manifests/new",
        manifest_v2025("relative", "snapshot",
                       {entry("a/run", "three", ",\"runnable\":true"), link_entry("to", "a/run")}, {"empty"}, "", 5));
  EXPECT_EQ(download("old").status, 0);
  EXPECT_EQ(read("old/a/b"), "one");
  EXPECT_EQ(download("new").status, 0);
  EXPECT_EQ(read("new/to"), "three");
  EXPECT_EQ(::access(path("new/a/run").c_str(), X_OK), 0);
  EXPECT_TRUE(fs::is_directory(path("new/empty")));
  EXPECT_EQ(fs::read_symlink(path("new/to")), "a/run");
}

TEST_F(DownloadCommandTest, SaysThatNoRuleIsForAManifest) {
  const std::string known = xxh128("/mnt/a").to_hex() + "_input";
  for (const std::string& name : {known, std::string("m")}) {
    write("manifests/" + name, manifest_v2023({entry("a", "one")}, 3));
  }
  const std::string rules = write("rules.json", R"([{"source_path_format":"posix","source_path":"/mnt/a",)"
                                                R"("destination_path":")" +
                                                    path("mapped") + "\"}]");
  EXPECT_EQ(download(known, {"--path-mapping-rules", rules}).err, "");
  EXPECT_EQ(read("mapped/a"), "one");
  const Outcome outcome = download("m", {"--path-mapping-rules", rules});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("is for 'm'"));
  EXPECT_THAT(outcome.err, HasSubstr("its files go to '" + path("m") + "': a rule's source_path"));
}

TEST_F(DownloadCommandTest, TakesAPartByFiltersAndDirectory) {
  write("manifests/m", manifest_v2023({entry("a/x.exr", "1"), entry("a/y.txt", "2"), entry("b/z.exr", "3")}, 3));
  EXPECT_EQ(download("m", {"--include", "*.exr", "--directory", "a"}).status, 0);
  EXPECT_THAT(files_in("m"), ElementsAre("a/x.exr"));
  EXPECT_EQ(download("m", {"--include", "b/*", "--include", "y.txt"}).status, 0);
  EXPECT_THAT(files_in("m"), ElementsAre("a/x.exr", "a/y.txt", "b/z.exr"));
  const Outcome nothing = download("m", {"--include", "nothing*"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_THAT(nothing.err, HasSubstr("nothing in 'm'"));
  EXPECT_EQ(download("m", {"--directory", "../m"}).status, 7);
}

TEST_F(DownloadCommandTest, SaysWhatItWouldDoAndWritesNothing) {
  write("manifests/m", manifest_v2023({entry("new", "1"), entry("other", "22")}, 3));
  write("m/other", "mine");
  const Outcome shown = download("m", {"--dry-run", "--conflict-resolution", "skip"});
  EXPECT_EQ(shown.status, 10);
  EXPECT_THAT(shown.out, HasSubstr("fetch    " + path("m/new")));
  EXPECT_THAT(shown.out, HasSubstr("differs  " + path("m/other")));
  EXPECT_THAT(shown.out, HasSubstr("Nothing was written"));
  const Json json = Json::parse(download("m", {"--dry-run", "--json"}).out);
  EXPECT_EQ(json.at("dryRun"), true);
  EXPECT_EQ(json.at("manifests").at(0).at("files").at(1).at("action"), "rename");
  EXPECT_EQ(json.at("requests"), 2);
  EXPECT_EQ(json.at("bytes_to_fetch"), 3);
  EXPECT_THAT(files_in("m"), ElementsAre("other"));
}

TEST_F(DownloadCommandTest, ReportsEachFileAndTheSummaryAsJson) {
  write("manifests/m", manifest_v2023({entry("a", "x"), entry("b", "x"), entry("there", "1")}, 3));
  write("m/there", "mine");
  const Json json = Json::parse(download("m", {"--json"}).out);
  const Json& files = json.at("manifests").at(0).at("files");
  EXPECT_EQ(files.at(0).at("source"), "store");
  EXPECT_EQ(files.at(1).at("source"), "local");
  EXPECT_EQ(files.at(2).at("path"), "there (1)");
  EXPECT_EQ(files.at(2).at("outcome"), "copied");
  EXPECT_EQ(json.at("processed_files"), 3);
  EXPECT_EQ(json.at("file_counts_by_root_directory").at(path("m")), 3);
  EXPECT_EQ(json.at("downloaded_files").at(2), path("m/there (1)"));
  EXPECT_EQ(json.at("fetched_bytes"), 2);
}

TEST_F(DownloadCommandTest, AppliesDeletionsOnRequest) {
  write("manifests/m",
        manifest_v2025("relative", "diff", {deleted_entry("d/gone"), deleted_entry("kept/x")},
                       {R"({"deleted":true,"path":"d"})", R"({"deleted":true,"path":"kept"})"}, hash_of('1')));
  write("m/d/gone", "1");
  write("m/kept/x", "1");
  write("m/kept/mine", "1");
  EXPECT_EQ(download("m").status, 0);
  EXPECT_TRUE(fs::exists(path("m/d/gone")));
  const Outcome outcome = download("m", {"--apply-deletions"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(files_in("m"), ElementsAre("kept/mine"));
  EXPECT_FALSE(fs::exists(path("m/d")));
  EXPECT_THAT(outcome.err, HasSubstr(path("m/kept")));
}

TEST_F(DownloadCommandTest, UsesAnObjectCache) {
  write("manifests/m", manifest_v2023({entry("a", "content")}, 7));
  EXPECT_EQ(download("m", {"--object-cache", path("cache"), "--object-cache-size", "1MiB"}).status, 0);
  fs::remove_all(path("m"));
  fs::remove_all(path("store"));
  const Outcome again = download("m", {"--object-cache", path("cache")});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("from the object cache"));
  EXPECT_EQ(read("m/a"), "content");
}

TEST_F(DownloadCommandTest, SetsModesAndGroup) {
  write("manifests/m", manifest_v2023({entry("d/a", "x")}, 1));
  EXPECT_EQ(
      download("m", {"--file-mode", "0o060", "--dir-mode", "2070", "--group", std::to_string(::getegid())}).status, 0);
  struct stat status {};
  ASSERT_EQ(::stat(path("m/d/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0060U, 0060U);
  ASSERT_EQ(::stat(path("m/d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 02070U, 02070U);
}

TEST_F(DownloadCommandTest, RefusesWhatItDoesNotUnderstand) {
  write("manifests/m", manifest_v2023({entry("a", "x")}, 1));
  for (const auto& wrong : std::vector<std::vector<std::string>>{{"--file-mode", "0999"},
                                                                 {"--dir-mode", "77777"},
                                                                 {"--group", "no such group"},
                                                                 {"--object-cache-size", "much"},
                                                                 {"--chunk-size", "some"},
                                                                 {"--conflict-resolution", "MAYBE"}}) {
    const Outcome outcome = download("m", wrong);
    EXPECT_EQ(outcome.status, 2) << wrong.front();
    EXPECT_THAT(outcome.err, HasSubstr("what to do")) << wrong.front();
  }
  EXPECT_FALSE(fs::exists(path("m")));
}

TEST_F(DownloadCommandTest, RefusesAbsoluteManifests) {
  write("manifests/m", manifest_v2025("absolute", "snapshot", {entry("/a/b", "x")}, {"/a"}, "", 1));
  const Outcome outcome = download("m");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("subtree"));
}

TEST_F(DownloadCommandTest, GoesOnWhereItEndedWithoutAFileThatNobodyAskedFor) {
  variables["HOME"] = path("home");
  write("manifests/m", manifest_v2023({entry("a", "x"), entry("b", "y")}, 2));
  const std::string object = path("store/" + data_key(xxh128("y")));
  fs::rename(object, path("aside"));
  EXPECT_EQ(download("m").status, 4);
  EXPECT_THAT(files_in("m"), ElementsAre("a"));
  EXPECT_TRUE(fs::exists(path("home/.local/state/attache/downloads")));
  fs::rename(path("aside"), object);
  EXPECT_EQ(download("m").status, 0);
  EXPECT_THAT(files_in("m"), ElementsAre("a", "b"));
}

TEST_F(DownloadCommandTest, SaysHowToGoOnWhenItIsInterrupted) {
  write("manifests/m", manifest_v2023({entry("a", "x")}, 1));
  open_store = [this](const StoreRequest&) -> Result<std::unique_ptr<ObjectStore>> {
    stop.request_stop();
    return make_directory_store({.path = path("store")});
  };
  const Outcome outcome = download("m");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_THAT(outcome.err, HasSubstr("run the same command again"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("SKIP")));
}

}  // namespace
}  // namespace attache
