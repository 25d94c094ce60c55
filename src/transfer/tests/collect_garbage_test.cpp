#include <attache/hash/xxh3.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/transfer/collect_garbage.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace attache {
namespace {

using namespace std::chrono_literals;

class GarbageTest : public ::testing::Test {
 protected:
  GarbageTest() {
    manifests.emplace_back(manifest_of({{"a", "alpha"}, {"b", "beta"}}));
    for (const char* content : {"alpha", "beta", "old", "older"}) put_text(*store, key(content), content);
  }

  static std::string key(const char* content) { return data_key(xxh128(content)); }

  GarbageOptions options(bool remove) {
    GarbageOptions made;
    made.manifests = manifests;
    made.remove = remove;
    made.clock = [] { return std::chrono::system_clock::now() + 48h; };
    return made;
  }
  std::vector<std::string> contents() {
    std::vector<std::string> keys;
    for (const std::string& each : keys_of(*store)) {
      if (each.starts_with("Data/")) keys.push_back(each);
    }
    return keys;
  }
  static std::vector<std::string> sorted(std::vector<std::string> keys) {
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  std::unique_ptr<ObjectStore> store = make_memory_store();
  std::vector<AnyManifest> manifests;
};

TEST_F(GarbageTest, OnlySaysWhatWouldBeRemoved) {
  std::vector<std::string> told;
  GarbageOptions dry = options(false);
  dry.garbage = [&](const ObjectInfo& object) { told.push_back(object.key); };
  const GarbageReport report = collect_garbage(*store, dry, {}).value();
  EXPECT_EQ(report.hashes, 2U);
  EXPECT_EQ(report.named.objects, 2U);
  EXPECT_EQ(report.named.bytes, 9U);
  EXPECT_EQ(report.garbage.objects, 2U);
  EXPECT_EQ(report.garbage.bytes, 8U);
  EXPECT_EQ(report.removed.objects, 0U);
  EXPECT_EQ(told, sorted({key("old"), key("older")}));
  EXPECT_EQ(contents().size(), 4U);
}

TEST_F(GarbageTest, RemovesWhatNoManifestNames) {
  const GarbageReport report = collect_garbage(*store, options(true), {}).value();
  EXPECT_EQ(report.removed.objects, 2U);
  EXPECT_EQ(report.removed.bytes, 8U);
  EXPECT_TRUE(report.failures.empty());
  EXPECT_EQ(contents(), sorted({key("alpha"), key("beta")}));
}

TEST_F(GarbageTest, PassesOverFoldersThatAConsoleHasMade) {
  testing::FakeS3 s3;
  for (const char* folder : {"root/", "root/Data/", "root/Manifests/", "root/Manifests/farm/"}) s3.add(folder, "");
  store = s3.store();
  put_text(*store, key("alpha"), "alpha");
  put_text(*store, key("old"), "old");
  put_text(*store, "Manifests/farm/m", encode_manifest(manifests[0]).value());
  GarbageOptions all = options(true);
  all.manifests = {};
  all.all_manifests = true;
  const auto report = collect_garbage(*store, all, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->store_manifests, 1U);
  EXPECT_EQ(report->removed.objects, 1U);
  EXPECT_EQ(report->foreign.objects, 1U);
  store.reset();
}

TEST_F(GarbageTest, KeepsWhatIsYoung) {
  GarbageOptions now = options(true);
  now.clock = std::chrono::system_clock::now;
  const GarbageReport report = collect_garbage(*store, now, {}).value();
  EXPECT_EQ(report.young.objects, 2U);
  EXPECT_EQ(report.garbage.objects, 0U);
  EXPECT_EQ(contents().size(), 4U);
}

TEST_F(GarbageTest, TouchesNothingThatIsNoContent) {
  put_text(*store, "Data/notes.txt", "x");
  put_text(*store, "Data/0123.xxh128", "x");
  put_text(*store, key("old") + ".bak", "x");
  put_text(*store, "Other/" + xxh128("old").to_hex() + ".xxh128", "x");
  put_text(*store, legacy_data_key(xxh128("ancient")), "ancient");
  put_text(*store, legacy_data_key(xxh128("alpha")), "alpha");
  const GarbageReport report = collect_garbage(*store, options(true), {}).value();
  EXPECT_EQ(report.foreign.objects, 3U);
  EXPECT_EQ(report.removed.objects, 3U) << "two, and one with an old key";
  EXPECT_TRUE(store->head(legacy_data_key(xxh128("alpha")), {}).value());
  EXPECT_FALSE(store->head(legacy_data_key(xxh128("ancient")), {}).value());
  EXPECT_TRUE(store->head("Other/" + xxh128("old").to_hex() + ".xxh128", {}).value());
}

TEST_F(GarbageTest, KeepsWhatManifestsInTheStoreName) {
  put_text(*store, "Manifests/farm/queue/Inputs/guid/x_input",
           encode_manifest(AnyManifest(manifest_of({{"o", "old"}}))).value());
  const std::vector<Digest> chunks{xxh128("alpha"), xxh128("older")};
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("film", FileData::chunked(chunks, kDefaultChunkSize + 1, 1)));
  put_text(*store, "Manifests/y", encode_manifest(AnyManifest(std::move(builder).build().value())).value());
  GarbageOptions all = options(true);
  all.manifests = {};
  all.all_manifests = true;
  const GarbageReport report = collect_garbage(*store, all, {}).value();
  EXPECT_EQ(report.store_manifests, 2U);
  EXPECT_EQ(report.hashes, 3U);
  EXPECT_EQ(contents(), sorted({key("alpha"), key("old"), key("older")}));
}

TEST_F(GarbageTest, DoesNothingIfAManifestCannotBeRead) {
  put_text(*store, "Manifests/good", encode_manifest(AnyManifest(manifest_of({{"o", "old"}}))).value());
  put_text(*store, "Manifests/farm/bad", "{\"manifestVersion\":");
  GarbageOptions all = options(true);
  all.all_manifests = true;
  const auto report = collect_garbage(*store, all, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidManifest);
  EXPECT_NE(report.error().message().find("Manifests/farm/bad"), std::string::npos) << report.error().message();
  EXPECT_EQ(contents().size(), 4U);
  must(store->remove("Manifests/farm/bad", {}));
  WatchedStore unreadable(*store, [](const std::string& call, const std::string& name) -> Status {
    if (call == "get" && name.ends_with("good")) return fail(ErrorCode::kPermissionDenied, "not for you");
    return {};
  });
  EXPECT_EQ(collect_garbage(unreadable, all, {}).error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(contents().size(), 4U);
}

TEST_F(GarbageTest, RefusesToEmptyAStore) {
  GarbageOptions none = options(true);
  none.manifests = {};
  EXPECT_EQ(collect_garbage(*store, none, {}).error().code(), ErrorCode::kInvalidArgument);
  none.all_manifests = true;
  EXPECT_EQ(collect_garbage(*store, none, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(contents().size(), 4U);
}

TEST_F(GarbageTest, SavesWhatAManifestNamesThatCameMeanwhile) {
  GarbageOptions all = options(true);
  all.all_manifests = true;
  WatchedStore racing(*store, [this](const std::string& call, const std::string& prefix) -> Status {
    if (call == "list" && prefix == "Data/") {
      put_text(*store, "Manifests/new", encode_manifest(AnyManifest(manifest_of({{"o", "old"}}))).value());
    }
    return {};
  });
  const GarbageReport report = collect_garbage(racing, all, {}).value();
  EXPECT_EQ(report.saved.objects, 1U);
  EXPECT_EQ(report.removed.objects, 1U);
  EXPECT_TRUE(store->head(key("old"), {}).value());
}

TEST_F(GarbageTest, ReadsAManifestAgainThatWasReplaced) {
  put_text(*store, "Manifests/m", encode_manifest(AnyManifest(manifest_of({{"o", "older"}}))).value());
  GarbageOptions all = options(true);
  all.all_manifests = true;
  WatchedStore racing(*store, [this](const std::string& call, const std::string& prefix) -> Status {
    if (call == "list" && prefix == "Data/") {
      put_text(*store, "Manifests/m", encode_manifest(AnyManifest(manifest_of({{"o", "old"}}))).value());
    }
    return {};
  });
  EXPECT_EQ(collect_garbage(racing, all, {}).value().saved.objects, 1U);
}

TEST_F(GarbageTest, ReportsWhatCouldNotBeRemoved) {
  class Stubborn final : public ObjectStore {
   public:
    explicit Stubborn(ObjectStore& inner, std::string key) : inner_(inner), key_(std::move(key)) {}
    std::string root_uri() const override { return inner_.root_uri(); }
    Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
      return inner_.head(key, std::move(stop));
    }
    Status put(std::string_view key, ObjectSource& source, const PutOptions& put, std::stop_token stop) override {
      return inner_.put(key, source, put, std::move(stop));
    }
    Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& get,
                                          std::stop_token stop) override {
      return inner_.get(key, sink, get, std::move(stop));
    }
    Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& copy,
                      std::stop_token stop) override {
      return inner_.copy(from, to, copy, std::move(stop));
    }
    Result<ListPage> list(std::string_view prefix, const ListOptions& list, std::stop_token stop) override {
      return inner_.list(prefix, list, std::move(stop));
    }
    Status remove(std::string_view key, std::stop_token stop) override { return inner_.remove(key, std::move(stop)); }
    Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
      std::vector<std::string> others;
      std::vector<KeyFailure> failures;
      for (const std::string& key : keys) {
        if (key == key_) {
          failures.push_back({key, Error(ErrorCode::kPermissionDenied, "it is locked")});
        } else {
          others.push_back(key);
        }
      }
      if (const auto removed = inner_.remove_all(others, std::move(stop)); !removed) return fail(removed.error());
      return failures;
    }
    Status make_durable(std::stop_token stop) override { return inner_.make_durable(std::move(stop)); }

   private:
    ObjectStore& inner_;
    const std::string key_;
  };
  Stubborn stubborn(*store, key("older"));
  const GarbageReport report = collect_garbage(stubborn, options(true), {}).value();
  EXPECT_EQ(report.garbage.objects, 2U);
  EXPECT_EQ(report.removed.objects, 1U);
  EXPECT_EQ(report.removed.bytes, 3U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].key, key("older"));
}

TEST_F(GarbageTest, EndsWhenItIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(collect_garbage(*store, options(true), stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(contents().size(), 4U);
}

}  // namespace
}  // namespace attache
