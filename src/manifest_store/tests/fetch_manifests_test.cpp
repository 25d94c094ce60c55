#include <attache/manifest_store/fetch_manifests.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FetchManifests : public ::testing::Test {
 protected:
  std::string document(const std::string& path) { return document_of(manifest_of({path})).value().bytes; }
  void add(const std::string& key, const std::string& path, const std::map<std::string, std::string>& metadata = {}) {
    store_text(*store, key, document(path), metadata);
  }
  Error refusal(std::string_view key, const FetchOptions& options = {}) {
    const auto one = fetch_manifest(*store, key, options, {});
    const auto many = fetch_manifests(*store, std::vector<ListedManifest>{{std::string(key), 1, {}}}, options, {});
    if (one || many) return {ErrorCode::kIo, "it was accepted"};
    EXPECT_EQ(one.error().to_string(), many.error().to_string());
    EXPECT_EQ(one.error().code(), many.error().code());
    return one.error();
  }

  std::unique_ptr<ObjectStore> store = make_memory_store({.name = "memory:store"});
};

TEST_F(FetchManifests, GivesWhatTheStoreSays) {
  add("Manifests/k", "é", {{"asset-root-json", "\"/\\u00e9\""}, {"file-system-location-name", "L"}});
  const FetchedManifest fetched = fetch_manifest(*store, "Manifests/k", {}, {}).value();
  EXPECT_EQ(fetched.key, "Manifests/k");
  EXPECT_THAT(paths_in(std::get<Manifest>(fetched.manifest)), ElementsAre("é"));
  EXPECT_EQ(fetched.hash, document_of(manifest_of({"é"})).value().hash);
  EXPECT_EQ(fetched.bytes, document("é").size());
  EXPECT_EQ(fetched.origin.asset_root, "/é");
  EXPECT_EQ(fetched.origin.location, "L");
  EXPECT_EQ(fetched.last_modified_us, store->head("Manifests/k", {}).value()->last_modified_us);
}

TEST_F(FetchManifests, KeepsTheOrderAndReportsProgress) {
  std::vector<ListedManifest> wanted;
  for (int i = 0; i < 50; ++i) {
    add("k" + std::to_string(i), "p" + std::to_string(i));
    wanted.push_back({"k" + std::to_string(49 - i), 0, {}});
  }
  std::vector<std::size_t> seen;
  FetchOptions options;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, 50U);
    seen.push_back(done);
  };
  const std::vector<FetchedManifest> fetched = fetch_manifests(*store, wanted, options, {}).value();
  ASSERT_EQ(fetched.size(), 50U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_THAT(paths_in(std::get<Manifest>(fetched[i].manifest)), ElementsAre("p" + std::to_string(49 - i)));
  }
  EXPECT_EQ(seen.size(), 50U);
  EXPECT_EQ(seen.back(), 50U);
  EXPECT_TRUE(fetch_manifests(*store, {}, {}, {}).value().empty());
}

TEST_F(FetchManifests, TakesOneRequestForEachFromAService) {
  FakeS3 s3;
  store = s3.store();
  std::vector<ListedManifest> wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string key = "k" + std::to_string(i);
    add(key, "p", {{"asset-root", "/r"}});
    wanted.push_back({key, document("p").size(), {}});
  }
  const std::size_t before = s3.transport().requests().size();
  const std::vector<FetchedManifest> fetched = fetch_manifests(*store, wanted, {}, {}).value();
  EXPECT_EQ(s3.transport().requests().size() - before, 20U);
  for (const FetchedManifest& each : fetched) {
    EXPECT_EQ(each.origin.asset_root, "/r");
    EXPECT_EQ(each.last_modified_us.has_value(), store->head(each.key, {}).value()->last_modified_us.has_value());
  }
}

TEST_F(FetchManifests, NamesWhatIsMissing) {
  const Error error = refusal("Manifests/none");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr("memory:store/Manifests/none"));
}

TEST_F(FetchManifests, NamesWhatIsNoManifest) {
  store_text(*store, "k1", "not JSON");
  store_text(*store, "k2", R"({"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[],"totalSize":0})");
  store_text(*store, "k3", "");
  for (const std::string_view key : {"k1", "k2", "k3"}) {
    const Error error = refusal(key);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidManifest) << error.to_string();
    EXPECT_THAT(error.message(), HasSubstr("memory:store/" + std::string(key)));
  }
}

TEST_F(FetchManifests, NamesAManifestOfAnUnknownVersion) {
  store_text(*store, "k", R"({"manifestVersion":"2025-12-04-beta","dirs":[],"files":[]})");
  const Error error = refusal("k");
  EXPECT_THAT(error.message(), HasSubstr("2025-12-04-beta"));
  EXPECT_THAT(error.message(), HasSubstr("memory:store/k"));
}

TEST_F(FetchManifests, NamesBrokenMetadata) {
  add("k", "p", {{"asset-root-json", "not JSON"}});
  const Error error = refusal("k");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(error.message(), HasSubstr("memory:store/k"));
  EXPECT_THAT(error.message(), HasSubstr("not JSON"));
}

TEST_F(FetchManifests, RefusesWhatIsTooLarge) {
  add("k", "a long path that makes the manifest long");
  FetchOptions options;
  options.limits.manifest_bytes = 100;
  const Error error = refusal("k", options);
  EXPECT_EQ(error.code(), ErrorCode::kInvalidManifest);
  EXPECT_THAT(error.message(), HasSubstr("100 B"));
  EXPECT_THAT(error.message(), HasSubstr("memory:store/k"));
}

TEST_F(FetchManifests, RefusesTooMuchTogether) {
  add("k1", "a");
  add("k2", "b");
  FetchOptions options;
  options.limits.total_bytes = document("a").size() + 1;
  const auto refused = fetch_manifests(*store, std::vector<ListedManifest>{{"k1"}, {"k2"}}, options, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
  options.limits.total_bytes += document("b").size();
  EXPECT_TRUE(fetch_manifests(*store, std::vector<ListedManifest>{{"k1"}, {"k2"}}, options, {}));
}

TEST_F(FetchManifests, EndsWithTheFirstFailure) {
  std::vector<ListedManifest> wanted{{"none", 0, {}}};
  for (int i = 0; i < 10; ++i) {
    add("k" + std::to_string(i), "p");
    wanted.push_back({"k" + std::to_string(i), 0, {}});
  }
  std::size_t calls = 0;
  FetchOptions options;
  options.progress = [&](std::size_t, std::size_t) { ++calls; };
  EXPECT_FALSE(fetch_manifests(*store, wanted, options, {}));
  EXPECT_EQ(calls, 0U) << "a store that takes one after the other begins no other";
}

TEST_F(FetchManifests, EndsWhenItIsCancelled) {
  add("k", "p");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(fetch_manifest(*store, "k", {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(fetch_manifests(*store, std::vector<ListedManifest>{{"k"}}, {}, stop.get_token()).error().code(),
            ErrorCode::kCancelled);
}

TEST_F(FetchManifests, ComparesHashes) {
  add("k", "p");
  const FetchedManifest fetched = fetch_manifest(*store, "k", {}, {}).value();
  EXPECT_TRUE(check_hash(fetched, fetched.hash.to_hex(), *store));
  for (const std::string& stated :
       std::vector<std::string>{Digest().to_hex(), std::string("nonsense"), std::string()}) {
    const Status refused = check_hash(fetched, stated, *store);
    ASSERT_FALSE(refused) << stated;
    EXPECT_EQ(refused.error().code(), ErrorCode::kIntegrity);
  }
}

}  // namespace
}  // namespace attache::testing
