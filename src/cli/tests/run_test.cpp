#include <attache/hash/xxh3.hpp>
#include <attache/store/directory_store.hpp>

#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// The whole program, with a store of the test.
class Run : public ProgramTest {
 protected:
  Run() {
    current_directory = path("cwd");
    open_store = [this](const StoreRequest& request) {
      requests_.push_back(request);
      return Result<std::unique_ptr<ObjectStore>>(make_directory_store({.path = path("store")}));
    };
  }

  Outcome attache(const std::vector<std::string>& args) { return run_program(args); }

  std::string manifest_path(const std::string& suffix = "") const {
    return path("manifests/m-" + xxh128(path("root")).to_hex() + "-2024-02-03T04-05-06" + suffix + ".manifest");
  }

  std::string rules_to(const std::string& destination) {
    write("rules.json", R"([{"source_path_format":"posix","source_path":")" + path("root") +
                            R"(","destination_path":")" + path(destination) + R"("}])");
    return path("rules.json");
  }

  void snapshot() {
    fs::create_directories(path("manifests"));
    const Outcome outcome =
        attache({"manifest", "snapshot", "--root", path("root"), "--destination", path("manifests"), "--name", "m"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  std::vector<StoreRequest> requests_;
};

TEST_F(Run, MovesATreeThroughAStore) {
  write("root/a/b.txt", "hello");
  write("root/c", "world");
  snapshot();
  Outcome outcome = attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Sent: 2 objects"));
  outcome = attache({"attachment", "download", "-m", manifest_path(), "--path-mapping-rules", rules_to("restored")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read("restored/a/b.txt"), "hello");
  EXPECT_EQ(read("restored/c"), "world");
  const auto microseconds = [this](const char* file) {
    return std::chrono::floor<std::chrono::microseconds>(fs::last_write_time(path(file)).time_since_epoch());
  };
  EXPECT_EQ(microseconds("restored/c"), microseconds("root/c"));
  outcome = attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root")});
  EXPECT_THAT(outcome.out, HasSubstr("Sent: 0 objects"));
}

TEST_F(Run, DownloadsWithoutARuleIntoADirectoryNamedAfterTheManifest) {
  write("root/f", "x");
  snapshot();
  attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root")});
  const Outcome outcome = attache({"attachment", "download", "-m", manifest_path()});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read("cwd/" + fs::path(manifest_path()).filename().string() + "/f"), "x");
}

TEST_F(Run, SaysThatTheManifestItselfIsInTheWayOfItsFiles) {
  write("root/f", "x");
  snapshot();
  const std::string beside = "cwd/" + fs::path(manifest_path()).filename().string();
  fs::create_directories(path("cwd"));
  fs::copy_file(manifest_path(), path(beside));
  const Outcome outcome = attache({"attachment", "download", "-m", path(beside)});
  EXPECT_EQ(outcome.status, 8);
  EXPECT_THAT(outcome.err, HasSubstr("is a file"));
  EXPECT_THAT(outcome.err, HasSubstr("--path-mapping-rules"));
}

TEST_F(Run, GivesTwoSnapshotsInOneSecondTwoNames) {
  write("root/f", "x");
  snapshot();
  const std::string first = read(fs::path(manifest_path()).lexically_relative(dir_.path()));
  write("root/g", "y");
  snapshot();
  EXPECT_TRUE(fs::exists(manifest_path("-2")));
  EXPECT_EQ(read(fs::path(manifest_path()).lexically_relative(dir_.path())), first);
}

TEST_F(Run, LeavesItsOwnManifestOutOfTheNextSnapshot) {
  write("root/f", "x");
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = attache({"manifest", "snapshot", "--root", path("root"), "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("\"files\":1"));
  }
}

TEST_F(Run, SaysWhatASnapshotLeavesOut) {
  write("root/f", "x");
  write("root/.hidden", "x");
  fs::create_directory(path("root/empty"));
  fs::create_symlink("nowhere", path("root/broken"));
  Outcome outcome = attache({"manifest", "snapshot", "--root", path("root")});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 hidden file or directory"));
  EXPECT_THAT(outcome.out, HasSubstr(".hidden"));
  EXPECT_THAT(outcome.out, HasSubstr("1 link that leads nowhere"));
  EXPECT_THAT(outcome.out, HasSubstr("1 empty directory"));
  outcome = attache({"manifest", "snapshot", "--root", path("root"), "--json", "--hidden"});
  EXPECT_THAT(outcome.out, HasSubstr(R"({"reason":"dangling-link","path":"broken"})"));
  EXPECT_THAT(outcome.out, Not(HasSubstr(".hidden")));
  EXPECT_THAT(outcome.out, HasSubstr("\"files\":2"));
}

TEST_F(Run, PrintsExactlyOneDocumentWithJson) {
  write("root/f", "x");
  fs::create_directories(path("manifests"));
  const Outcome outcome = attache(
      {"manifest", "snapshot", "--root", path("root"), "-d", path("manifests"), "-n", "m", "--json", "--verbose"});
  EXPECT_THAT(outcome.out, StartsWith("{\"schemaVersion\":1,\"root\":"));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"manifest\":\"" + manifest_path() + "\""));
}

TEST_F(Run, PrintsNothingWithQuiet) {
  write("root/f", "x");
  const Outcome outcome = attache({"manifest", "snapshot", "--root", path("root"), "--quiet"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Run, WritesALogFile) {
  write("root/f", "x");
  attache({"manifest", "snapshot", "--root", path("root"), "--quiet", "--log-file", path("log")});
  EXPECT_THAT(read("log"), HasSubstr("2024-02-03T04:05:06 info Snapshot of"));
}

TEST_F(Run, KeepsFilesThatDifferWithSkipAndSaysSo) {
  write("root/f", "x");
  snapshot();
  attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root")});
  write("restored/f", "mine");
  const Outcome outcome = attache({"attachment", "download", "-m", manifest_path(), "--path-mapping-rules",
                                   rules_to("restored"), "--conflict-resolution", "skip"});
  EXPECT_EQ(outcome.status, 10);
  EXPECT_THAT(outcome.err, HasSubstr("restored/f"));
  EXPECT_EQ(read("restored/f"), "mine");
}

TEST_F(Run, StoresTheManifestWhereItIsAskedTo) {
  write("root/f", "x");
  snapshot();
  const Outcome outcome = attache(
      {"attachment", "upload", "-m", manifest_path(), "-r", path("root"), "--upload-manifest-path", "/farm/q/"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read("store/Manifests/farm/q/" + fs::path(manifest_path()).filename().string()),
            read(fs::path(manifest_path()).lexically_relative(dir_.path())));
}

TEST_F(Run, PassesTheStoreOptionsOn) {
  write("root/f", "x");
  snapshot();
  attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root"), "--s3-root-uri", "s3://b/p", "--profile",
           "me", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1"});
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].uri, "s3://b/p");
  EXPECT_EQ(requests_[0].profile, "me");
  EXPECT_EQ(requests_[0].region, "eu-west-1");
  EXPECT_EQ(requests_[0].endpoint_url, "http://127.0.0.1:1");
}

TEST_F(Run, ExplainsAWrongFlagAndWhatWasMeant) {
  const Outcome outcome = attache({"manifest", "snapshot", "--rot", "/x"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--root"));
  EXPECT_THAT(outcome.err, HasSubstr("attache manifest snapshot --help"));
  EXPECT_EQ(attache({}).status, 2);
  EXPECT_EQ(attache({"manifset", "snapshot"}).status, 2);
  EXPECT_THAT(attache({"manifset", "snapshot"}).err, HasSubstr("'manifest'"));
}

TEST_F(Run, HasHelpWithAnExampleForEveryCommand) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"manifest", "snapshot"}, {"attachment", "upload"}, {"attachment", "download"}, {}}) {
    std::vector<std::string> args = command;
    args.push_back("--help");
    const Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Example:\n  attache "));
  }
}

TEST_F(Run, KnowsItsVersion) {
  EXPECT_THAT(attache({"--version"}).out, StartsWith("attache "));
}

TEST_F(Run, NamesAMissingRoot) {
  const Outcome outcome = attache({"manifest", "snapshot", "--root", path("nowhere")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere"));
  EXPECT_THAT(outcome.err, HasSubstr("what to do: "));
}

TEST_F(Run, NamesAMissingDestinationBeforeItReadsAFile) {
  write("root/f", "x");
  const Outcome outcome = attache({"manifest", "snapshot", "--root", path("root"), "-d", path("nowhere")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_FALSE(fs::exists(path("nowhere")));
}

TEST_F(Run, RefusesAManifestThatIsNone) {
  write("m.manifest", "{\"hashAlg\":");
  const Outcome outcome = attache({"attachment", "download", "-m", path("m.manifest"), "--json"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("m.manifest"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("error":{"code":"invalid-manifest")"));
}

TEST_F(Run, RefusesRulesThatAreNone) {
  write("root/f", "x");
  snapshot();
  write("rules.json", "[{\"source_path\":1}]");
  const Outcome outcome =
      attache({"attachment", "download", "-m", manifest_path(), "--path-mapping-rules", path("rules.json")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("rules.json"));
}

TEST_F(Run, NeedsExactlyOneOfRootsAndRules) {
  write("root/f", "x");
  snapshot();
  EXPECT_EQ(attache({"attachment", "upload", "-m", manifest_path()}).status, 2);
  EXPECT_EQ(attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root"), "--path-mapping-rules",
                     rules_to("restored")})
                .status,
            2);
}

TEST_F(Run, SaysHowToGoOnAfterCtrlC) {
  write("root/f", "x");
  snapshot();
  stop.request_stop();
  const Outcome outcome = attache({"attachment", "upload", "-m", manifest_path(), "-r", path("root")});
  EXPECT_EQ(outcome.status, 130);
  EXPECT_THAT(outcome.err, HasSubstr("run the same command again"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("error:")));
}

TEST(EmbeddedStore, FollowsTheXdgRules) {
  const auto with = [](std::map<std::string, std::string> variables) {
    return embedded_store_path([variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  };
  EXPECT_EQ(with({{"XDG_DATA_HOME", "/d"}, {"HOME", "/h"}}), "/d/attache/store");
  EXPECT_EQ(with({{"XDG_DATA_HOME", "relative"}, {"HOME", "/h"}}), "/h/.local/share/attache/store");
  EXPECT_EQ(with({{"HOME", "/h"}}), "/h/.local/share/attache/store");
  EXPECT_EQ(with({}), std::nullopt);
}

}  // namespace
}  // namespace attache
