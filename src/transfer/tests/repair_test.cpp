#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/repair.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

namespace fs = std::filesystem;

const std::vector<TestFile> kFiles{{"a", "alpha"}, {"b/same", "alpha"}, {"b/beta", "beta"}, {"c", "gamma"}};

class RepairTest : public testing::Test {
 protected:
  RepairTest() {
    manifests.emplace_back(manifest_of(kFiles));
    store_contents(*store, kFiles);
    write_tree(directory.path(), kFiles);
  }

  Result<RepairReport> repair(RepairOptions options) {
    options.verify.content = true;
    return repair_manifests(manifests, *store, options, {});
  }
  RepairReport repair_from_tree() {
    auto report = repair({.root = directory.path()});
    if (!report) throw std::runtime_error(report.error().to_string());
    return *std::move(report);
  }
  bool is_good() { return verify_manifests(manifests, *store, {.content = true}, {}).value().good(); }
  static std::string key(const char* content) { return data_key(xxh128(content)); }
  fs::path path(const char* name) const { return fs::path(directory.path()) / name; }

  TemporaryDirectory directory;
  std::unique_ptr<ObjectStore> store = make_memory_store();
  std::unique_ptr<ObjectStore> other = make_memory_store({.name = "other:"});
  std::vector<AnyManifest> manifests;
};

TEST_F(RepairTest, SendsAgainWhatIsMissingOrWrong) {
  must(store->remove(key("alpha"), {}));
  put_text(*store, key("beta"), "bet");
  put_text(*store, key("gamma"), "gamme");
  const RepairReport report = repair_from_tree();
  EXPECT_EQ(report.found.faults.size(), 3U);
  EXPECT_EQ(report.repaired.size(), 3U);
  EXPECT_TRUE(report.unrepaired.empty());
  EXPECT_EQ(report.bytes_sent, 14U);
  EXPECT_TRUE(is_good());
}

TEST_F(RepairTest, LeavesAWholeStoreAlone) {
  WatchedStore watched(*store, {});
  const auto report =
      repair_manifests(manifests, watched, {.verify = {.content = true}, .root = directory.path()}, {}).value();
  EXPECT_TRUE(report.repaired.empty());
  for (const std::string& call : watched.calls()) EXPECT_FALSE(call.starts_with("put")) << call;
}

TEST_F(RepairTest, TakesAnotherFileOfTheSameContent) {
  must(store->remove(key("alpha"), {}));
  write_tree(directory.path(), {{"a", "alpho"}});  // of the right size
  const RepairReport report = repair_from_tree();
  ASSERT_EQ(report.repaired.size(), 1U);
  EXPECT_NE(report.repaired[0].source.find("b/same"), std::string::npos) << report.repaired[0].source;
  EXPECT_TRUE(is_good());
}

TEST_F(RepairTest, NeverStoresOtherBytesAndSaysWhatItTried) {
  must(store->remove(key("alpha"), {}));
  must(store->remove(key("beta"), {}));
  write_tree(directory.path(), {{"a", "alpho"}, {"b/beta", "longer"}});
  fs::remove(path("b/same"));
  const RepairReport report = repair_from_tree();
  EXPECT_TRUE(report.repaired.empty());
  ASSERT_EQ(report.unrepaired.size(), 2U);
  std::string reasons;
  for (const UnrepairedContent& content : report.unrepaired) {
    for (const std::string& reason : content.reasons) reasons += reason + "\n";
  }
  EXPECT_NE(reasons.find("/a' has other bytes"), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("/b/same' is not there"), std::string::npos) << reasons;
  EXPECT_NE(reasons.find("is 6 bytes long, the manifest says 4"), std::string::npos) << reasons;
  EXPECT_EQ(keys_of(*store), std::vector<std::string>{key("gamma")});
}

TEST_F(RepairTest, FetchesFromAnotherStore) {
  must(store->remove(key("alpha"), {}));
  must(store->remove(key("beta"), {}));
  put_text(*other, key("alpha"), "alpha");
  put_text(*other, legacy_data_key(xxh128("beta")), "beta");
  const auto report = repair({.from = other.get()});
  ASSERT_TRUE(report) << report.error().to_string();
  ASSERT_EQ(report->repaired.size(), 2U);
  EXPECT_TRUE(report->repaired[0].source.starts_with("other:/Data/"));
  EXPECT_TRUE(is_good());
}

TEST_F(RepairTest, DoesNotBelieveAnotherStore) {
  must(store->remove(key("alpha"), {}));
  must(store->remove(key("beta"), {}));
  must(store->remove(key("gamma"), {}));
  put_text(*other, key("alpha"), "alpho");
  put_text(*other, key("beta"), "longer");
  const auto report = repair({.from = other.get()});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->repaired.empty());
  ASSERT_EQ(report->unrepaired.size(), 3U);
  for (const UnrepairedContent& content : report->unrepaired) EXPECT_EQ(content.reasons.size(), 1U);
  EXPECT_TRUE(keys_of(*store).empty());
}

TEST_F(RepairTest, AsksTheOtherStoreForWhatTheTreeDoesNotHave) {
  must(store->remove(key("gamma"), {}));
  put_text(*other, key("gamma"), "gamma");
  fs::remove(path("c"));
  const auto report = repair({.root = directory.path(), .from = other.get()});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->repaired.size(), 1U);
  EXPECT_TRUE(is_good());
}

TEST_F(RepairTest, RepairsChunks) {
  const std::string one = std::string(9 << 20, '1');
  const std::string two = "two";
  const std::vector<Digest> chunks{xxh128(one), xxh128(two)};
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("film", FileData::chunked(chunks, one.size() + two.size(), 1)));
  manifests.clear();
  manifests.emplace_back(std::move(builder).build().value());
  write_tree(directory.path(), {{"film", one + two}});
  RepairOptions options{.verify = {.chunk_size = one.size(), .content = true}, .root = directory.path()};
  const auto report = repair_manifests(manifests, *store, options, {}).value();
  EXPECT_EQ(report.repaired.size(), 2U);
  EXPECT_EQ(store->head(data_key(chunks[1]), {}).value().value().size, 3U);
  // And large ones from store to store, in blocks.
  std::swap(store, other);
  options.root.clear();
  options.from = other.get();
  EXPECT_EQ(repair_manifests(manifests, *store, options, {}).value().repaired.size(), 2U);
  EXPECT_TRUE(verify_manifests(manifests, *store, options.verify, {}).value().good());
}

TEST_F(RepairTest, FindsTheFilesOfAbsolutePathsBelowTheRootOfAll) {
  TreeBuilder<AbsSnapshot> builder;
  must(builder.add_file(path("c").string(), FileData::hashed(xxh128("gamma"), 5, 1)));
  manifests.clear();
  manifests.emplace_back(std::move(builder).build().value());
  must(store->remove(key("gamma"), {}));
  const RepairReport elsewhere = repair_from_tree();
  ASSERT_EQ(elsewhere.unrepaired.size(), 1U);
  EXPECT_NE(elsewhere.unrepaired[0].reasons.at(0).find("below '/'"), std::string::npos);
  const auto report = repair({.root = "/"});
  ASSERT_TRUE(report) << report.error().to_string();
  ASSERT_EQ(report->repaired.size(), 1U);
  EXPECT_EQ(report->repaired[0].source, path("c").string());
  EXPECT_TRUE(is_good());
}

TEST_F(RepairTest, EndsWithAnErrorOfTheStoreItself) {
  must(store->remove(key("alpha"), {}));
  WatchedStore full(*store, [](const std::string& call, const std::string&) -> Status {
    if (call == "put") return fail(ErrorCode::kNoSpace, "full");
    return {};
  });
  const auto report = repair_manifests(manifests, full, {.verify = {.content = true}, .root = directory.path()}, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNoSpace);
}

TEST_F(RepairTest, EndsIfTheOtherStoreCannotBeReached) {
  must(store->remove(key("alpha"), {}));
  WatchedStore away(*other, [](const std::string&, const std::string&) -> Status {
    return fail(ErrorCode::kNetwork, "no connection");
  });
  const auto report = repair({.from = &away});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNetwork);
}

TEST_F(RepairTest, NeedsSomethingToRepairFrom) {
  const auto report = repair({});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(RepairTest, IsDurableBeforeItReportsSuccess) {
  must(store->remove(key("alpha"), {}));
  WatchedStore watched(*store, {});
  ASSERT_TRUE(repair_manifests(manifests, watched, {.verify = {.content = true}, .root = directory.path()}, {}));
  EXPECT_EQ(watched.calls().back(), "make_durable ");
}

}  // namespace
}  // namespace attache
