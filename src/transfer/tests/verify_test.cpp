#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/verify.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace attache {
namespace {

const std::vector<TestFile> kFiles{{"a", "alpha"}, {"b/same", "alpha"}, {"b/beta", "beta"}, {"c", "gamma"}, {"e", ""}};

class VerifyTest : public testing::Test {
 protected:
  VerifyTest() { store_contents(*store, kFiles); }

  VerifyReport verify(bool content) {
    auto report = verify_manifest(AnyManifest(manifest_of(kFiles)), *store, {.content = content}, {});
    if (!report) throw std::runtime_error(report.error().to_string());
    return *std::move(report);
  }
  static std::string key(const char* content) { return data_key(xxh128(content)); }

  std::unique_ptr<ObjectStore> store = make_memory_store();
};

TEST_F(VerifyTest, FindsNothingWrongWithAWholeStore) {
  for (const bool content : {false, true}) {
    const VerifyReport report = verify(content);
    EXPECT_TRUE(report.good());
    EXPECT_EQ(report.contents, 4U);
    EXPECT_EQ(report.bytes, 14U);
    EXPECT_EQ(report.good_contents, 4U);
    EXPECT_EQ(report.good_bytes, 14U);
    EXPECT_EQ(report.legacy_contents, 0U);
    EXPECT_EQ(report.requests, 4U);
  }
}

TEST_F(VerifyTest, NamesWhatIsMissingWithThePathsThatNeedIt) {
  must(store->remove(key("alpha"), {}));
  for (const bool content : {false, true}) {
    const VerifyReport report = verify(content);
    ASSERT_EQ(report.faults.size(), 1U);
    const FaultyContent& fault = report.faults[0];
    EXPECT_EQ(fault.fault, ContentFault::kMissing);
    EXPECT_EQ(fault.hash, xxh128("alpha"));
    EXPECT_EQ(fault.size, 5U);
    EXPECT_EQ(fault.key, key("alpha"));
    ASSERT_EQ(fault.uses.size(), 2U);
    EXPECT_EQ(fault.uses[0].path, "a");
    EXPECT_EQ(fault.uses[1].path, "b/same");
    EXPECT_EQ(report.good_contents, 3U);
  }
}

TEST_F(VerifyTest, FindsAnotherSize) {
  put_text(*store, key("beta"), "longer than beta");
  for (const bool content : {false, true}) {
    const VerifyReport report = verify(content);
    ASSERT_EQ(report.faults.size(), 1U);
    EXPECT_EQ(report.faults[0].fault, ContentFault::kWrongSize);
    EXPECT_EQ(report.faults[0].found_size, 16U);
  }
}

TEST_F(VerifyTest, FindsOtherBytesOnlyIfItReadsThem) {
  put_text(*store, key("gamma"), "gamme");
  EXPECT_TRUE(verify(false).good());
  const VerifyReport report = verify(true);
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].fault, ContentFault::kWrongContent);
  EXPECT_NE(report.faults[0].detail.find(xxh128("gamme").to_hex()), std::string::npos);
  EXPECT_EQ(report.faults[0].uses.at(0).path, "c");
}

TEST_F(VerifyTest, TakesTheOldKeyForGood) {
  must(store->remove(key("gamma"), {}));
  put_text(*store, legacy_data_key(xxh128("gamma")), "gamma");
  for (const bool content : {false, true}) {
    const VerifyReport report = verify(content);
    EXPECT_TRUE(report.good());
    EXPECT_EQ(report.legacy_contents, 1U);
  }
  put_text(*store, legacy_data_key(xxh128("gamma")), "gamme");
  EXPECT_EQ(verify(true).faults.at(0).key, legacy_data_key(xxh128("gamma")));
}

TEST_F(VerifyTest, ReadsLargeObjectsAndChunks) {
  const std::string large(9 << 20, 'x');
  const std::string rest = "the rest";
  const std::vector<Digest> chunks{xxh128(large), xxh128(rest)};
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("film", FileData::chunked(chunks, large.size() + rest.size(), 1)));
  const AnyManifest manifest(std::move(builder).build().value());
  put_text(*store, data_key(chunks[0]), large);
  put_text(*store, data_key(chunks[1]), rest);
  Progress last;
  const VerifyOptions options{
      .chunk_size = large.size(), .content = true, .progress = [&](const Progress& progress) { last = progress; }};
  EXPECT_TRUE(verify_manifest(manifest, *store, options, {}).value().good());
  EXPECT_EQ(last.files_done, 2U);
  EXPECT_EQ(last.bytes_done, large.size() + rest.size());
  EXPECT_EQ(last.bytes_total, last.bytes_done);
  put_text(*store, data_key(chunks[0]), large.substr(1) + "y");
  const VerifyReport report = verify_manifest(manifest, *store, options, {}).value();
  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(report.faults[0].fault, ContentFault::kWrongContent);
  EXPECT_EQ(report.faults[0].uses.at(0).path, "film");
  EXPECT_TRUE(report.faults[0].uses.at(0).is_chunk);
}

TEST_F(VerifyTest, SaysWhatADirectoryDoesNotGive) {
  const TemporaryDirectory directory;
  store = make_directory_store({.path = directory.path()});
  store_contents(*store, kFiles);
  const std::string file = directory.path() + "/" + key("beta");
  ASSERT_EQ(::truncate(file.c_str(), 1), 0);
  ASSERT_EQ(::unlink((directory.path() + "/" + key("gamma")).c_str()), 0);
  const VerifyReport report = verify(true);
  ASSERT_EQ(report.faults.size(), 2U);
}

TEST_F(VerifyTest, EndsWithAnErrorByWhichNothingCanBeSaid) {
  WatchedStore broken(*store, [](const std::string& call, const std::string&) -> Status {
    if (call == "get" || call == "head") return fail(ErrorCode::kUnauthenticated, "who are you?");
    return {};
  });
  for (const bool content : {false, true}) {
    const auto report = verify_manifest(AnyManifest(manifest_of(kFiles)), broken, {.content = content}, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::kUnauthenticated);
  }
}

TEST_F(VerifyTest, EndsWhenItIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  for (const bool content : {false, true}) {
    const auto report =
        verify_manifest(AnyManifest(manifest_of(kFiles)), *store, {.content = content}, stop.get_token());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  }
}

TEST_F(VerifyTest, ReadsEachContentOfSeveralManifestsOnce) {
  std::vector<AnyManifest> manifests;
  manifests.emplace_back(manifest_of(kFiles));
  manifests.emplace_back(manifest_of({{"other", "alpha"}}));
  must(store->remove(key("alpha"), {}));
  WatchedStore watched(*store, {});
  const VerifyReport report = verify_manifests(manifests, watched, {.content = true}, {}).value();
  EXPECT_EQ(watched.calls().size(), 5U) << "four contents, and the old key of the one that is missing";
  ASSERT_EQ(report.faults.size(), 1U);
  ASSERT_EQ(report.faults[0].uses.size(), 3U);
  EXPECT_EQ(report.faults[0].uses[2].manifest, 1U);
  EXPECT_EQ(report.faults[0].uses[2].path, "other");
}

}  // namespace
}  // namespace attache
