#include <attache/paths/names.hpp>

#include "manifest_store_fixture.hpp"

#include <chrono>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

class ManifestDownload : public ManifestStoreTest {
 protected:
  void expect_refusal(const std::vector<std::string>& args, const std::string& named, int status = 2) {
    const Outcome outcome = download(args);
    EXPECT_EQ(outcome.status, status) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(named));
    EXPECT_THAT(downloaded(), IsEmpty());
  }
  /// Stores an input, and gives its inputManifestPath.
  std::string add_input(const std::string& file, char digit, const std::string& root, const std::string& guid) {
    const std::string name = write("made.manifest", document(file, digit));
    const Outcome outcome = upload(name, {"--asset-type", "input", "--farm-id", "farm-1", "--queue-id", "queue-1",
                                          "--guid", guid, "--root", root});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return "farm-1/queue-1/Inputs/" + guid + "/" + input_manifest_name(root).value();
  }
  std::string file_of(const std::string& root) const {
    return snapshot_file_name(root, std::nullopt, {2024, 2, 3, 4, 5, 6}).value();
  }
};

TEST_F(ManifestDownload, MergesTheLatestOutputsOfEachRoot) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  add_output("b", '2', "task-1", "sessionaction-a-2", "2024-01-02T00:00:00Z");
  add_output("c", '3', "task-1", "sessionaction-a-2", "2024-01-02T00:00:00Z", "C:\\q");
  const Outcome outcome = download(with_job({"--json"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(downloaded(),
              ElementsAre(Pair(file_of("C:\\q"), document("c", '3')), Pair(file_of("/r"), document("b", '2'))));
  EXPECT_THAT(outcome.out, HasSubstr(R"({"manifest_root":"/r","local_manifest_path":")" + path("out/" + file_of("/r")) +
                                     R"(","manifestHash":")"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("disagreements":[]})"));
}

TEST_F(ManifestDownload, TakesOneStepTaskOrSessionAction) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  add_output("b", '2', "task-2", "sessionaction-b-1", "2024-01-01T00:00:00Z");
  EXPECT_EQ(download(with_job({"--step-id", "step-1", "--task-id", "task-1"})).status, 0);
  EXPECT_THAT(downloaded(), ElementsAre(Pair(file_of("/r"), document("a", '1'))));
  EXPECT_EQ(download(with_job({"--session-action-id", "sessionaction-b-1"})).status, 0);
  ASSERT_EQ(downloaded().size(), 2U) << "a second one within a second has a name of its own";
  EXPECT_EQ(downloaded().rbegin()->second.find("\"path\":\"a\"") == std::string::npos ||
                downloaded().begin()->second.find("\"path\":\"a\"") == std::string::npos,
            true);
}

TEST_F(ManifestDownload, TakesTheGivenRootForNamedOutputsWithoutOne) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  std::filesystem::remove_all(path("store/.attache-metadata"));
  const std::string name = output_manifest_name("", "/r").value();
  expect_refusal(with_job({"--root", "/r"}), "by its key or name", 3);  // it may be another of the job's roots
  EXPECT_EQ(download(with_job({"--name", name, "--root", "/r"})).status, 0);
  EXPECT_THAT(downloaded(), ElementsAre(Pair(file_of("/r"), document("a", '1'))));
}

TEST_F(ManifestDownload, WarnsWhereNameAndTimeDisagree) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  add_output("b", '2', "task-1", "sessionaction-a-2", "2024-01-02T00:00:00Z");
  const std::vector<std::string> keys = stored();
  const auto now = std::filesystem::file_time_type::clock::now();
  std::filesystem::last_write_time(path("store/" + keys[0]), now);
  std::filesystem::last_write_time(path("store/" + keys[1]), now - std::chrono::hours(1));
  Outcome outcome = download(with_job({"--json"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("task-1"));
  EXPECT_THAT(outcome.err, HasSubstr("--latest-by modified"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("disagreements":[{"stepId":"step-1","taskId":"task-1","latestByName":)"
                                     R"("2024-01-02T00:00:00.000000Z_sessionaction-a-2")"));
  EXPECT_EQ(downloaded().at(file_of("/r")), document("b", '2'));
  std::filesystem::remove(path("out/" + file_of("/r")));
  outcome = download(with_job({"--latest-by", "modified"}));
  EXPECT_THAT(outcome.err, HasSubstr("--latest-by name"));
  EXPECT_EQ(downloaded().at(file_of("/r")), document("a", '1'));
}

TEST_F(ManifestDownload, LaysOutputsOverTheInputsOfAJob) {
  const std::string manifest = add_input("shared", '1', "/r", "g1");
  const std::string other = add_input("x", '2', "/other", "g2");
  add_output("shared", '3', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  const std::string file = write(
      "job.json",
      R"({"jobId":"job-1","attachments":{"fileSystem":"COPIED","manifests":[)"
      R"({"rootPath":"/r","rootPathFormat":"posix","inputManifestPath":")" +
          manifest +
          R"("},)"
          R"({"rootPath":"/none","rootPathFormat":"posix"},)"
          R"({"rootPath":"/other","rootPathFormat":"posix","fileSystemLocationName":"Loc","inputManifestPath":")" +
          other + R"(","inputManifestHash":null}]}})");
  const Outcome outcome = download(with_job({"--asset-type", "ALL", "--attachments", file, "--json"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(downloaded(),
              ElementsAre(Pair(file_of("/other"), document("x", '2')), Pair(file_of("/r"), document("shared", '3'))))
      << "BUG-36: a root without inputs is no failure";
  EXPECT_THAT(outcome.out, HasSubstr(R"("fileSystemLocationName":"Loc")"));
  std::filesystem::remove(path("out/" + file_of("/r")));
  std::filesystem::remove(path("out/" + file_of("/other")));
  EXPECT_EQ(download({"--asset-type", "input", "--attachments", file}).status, 0);
  EXPECT_EQ(downloaded().at(file_of("/r")), document("shared", '1'));
}

TEST_F(ManifestDownload, ComparesTheHashThatTheJobStates) {
  const std::string manifest = add_input("a", '1', "/r", "g1");
  const auto attachments = [&](const std::string& hash) {
    return write("job.json", R"({"manifests":[{"rootPath":"/r","rootPathFormat":"posix","inputManifestPath":")" +
                                 manifest + R"(","inputManifestHash":")" + hash + "\"}]}");
  };
  expect_refusal({"--attachments", attachments(hash_of('0'))}, manifest, 6);
  expect_refusal({"--attachments", attachments("nonsense")}, "nonsense", 6);
}

TEST_F(ManifestDownload, RefusesAttachmentsThatAreNone) {
  for (const char* text : {"not JSON", "[]", "5", R"({"manifests":{}})", R"({"manifests":[5]})",
                           R"({"manifests":[{}]})", R"({"x":1})", R"({"manifests":[{"rootPath":5}]})"}) {
    expect_refusal({"--attachments", write("job.json", text)}, "job.json", 3);
  }
  expect_refusal({"--attachments", path("missing")}, "missing", 4);
  EXPECT_EQ(download({"--attachments", write("job.json", R"({"attachments":null})")}).status, 0);
  EXPECT_EQ(download({"--attachments", write("job.json", "{}")}).status, 0);
}

TEST_F(ManifestDownload, FetchesByPathKeyAndName) {
  const std::string manifest = add_input("a", '1', "/r", "g1");
  const std::string name = input_manifest_name("/r").value();
  const std::string hash = name.substr(0, 32);
  const std::vector<std::vector<std::string>> ways{{"--manifest-path", manifest},
                                                   {"--key", "Manifests/" + manifest},
                                                   {"--key", "file://" + path("store") + "/Manifests/" + manifest},
                                                   {"--farm-id", "farm-1", "--queue-id", "queue-1", "--name", hash},
                                                   {"--farm-id", "farm-1", "--queue-id", "queue-1", "--name", name}};
  for (const std::vector<std::string>& way : ways) {
    const Outcome outcome = download(way);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(downloaded(), ElementsAre(Pair(name, document("a", '1')))) << "its root is not known";
    std::filesystem::remove(path("out/" + name));
    std::vector<std::string> with_root = way;
    with_root.insert(with_root.end(), {"--root", "/r"});
    EXPECT_EQ(download(with_root).status, 0);
    EXPECT_THAT(downloaded(), ElementsAre(Pair(file_of("/r"), document("a", '1'))));
    std::filesystem::remove(path("out/" + file_of("/r")));
  }
}

TEST_F(ManifestDownload, TakesTheNewestOfSeveralInputsOfAName) {
  const std::string older = add_input("a", '1', "/r", "g1");
  const std::string newer = add_input("b", '2', "/r", "g0");
  std::filesystem::last_write_time(path("store/Manifests/" + older),
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  const Outcome outcome =
      download({"--farm-id", "farm-1", "--queue-id", "queue-1", "--name", root_hash("/r").value().to_hex()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("2 manifests"));
  EXPECT_EQ(downloaded().begin()->second, document("b", '2'));
}

TEST_F(ManifestDownload, SelectsOutputsByName) {
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z");
  add_output("b", '2', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z", "/q");
  EXPECT_EQ(download(with_job({"--name", root_hash("/q").value().to_hex()})).status, 0);
  EXPECT_THAT(downloaded(), ElementsAre(Pair(file_of("/q"), document("b", '2'))));
}

TEST_F(ManifestDownload, GivesLongRootsAShorterName) {
  std::string root;
  for (int i = 0; i < 60; ++i) root += "/日本";
  add_output("a", '1', "task-1", "sessionaction-a-1", "2024-01-01T00:00:00Z", root);
  const Outcome outcome = download(with_job());
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_EQ(downloaded().size(), 1U);
  EXPECT_THAT(downloaded().begin()->first, HasSubstr("日本_日本-" + root_hash(root).value().to_hex()));
}

TEST_F(ManifestDownload, SaysThatThereIsNothing) {
  Outcome outcome = download(with_job({"--json"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(R"("downloaded":[])"));
  outcome = download(with_job());
  EXPECT_THAT(outcome.out, HasSubstr("No manifest was found"));
}

TEST_F(ManifestDownload, NeedsToKnowWhatIsWanted) {
  expect_refusal({}, "--job-id");
  expect_refusal({"--step-id", "step-1"}, "--job-id");
  expect_refusal({"--job-id", "job-1"}, "farm id");
  expect_refusal(with_job({"--task-id", "task-1"}), "step");
  expect_refusal(with_job({"--asset-type", "all"}), "--attachments");
  expect_refusal(with_job({"--asset-type", "input"}), "--attachments");
  expect_refusal({"--asset-type", "output", "--attachments", "x"}, "--job-id");
  expect_refusal(with_job({"--asset-type", "some"}), "'some'");
  expect_refusal(with_job({"--latest-by", "luck"}), "'luck'");
}

TEST_F(ManifestDownload, NamesWhatIsMissing) {
  expect_refusal({"--key", "Manifests/none"}, "Manifests/none", 4);
  expect_refusal({"--farm-id", "f", "--queue-id", "q", "--name", "abc"}, "'abc'", 4);
  const Outcome outcome = attache({"download", path("nowhere"), "--s3-root-uri", path("store"), "--key", "k"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere"));
}

TEST_F(ManifestDownload, DoesNotReplaceAFile) {
  const std::string manifest = add_input("a", '1', "/r", "g1");
  const std::string name = input_manifest_name("/r").value();
  write("out/" + name, "mine");
  EXPECT_NE(download({"--manifest-path", manifest}).status, 0);
  EXPECT_EQ(read("out/" + name), "mine");
}

TEST_F(ManifestDownload, EndsWhenItIsCancelled) {
  stop.request_stop();
  EXPECT_EQ(download(with_job()).status, 130);
}

}  // namespace
}  // namespace attache
