#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>

#include "tests/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace attache {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

class UploadProgram : public ProgramTest {
 protected:
  UploadProgram() {
    variables["HOME"] = path("home");
    open_store = [this](const StoreRequest&) { return make_directory_store({.path = path("store")}); };
    write("root/a/b.txt", "hello");
    write("root/c", "world!");
    write("root/d", "hello");
  }

  Outcome upload(std::vector<std::string> args) {
    args.insert(args.begin(), "upload");
    return run_program("attachment", args);
  }
  Json upload_json(std::vector<std::string> args) {
    args.emplace_back("--json");
    const Outcome outcome = upload(std::move(args));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return Json::parse(outcome.out);
  }
  std::string tree_manifest() const {
    for (const auto& entry : fs::directory_iterator(path("manifests"))) return entry.path().string();
    return {};
  }
  std::vector<std::string> outcomes(const Json& report) {
    std::vector<std::string> result;
    for (const Json& entry : report.at("manifests").at(0).at("entries")) {
      result.push_back(entry.at("path").get<std::string>() + ":" + entry.at("outcome").get<std::string>());
    }
    return result;
  }
};

TEST_F(UploadProgram, HashesAndUploadsATreeAndKeepsItsManifest) {
  fs::create_directories(path("manifests"));
  const Json report = upload_json({"--root", path("root"), "-d", path("manifests"), "-n", "m"});
  EXPECT_EQ(report.at("objectsSent"), 2);
  EXPECT_EQ(report.at("duplicates"), 1);
  EXPECT_EQ(read("store/" + data_key(xxh128("hello"))), "hello");
  const std::string file = report.at("manifests").at(0).at("file");
  EXPECT_EQ(file, tree_manifest());
  EXPECT_EQ(report.at("manifests").at(0).at("manifestHash"),
            xxh128(read(fs::path(file).lexically_relative(dir_.path()))).to_hex());
  // What was uploaded by its tree is found by its manifest.
  const Json again = upload_json({"-m", file, "-r", path("root")});
  EXPECT_EQ(again.at("objectsPresent"), 2);
  EXPECT_EQ(again.at("objectsSent"), 0);
}

TEST_F(UploadProgram, SaysWhatBecameOfEachFile) {
  fs::create_directories(path("manifests"));
  Json report = upload_json({"--root", path("root"), "-d", path("manifests")});
  EXPECT_THAT(outcomes(report), testing::ElementsAre("a/b.txt:sent", "c:sent", "d:duplicate"));
  write("store/" + data_key(xxh128("world!")), "wor");
  report = upload_json({"-m", tree_manifest(), "-r", path("root")});
  EXPECT_THAT(outcomes(report), testing::ElementsAre("a/b.txt:present", "c:resent", "d:duplicate"));
}

TEST_F(UploadProgram, WritesAndSendsNothingInADryRun) {
  fs::create_directories(path("manifests"));
  const Json report = upload_json({"--root", path("root"), "-d", path("manifests"), "--dry-run"});
  EXPECT_TRUE(report.at("dryRun"));
  EXPECT_EQ(report.at("objectsSent"), 2);
  EXPECT_EQ(report.at("requests").at("put"), 2);
  EXPECT_GT(report.at("requests").at("estimatedCostUsd"), 0);
  EXPECT_EQ(report.at("manifests").at(0).at("entries").at(0).at("reason"), "not in the store");
  EXPECT_FALSE(fs::exists(path("store")));
  EXPECT_TRUE(fs::is_empty(path("manifests")));
  const Outcome people = upload({"--root", path("root"), "--dry-run"});
  EXPECT_THAT(people.out, HasSubstr("Would upload to"));
  EXPECT_THAT(people.out, HasSubstr("To send: 2 objects"));
  EXPECT_THAT(people.out, HasSubstr("USD"));
}

TEST_F(UploadProgram, StoresInputManifestsOfAJobAndKeepsLocalCopies) {
  fs::create_directories(path("manifests"));
  const Json report = upload_json({"--root", path("root"), "-d", path("manifests"), "--farm-id", "farm-1", "--queue-id",
                                   "queue-1", "--guid", "0123", "--manifest-write-dir", path("kept")});
  const Json& properties = report.at("manifests").at(0).at("manifestProperties");
  const std::string name = xxh128(path("root")).to_hex() + "_input";
  EXPECT_EQ(properties.at("inputManifestPath"), "farm-1/queue-1/Inputs/0123/" + name);
  EXPECT_EQ(properties.at("rootPath"), path("root"));
  const std::string stored = read("store/Manifests/farm-1/queue-1/Inputs/0123/" + name);
  EXPECT_EQ(properties.at("inputManifestHash"), xxh128(stored).to_hex());
  EXPECT_EQ(read("kept/manifests/" + name), stored);
  EXPECT_THAT(read("kept/manifests/manifest_s3_mapping"), HasSubstr("Inputs/0123/" + name));
}

TEST_F(UploadProgram, StatesTheFormatOfARootOfAnotherSystem) {
  fs::create_directories(path("manifests"));
  upload_json({"--root", path("root"), "-d", path("manifests"), "-n", "m"});
  const std::string windows =
      write(xxh128("Z:\\proj/x\\").to_hex(), read(fs::path(tree_manifest()).lexically_relative(dir_.path())));
  const std::string rules = write("rules.json", R"([{"source_path_format":"windows","source_path":"Z:\\proj/x\\",)"
                                                R"("destination_path":")" +
                                                    path("root") + R"("}])");
  const Json report = upload_json(
      {"-m", windows, "--path-mapping-rules", rules, "--farm-id", "farm-1", "--queue-id", "queue-1", "--guid", "0123"});
  const Json& properties = report.at("manifests").at(0).at("manifestProperties");
  EXPECT_EQ(properties.at("rootPath"), "Z:\\proj\\x");
  EXPECT_EQ(properties.at("rootPathFormat"), "windows");
  EXPECT_EQ(properties.at("inputManifestPath"),
            "farm-1/queue-1/Inputs/0123/" + xxh128("Z:\\proj\\x").to_hex() + "_input");
}

TEST_F(UploadProgram, RefusesPlacesForItsManifestBeforeAnythingIsSent) {
  fs::create_directories(path("manifests"));
  for (const std::vector<std::string>& place :
       std::vector<std::vector<std::string>>{{"--upload-manifest-path", "a//b"},
                                             {"--farm-id", "f", "--queue-id", "a/b"},
                                             {"--farm-id", "f", "--queue-id", "q", "--guid", ".."}}) {
    std::vector<std::string> args{"--root", path("root"), "-d", path("manifests")};
    args.insert(args.end(), place.begin(), place.end());
    const Outcome outcome = upload(args);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(place.back()));
  }
  std::string root = "/";
  for (int i = 0; i < 400; ++i) root += "\u65e5";  // more in JSON than metadata can have
  const std::string manifest = write(
      xxh128(root).to_hex(), R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[{"hash":")" +
                                 xxh128("world!").to_hex() + R"(","mtime":1,"path":"c","size":6}],"totalSize":6})");
  const std::string rules = write("rules.json", R"([{"source_path_format":"posix","source_path":")" + root +
                                                    R"(","destination_path":")" + path("root") + R"("}])");
  const Outcome outcome = upload({"-m", manifest, "--path-mapping-rules", rules, "--upload-manifest-path", "p"});
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("too long to be stored"));
  EXPECT_FALSE(fs::exists(path("store")));
  EXPECT_TRUE(fs::is_empty(path("manifests")));
}

TEST_F(UploadProgram, KeepsTimesOnRequest) {
  fs::create_directories(path("manifests"));
  const auto time = fs::file_time_type::clock::now() - std::chrono::hours(1000);
  fs::last_write_time(path("root/c"), time);
  upload_json({"--root", path("root"), "-d", path("manifests"), "--keep-times"});
  using std::chrono::microseconds;
  EXPECT_EQ(std::chrono::floor<microseconds>(fs::last_write_time(path("store/" + data_key(xxh128("world!"))))),
            std::chrono::floor<microseconds>(time));
}

TEST_F(UploadProgram, UploadsChunksOfTheOtherFormat) {
  fs::create_directories(path("manifests"));
  write("root/large", "0123456789");
  fs::create_symlink("c", path("root/link"));
  const Json report =
      upload_json({"--root", path("root"), "-d", path("manifests"), "--format", "v2025-12", "--chunk-size", "6"});
  EXPECT_EQ(report.at("objectsSent"), 4);
  EXPECT_EQ(read("store/" + data_key(xxh128("012345"))), "012345");
  EXPECT_EQ(read("store/" + data_key(xxh128("6789"))), "6789");
  const Json again = upload_json({"-m", tree_manifest(), "-r", path("root"), "--chunk-size", "6"});
  EXPECT_EQ(again.at("objectsPresent"), 4);
}

TEST_F(UploadProgram, RefusesFlagsThatContradictEachOther) {
  const std::string m = write("m", "{}");
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {},
           {"-m", m, "--root", path("root")},
           {"--root", path("root"), "-r", path("root")},
           {"--root", path("root"), "--trust-check-cache", "--force-s3-check"},
           {"--root", path("root"), "--farm-id", "f"},
           {"--root", path("root"), "--guid", "g"},
           {"--root", path("root"), "--manifest-write-dir", "d"},
           {"--root", path("root"), "--farm-id", "f", "--queue-id", "q", "--upload-manifest-path", "p"}}) {
    EXPECT_EQ(upload(args).status, 2) << testing::PrintToString(args);
  }
  EXPECT_FALSE(fs::exists(path("store")));
}

TEST_F(UploadProgram, DividesTheMemoryBetweenWhatWaitsAndTheStore) {
  std::vector<std::string> budgets;
  open_store = [&](const StoreRequest& request) {
    budgets.push_back(request.memory_budget);
    return make_directory_store({.path = path("store")});
  };
  fs::create_directories(path("manifests"));
  upload_json({"--root", path("root"), "-d", path("manifests")});
  upload_json({"--root", path("root"), "-d", path("manifests"), "--memory-budget", "40MiB"});
  upload_json({"-m", tree_manifest(), "-r", path("root"), "--memory-budget", "40MiB"});
  EXPECT_THAT(budgets, testing::ElementsAre(std::to_string(192 << 20), std::to_string(30 << 20), "40MiB"));
}

TEST_F(UploadProgram, SaysHowToGoOnWhenItIsCancelled) {
  stop.request_stop();
  const Outcome outcome = upload({"--root", path("root")});
  EXPECT_EQ(outcome.status, 130);
  EXPECT_THAT(outcome.err, HasSubstr("run the same command again"));
}

}  // namespace
}  // namespace attache
