#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/store/cas_layout.hpp>

#include "program_fixture.hpp"
#include "store_access.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// A tree, its manifest, and a directory store that has all of it.
class Upkeep : public ProgramTest {
 protected:
  Upkeep() {
    open_store = [](const StoreRequest& request) {
      return attache::open_store(request, [](const std::string&) { return std::nullopt; });
    };
    const std::vector<std::pair<std::string, std::string>> files{
        {"a.txt", "alpha"}, {"b/same.txt", "alpha"}, {"b/beta.txt", "beta"}};
    ManifestBuilder builder;
    for (const auto& [name, content] : files) {
      write("tree/" + name, content);
      fs::last_write_time(path("tree/" + name), fs::file_time_type(std::chrono::file_clock::from_sys(
                                                    std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)))));
      write("store/" + key(content), content);
      EXPECT_TRUE(builder.add(name, xxh128(content), content.size(), 1'700'000'000'000'000));
    }
    manifest = write("m.manifest", encode_v2023(std::move(builder).build().value()).value());
  }

  static std::string key(const std::string& content) { return data_key(xxh128(content)); }
  std::string stored(const std::string& content) { return path("store/" + key(content)); }

  Outcome with_store(const std::vector<std::string>& command, std::vector<std::string> args) {
    args.insert(args.begin(), command.begin(), command.end());
    args.insert(args.end(), {"--s3-root-uri", path("store")});
    return run_program(args);
  }
  Outcome verify(std::vector<std::string> args = {}) { return with_store({"verify", manifest}, std::move(args)); }
  Outcome repair(std::vector<std::string> args = {}) { return with_store({"repair", manifest}, std::move(args)); }
  Outcome ls(std::vector<std::string> args = {}) { return with_store({"store", "ls"}, std::move(args)); }
  Outcome gc(std::vector<std::string> args = {}) { return with_store({"store", "gc"}, std::move(args)); }

  std::string manifest;
};

TEST_F(Upkeep, VerifiesAWholeStore) {
  Outcome outcome = verify();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 of 2 contents there with the right size, 9 B of 9 B\n"));
  outcome = verify({"--content"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 of 2 contents read and right"));
}

TEST_F(Upkeep, SaysWhatIsMissingAndWhoNeedsIt) {
  fs::remove(stored("alpha"));
  const Outcome outcome = verify();
  EXPECT_EQ(outcome.status, 12) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(key("alpha") + ": needed by 'a.txt' and 1 more: missing\n"));
  EXPECT_THAT(outcome.out, HasSubstr("1 of 2 contents there with the right size, 4 B of 9 B; 1 missing\n"));
  EXPECT_THAT(verify({"--verbose"}).err, HasSubstr("  needed by b/same.txt\n"));
}

TEST_F(Upkeep, FindsWrongBytesIfItIsToReadThem) {
  write("store/" + key("beta"), "bets");
  EXPECT_EQ(verify().status, 0);
  const Outcome outcome = verify({"--content", "--json"});
  EXPECT_EQ(outcome.status, 12);
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document.at("good"), false);
  EXPECT_EQ(document.at("content"), true);
  const auto& fault = document.at("store").at("faults").at(0);
  EXPECT_EQ(fault.at("fault"), "wrong-content");
  EXPECT_EQ(fault.at("key"), key("beta"));
  EXPECT_EQ(fault.at("uses").at(0).at("path"), "b/beta.txt");
  EXPECT_EQ(fault.at("uses").at(0).at("manifest"), manifest);
  EXPECT_EQ(document.at("store").at("goodContents"), 1);
}

TEST_F(Upkeep, ComparesATreeInsteadOfAStore) {
  const std::vector<std::string> command{"verify", manifest, "--root", path("tree")};
  Outcome outcome = run_program(command);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("3 entries of the right size and time as in "));
  write("tree/a.txt", "longer than alpha");
  fs::remove(path("tree/b/beta.txt"));
  write("tree/extra", "x");
  outcome = run_program(command);
  EXPECT_EQ(outcome.status, 12);
  EXPECT_THAT(outcome.out, HasSubstr("missing: " + path("tree") + "/b/beta.txt\n"));
  EXPECT_THAT(outcome.out, HasSubstr("different: " + path("tree") + "/a.txt\n"));
  EXPECT_THAT(outcome.out, HasSubstr("; 1 missing, 1 different; 1 file not in it\n"));
}

TEST_F(Upkeep, ComparesTheBytesOfATreeAndAStore) {
  // An edit that keeps size and time.
  const auto time = fs::last_write_time(path("tree/a.txt"));
  write("tree/a.txt", "alphA");
  fs::last_write_time(path("tree/a.txt"), time);
  EXPECT_EQ(verify({"--root", path("tree")}).status, 0);
  const Outcome outcome = verify({"--root", path("tree"), "--content", "--json"});
  EXPECT_EQ(outcome.status, 12);
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(document.at("store").at("faults").empty());
  EXPECT_EQ(document.at("trees").at(0).at("different").at(0), "a.txt");
}

TEST_F(Upkeep, KeepsErrorsApartFromFindings) {
  EXPECT_EQ(run_program({"verify", path("nothing.manifest")}).status, 4);
  write("bad.manifest", "{}");
  EXPECT_EQ(run_program({"verify", path("bad.manifest")}).status, 3);
  EXPECT_EQ(run_program({"verify"}).status, 2);
  stop.request_stop();
  EXPECT_EQ(verify().status, 130);
}

TEST_F(Upkeep, RepairsFromATree) {
  fs::remove(stored("alpha"));
  write("store/" + key("beta"), "bets");
  Outcome outcome = repair({"--root", path("tree"), "--content"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 contents looked at, 2 wrong: 1 missing, 1 with other bytes\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Repaired: 2, 9 B; not repaired: 0\n"));
  EXPECT_EQ(verify({"--content"}).status, 0);
  outcome = repair({"--root", path("tree"), "--content"});
  EXPECT_THAT(outcome.out, HasSubstr("2 contents looked at, 0 wrong\n"));
}

TEST_F(Upkeep, SaysWhatItCannotRepairAndWhy) {
  fs::remove(stored("alpha"));
  fs::remove(path("tree/a.txt"));
  write("tree/b/same.txt", "alphA");
  Outcome outcome = repair({"--root", path("tree")});
  EXPECT_EQ(outcome.status, 12);
  EXPECT_THAT(outcome.out, HasSubstr("not repaired: " + key("alpha") + ": needed by 'a.txt' and 1 more: missing\n"));
  EXPECT_THAT(outcome.out, HasSubstr("/a.txt' is not there\n"));
  EXPECT_THAT(outcome.out, HasSubstr("/b/same.txt' has other bytes"));
  EXPECT_FALSE(fs::exists(stored("alpha")));
  outcome = repair({"--root", path("tree"), "--json"});
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document.at("unrepaired").at(0).at("reasons").size(), 2U);
  EXPECT_TRUE(document.at("repaired").empty());
}

TEST_F(Upkeep, RepairsFromAnotherStore) {
  fs::copy(path("store"), path("backup"), fs::copy_options::recursive);
  fs::remove(stored("alpha"));
  const Outcome outcome = repair({"--from", path("backup"), "--verbose"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("repaired " + key("alpha") + " from file://" + path("backup")));
  EXPECT_EQ(verify({"--content"}).status, 0);
  EXPECT_EQ(repair({"--from", path("store")}).status, 2) << "the store itself";
  EXPECT_EQ(repair().status, 2) << "neither a tree nor a store";
}

TEST_F(Upkeep, ListsObjects) {
  write("store/Manifests/x", "12345");
  Outcome outcome = ls();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("  " + key("alpha") + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr("           5  20"));
  EXPECT_THAT(outcome.out, HasSubstr("  Manifests/x\n3 objects, 14 B\n"));
  outcome = ls({"Manifests/"});
  EXPECT_THAT(outcome.out, Not(HasSubstr("Data/")));
  EXPECT_EQ(ls({"Data/", "--totals"}).out, "2 objects, 9 B\n");
}

TEST_F(Upkeep, ListsObjectsInPages) {
  write("store/Manifests/x", "12345");
  const Outcome first = ls({"--limit", "2", "--json"});
  const auto page = nlohmann::json::parse(first.out);
  EXPECT_EQ(page.at("count"), 2);
  EXPECT_EQ(page.at("more"), true);
  const Outcome second = ls({"--start-after", page.at("next").get<std::string>(), "--json"});
  const auto rest = nlohmann::json::parse(second.out);
  EXPECT_EQ(rest.at("count"), 1);
  EXPECT_EQ(rest.at("more"), false);
  EXPECT_EQ(rest.at("objects").at(0).at("key"), "Manifests/x");
  EXPECT_EQ(rest.at("objects").at(0).at("size"), 5);
  EXPECT_TRUE(rest.at("objects").at(0).contains("modified"));
  EXPECT_THAT(ls({"--limit", "2"}).out, HasSubstr("there are more: --start-after Data/"));
}

TEST_F(Upkeep, TakesNothingButACountForALimit) {
  for (const char* limit : {"-1", "99999999999999999999", "0x10", "1.5", "many", ""}) {
    const Outcome outcome = ls({"--limit", limit});
    EXPECT_EQ(outcome.status, 2) << limit;
    EXPECT_THAT(outcome.err, HasSubstr("--limit")) << limit;
  }
  for (int i = 0; i < 10; ++i) write("store/Many/" + std::to_string(i), "x");
  EXPECT_THAT(ls({"Many/", "--limit", "010"}).out, HasSubstr("10 objects"));
}

TEST_F(Upkeep, ListsMoreThanAPageAsOneDocument) {
  for (int i = 0; i < 2500; ++i) write("store/Many/" + std::to_string(10'000 + i), "x");
  const auto all = nlohmann::json::parse(ls({"Many/", "--json"}).out);
  EXPECT_EQ(all.at("count"), 2500);
  EXPECT_EQ(all.at("more"), false);
  ASSERT_EQ(all.at("objects").size(), 2500U);
  EXPECT_EQ(all.at("objects").at(2499).at("key"), "Many/12499");
  std::istringstream events(ls({"Many/", "--json-events"}).out);
  std::string line;
  std::string last;
  while (std::getline(events, line)) last = line;
  EXPECT_EQ(nlohmann::json::parse(last).at("result"), all) << "the same document";
}

TEST_F(Upkeep, RepairDividesTheLimitsAmongBothStores) {
  std::vector<StoreRequest> requests;
  const StoreFactory open = std::exchange(open_store, {});
  open_store = [&](const StoreRequest& request) {
    requests.push_back(request);
    return open(request);
  };
  fs::copy(path("store"), path("other"), fs::copy_options::recursive);
  fs::remove(stored("alpha"));
  const Outcome outcome =
      repair({"--from", path("other"), "--memory-budget", "30MiB", "--limit-rate", "100MiB", "--concurrency", "7"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(fs::exists(stored("alpha")));
  ASSERT_EQ(requests.size(), 2U);
  for (const StoreRequest& request : requests) {
    EXPECT_EQ(request.memory_budget, std::to_string(10 << 20));
    EXPECT_EQ(request.limit_rate, "100MiB");
    EXPECT_EQ(request.concurrency, 7U);
  }
  EXPECT_EQ(repair({"--from", path("other"), "--memory-budget", "much"}).status, 2);
}

TEST_F(Upkeep, ListsNoFurtherThanSomebodyReads) {
  for (int i = 0; i < 2500; ++i) write("store/Many/" + std::to_string(10'000 + i), "x");
  broken_output = true;  // as after `| head -1`
  EXPECT_EQ(ls({"Many/", "--log-file", path("log")}).status, 8);
  std::istringstream log(read("log"));
  std::string line;
  std::size_t listed = 0;
  while (std::getline(log, line)) listed += line.ends_with("Many/10999") || line.ends_with("Many/11000") ? 1 : 0;
  EXPECT_EQ(listed, 1U) << "the last of the first page, and not the first of the second";
}

TEST_F(Upkeep, FindsGarbageAndDeletesItOnlyWhenTold) {
  write("store/" + key("old"), "old");
  Outcome outcome = gc({"-m", manifest, "--older-than", "0s", "--verbose"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("2 objects, 9 B by 1 manifest kept\nGarbage: 1 object, 3 B\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Nothing was deleted"));
  EXPECT_THAT(outcome.err, HasSubstr("garbage: " + key("old")));
  EXPECT_TRUE(fs::exists(stored("old")));
  outcome = gc({"-m", manifest, "--delete"});
  EXPECT_THAT(outcome.out, HasSubstr("Too young to judge: 1 object, 3 B\nGarbage: 0 objects"));
  EXPECT_TRUE(fs::exists(stored("old")));
  outcome = gc({"-m", manifest, "--older-than", "0s", "--delete", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto document = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(document.at("objects").at(0).at("key"), key("old"));
  EXPECT_EQ(document.at("removed").at("bytes"), 3);
  EXPECT_EQ(document.at("named").at("objects"), 2);
  EXPECT_FALSE(fs::exists(stored("old")));
  EXPECT_TRUE(fs::exists(stored("alpha")));
}

TEST_F(Upkeep, KeepsWhatTheStoresOwnManifestsName) {
  write("store/" + key("old"), "old");
  fs::create_directories(path("store/Manifests/farm"));
  fs::copy(manifest, path("store/Manifests/farm/m_input"));
  const Outcome outcome = gc({"--all-manifests", "--older-than", "0s", "--delete"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(fs::exists(stored("old")));
  EXPECT_TRUE(fs::exists(stored("alpha")));
  EXPECT_THAT(gc({"-m", manifest}).err, HasSubstr("the store has manifests of its own, e.g. Manifests/farm/m_input"));
  EXPECT_THAT(gc({"-m", manifest, "--all-manifests"}).err, Not(HasSubstr("manifests of its own")));
}

TEST_F(Upkeep, CollectsNothingWithoutKnowingWhatToKeep) {
  EXPECT_EQ(gc({"--delete", "--older-than", "0s"}).status, 2);
  EXPECT_EQ(gc({"--delete", "--older-than", "0s", "--all-manifests"}).status, 2);
  EXPECT_EQ(gc({"-m", path("nothing"), "--delete", "--older-than", "0s"}).status, 4);
  write("store/Manifests/bad", "no manifest");
  const Outcome outcome = gc({"-m", manifest, "--all-manifests", "--delete", "--older-than", "0s"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("Manifests/bad"));
  EXPECT_EQ(gc({"-m", manifest, "--older-than", "soon"}).status, 2);
  EXPECT_TRUE(fs::exists(stored("alpha")));
}

}  // namespace
}  // namespace attache
