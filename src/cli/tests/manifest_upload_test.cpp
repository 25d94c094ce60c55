#include <attache/paths/names.hpp>

#include "manifest_store_fixture.hpp"

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ManifestUpload : public ManifestStoreTest {
 protected:
  std::string manifest = write("some.manifest", " " + document("a", '1') + "\n");

  void expect_refusal(const std::vector<std::string>& args, const std::string& named) {
    const Outcome outcome = upload(manifest, args);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(named));
    EXPECT_FALSE(std::filesystem::exists(path("store"))) << "nothing was stored";
  }
};

TEST_F(ManifestUpload, PutsItBelowAPrefixInItsCanonicalForm) {
  const Outcome outcome = upload(manifest, {"--s3-manifest-prefix", "/a/b/"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read("store/Manifests/a/b/some.manifest"), document("a", '1'));
  EXPECT_THAT(outcome.out, HasSubstr("Stored v2023-03-03 manifest as file://"));
  EXPECT_EQ(upload(manifest, {}).status, 0);
  EXPECT_THAT(stored(), ElementsAre("Manifests/a/b/some.manifest", "Manifests/some.manifest"));
}

TEST_F(ManifestUpload, TakesTheIncumbentsNameOfTheStoresOption) {
  EXPECT_EQ(attache({"upload", manifest, "--s3-cas-uri", path("store")}).status, 0);
  EXPECT_THAT(stored(), ElementsAre("Manifests/some.manifest"));
  EXPECT_EQ(upload(manifest, {"--s3-cas-uri", path("store")}).status, 2) << "one of them";
}

TEST_F(ManifestUpload, PutsAnInputWhereWorkersLook) {
  const Outcome outcome = upload(manifest, {"--asset-type", "input", "--farm-id", "farm-1", "--queue-id", "queue-1",
                                            "--guid", "g", "--root", "/mnt//é/", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string name = input_manifest_name("/mnt/é").value();
  EXPECT_THAT(stored(), ElementsAre("Manifests/farm-1/queue-1/Inputs/g/" + name));
  EXPECT_THAT(outcome.out, HasSubstr(R"("manifestProperties":{"rootPath":"/mnt/\u00e9","rootPathFormat":"posix",)"
                                     R"("inputManifestPath":"farm-1/queue-1/Inputs/g/)" +
                                     name + R"(","inputManifestHash":")"));
  EXPECT_FALSE(std::filesystem::exists(path("store/.attache-metadata"))) << "inputs have no metadata";
}

TEST_F(ManifestUpload, NamesAnInputByARootOfWindows) {
  EXPECT_EQ(upload(manifest, {"--asset-type", "input", "--farm-id", "f", "--queue-id", "q", "--guid", "g", "--root",
                              "C:/x/", "--root-path-format", "windows"})
                .status,
            0);
  EXPECT_THAT(stored(), ElementsAre("Manifests/f/q/Inputs/g/" + input_manifest_name("C:\\x").value()));
}

TEST_F(ManifestUpload, PutsOutputsOfTasksAndSteps) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-02-03T04:05:06.789012Z", "/é/");
  add_output("a", '1', "", "sessionaction-a-2", "2024-02-03T04:05:06Z");
  EXPECT_THAT(stored(),
              ElementsAre("Manifests/farm-1/queue-1/job-1/step-1/2024-02-03T04:05:06.000000Z_sessionaction-a-2/" +
                              output_manifest_name("", "/r").value(),
                          "Manifests/farm-1/queue-1/job-1/step-1/task-1/"
                          "2024-02-03T04:05:06.789012Z_sessionaction-a-1/" +
                              output_manifest_name("", "/é/").value()))
      << "the root of an output is taken as it is";
}

TEST_F(ManifestUpload, ReadsStandardInput) {
  input = document("a", '1');
  EXPECT_EQ(upload("-", {}).status, 2) << "it has no name";
  EXPECT_EQ(upload("-", {"--asset-type", "input", "--farm-id", "f", "--queue-id", "q", "--root", "/r"}).status, 0);
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(ManifestUpload, RefusesFlagsThatWouldBeLost) {
  expect_refusal({"--farm-id", "f"}, "--farm-id needs --asset-type");
  expect_refusal({"--asset-type", "input", "--root", "/r", "--job-id", "j"}, "--job-id does not go with");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--guid", "g"}, "--guid does not go with");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--s3-manifest-prefix", "x"}, "--s3-manifest-prefix");
}

TEST_F(ManifestUpload, SaysWhatIsMissing) {
  expect_refusal({"--asset-type", "input", "--farm-id", "f", "--queue-id", "q"}, "--root");
  expect_refusal({"--asset-type", "input", "--root", "/r"}, "farm id");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q"}, "job id");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q", "--job-id", "j"},
                 "step");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q", "--job-id", "j",
                  "--step-id", "step-1"},
                 "session action id");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q", "--job-id", "j",
                  "--step-id", "1"},
                 "--step-id '1' does not begin with 'step-'");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q", "--job-id", "j",
                  "--step-id", "step-1", "--task-id", "1"},
                 "--task-id '1' does not begin with 'task-'");
}

TEST_F(ManifestUpload, RefusesWhatMakesNoSense) {
  expect_refusal({"--asset-type", "both"}, "'both'");
  expect_refusal({"--asset-type", "input", "--root", "/r", "--root-path-format", "vms"}, "'vms'");
  expect_refusal({"--tag", "novalue"}, "'novalue'");
  expect_refusal({"--tag", "a=1", "--tag", "a=2"}, "twice");
  expect_refusal({"--asset-type", "output", "--root", "/r", "--farm-id", "f", "--queue-id", "q", "--job-id", "j",
                  "--step-id", "step-1", "--session-action-id", "x", "--time", "yesterday"},
                 "'yesterday'");
}

TEST_F(ManifestUpload, RefusesWhatIsNoManifest) {
  const Outcome outcome = upload(write("bad.manifest", "{}"), {});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("bad.manifest"));
  EXPECT_EQ(upload(path("missing"), {}).status, 4);
}

TEST_F(ManifestUpload, StoresTheOtherFormat) {
  const std::string snapshot =
      R"({"dirs":[],"files":[)" + file_entry("a", 1, '1') +
      R"(],"hashAlg":"xxh128","specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":1})";
  const Outcome outcome = upload(write("new.manifest", snapshot), {});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("relative snapshot"));
  EXPECT_EQ(read("store/Manifests/new.manifest"), snapshot);
}

TEST_F(ManifestUpload, CannotTagInADirectory) {
  const Outcome outcome = upload(manifest, {"--tag", "a=b"});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("tags"));
}

}  // namespace
}  // namespace attache
