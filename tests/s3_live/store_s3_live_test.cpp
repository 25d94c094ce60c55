// The contract of ObjectStore, and what a fake cannot show, against a real S3 server:
//   ATTACHE_TEST_S3_ENDPOINT    its URL; without it everything here is skipped
//   ATTACHE_TEST_S3_BUCKET      an existing bucket; every test uses a prefix of its own and removes what it stored
//   ATTACHE_TEST_S3_ACCESS_KEY, ATTACHE_TEST_S3_SECRET_KEY
//   ATTACHE_TEST_S3_REGION      us-east-1 if not set
//   ATTACHE_TEST_S3_ACCOUNT     account id for x-amz-expected-bucket-owner; not sent if not set
//   ATTACHE_TEST_S3_UPLOADS     "by key" for a server that lists unfinished uploads for a whole key only
//   ATTACHE_TEST_S3_CA_BUNDLE   PEM file to trust instead of the system's, for an https endpoint

#include <attache/store/s3_admin.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace attache::testing {
namespace {

std::string variable(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

bool is_configured() {
  return !variable("ATTACHE_TEST_S3_ENDPOINT").empty();
}

Credentials live_credentials() {
  return {variable("ATTACHE_TEST_S3_ACCESS_KEY"), variable("ATTACHE_TEST_S3_SECRET_KEY"), "",
          variable("ATTACHE_TEST_S3_ACCOUNT"), std::nullopt};
}

/// Nobody else's: other runs may use the same bucket.
std::string fresh_prefix() {
  static std::atomic<int> count = 0;
  return "attache-test-" + std::to_string(std::random_device{}()) + "-" + std::to_string(::getpid()) + "-" +
         std::to_string(++count);
}

class LiveStore final : public StoreUnderTest {
 public:
  explicit LiveStore(Credentials credentials = live_credentials(),
                     const std::string& bucket = variable("ATTACHE_TEST_S3_BUCKET"),
                     const S3StoreOptions& changes = S3StoreOptions())
      : credentials_(std::move(credentials)), options_(changes) {
    HttpTransportOptions http;
    http.ca_bundle = variable("ATTACHE_TEST_S3_CA_BUNDLE");
    transport_ = make_curl_transport(http);
    settings_.endpoint_url = variable("ATTACHE_TEST_S3_ENDPOINT");
    settings_.region = variable("ATTACHE_TEST_S3_REGION", "us-east-1");
    options_.bucket = bucket;
    options_.prefix = fresh_prefix();
    options_.retry.base_delay = std::chrono::milliseconds(20);
    store_ = made(make_s3_store(options_, settings_, *transport_, credentials_));
    admin_ = made(make_s3_admin(options_, settings_, *transport_, credentials_));
  }

  ~LiveStore() override {
    for (;;) {
      const Result<ListPage> page = store_->list("", {}, {});
      if (!page || page->objects.empty()) return;
      std::vector<std::string> keys;
      for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
      const auto failures = store_->remove_all(keys, {});
      if (!failures || !failures->empty()) return;
    }
  }

  ObjectStore& store() override { return *store_; }
  S3Admin& admin() { return *admin_; }

 private:
  template <typename T>
  static std::unique_ptr<T> made(Result<std::unique_ptr<T>> result) {
    if (result) return std::move(result).value();
    ADD_FAILURE() << result.error().to_string();
    std::abort();
  }

  StaticCredentials credentials_;
  S3StoreOptions options_;
  AwsSettings settings_;
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<S3Admin> admin_;
};

INSTANTIATE_TEST_SUITE_P(Live, ObjectStoreContract,
                         ::testing::Values(ObjectStoreFactory{"live S3",
                                                              []() -> std::unique_ptr<StoreUnderTest> {
                                                                if (!is_configured()) return nullptr;
                                                                return std::make_unique<LiveStore>();
                                                              },
                                                              1100}));

class LiveS3 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_configured()) GTEST_SKIP() << "ATTACHE_TEST_S3_ENDPOINT is not set";
  }

  static Error error_of_put(ObjectStore& store) {
    MemorySource source({});
    const Status status = store.put("Data/x", source, {}, {});
    return status ? Error(ErrorCode::kService, "it was stored") : status.error();
  }
};

TEST_F(LiveS3, TellsAWrongSecretFromAnUnknownKey) {
  Credentials wrong_secret = live_credentials();
  wrong_secret.secret_access_key += "x";
  LiveStore first(wrong_secret);
  const Error refused = error_of_put(first.store());
  EXPECT_EQ(refused.code(), ErrorCode::kUnauthenticated) << refused.to_string();
  EXPECT_NE(refused.remedy().find("secret access key"), std::string::npos) << refused.to_string();
  EXPECT_EQ(refused.to_string().find(wrong_secret.secret_access_key), std::string::npos);

  Credentials unknown = live_credentials();
  unknown.access_key_id = "AKIAUNKNOWNUNKNOWN00";
  LiveStore second(unknown);
  const Error stranger = error_of_put(second.store());
  EXPECT_EQ(stranger.code(), ErrorCode::kUnauthenticated) << stranger.to_string();
  EXPECT_NE(stranger.message().find("does not know this access key"), std::string::npos) << stranger.to_string();
}

TEST_F(LiveS3, NamesABucketThatDoesNotExist) {
  LiveStore live(live_credentials(), "attache-no-such-bucket");
  const Error error = error_of_put(live.store());
  EXPECT_EQ(error.code(), ErrorCode::kNotFound) << error.to_string();
  EXPECT_NE(error.message().find("attache-no-such-bucket"), std::string::npos) << error.to_string();
}

TEST_F(LiveS3, HasTheServerRefuseABucketOfAnotherOwner) {
  if (variable("ATTACHE_TEST_S3_ACCOUNT").empty()) GTEST_SKIP() << "ATTACHE_TEST_S3_ACCOUNT is not set";
  Credentials other = live_credentials();
  other.account_id = "999999999999";
  LiveStore live(other);
  const Error error = error_of_put(live.store());
  EXPECT_EQ(error.code(), ErrorCode::kPermissionDenied) << error.to_string();
}

// --- what only S3 has ---

using Tags = std::map<std::string, std::string>;

S3StoreOptions small_parts() {
  S3StoreOptions options;
  options.multipart_threshold = 5 * kMiB;
  options.part_bytes = 5 * kMiB;
  options.max_copy_bytes = 5 * kMiB;
  options.copy_part_bytes = 5 * kMiB;
  return options;
}

Status put(ObjectStore& store, std::string_view key, std::string_view content, const PutOptions& options = {}) {
  MemorySource source(std::as_bytes(std::span(content)));
  return store.put(key, source, options, {});
}

std::string message_of(const Status& status) {
  return status ? "ok" : status.error().to_string();
}

TEST_F(LiveS3, KeepsTagsOfUploadsAndChangesThem) {
  LiveStore live(live_credentials(), variable("ATTACHE_TEST_S3_BUCKET"), small_parts());
  const Tags tags = {{"project", "a b"}, {"shot", "x/1+2=3"}, {"empty", ""}};
  const PutOptions options{.content_type = {}, .metadata = {}, .tags = tags};
  ASSERT_EQ(message_of(put(live.store(), "small", "1", options)), "ok");
  ASSERT_EQ(message_of(put(live.store(), "large", noise(6 * kMiB), options)), "ok");
  EXPECT_EQ(live.admin().tags("small", {}).value(), tags);
  EXPECT_EQ(live.admin().tags("large", {}).value(), tags);
  const Tags others = {{"only", "1"}};
  EXPECT_TRUE(live.admin().set_tags("small", others, {}).value());
  EXPECT_EQ(live.admin().tags("small", {}).value(), others);
  EXPECT_TRUE(live.admin().set_tags("small", {}, {}).value());
  EXPECT_EQ(live.admin().tags("small", {}).value(), Tags{});
  EXPECT_FALSE(live.admin().tags("absent", {}).value());
  EXPECT_FALSE(live.admin().set_tags("absent", others, {}).value());
}

TEST_F(LiveS3, CopiesInPartsWithMetadataAndTags) {
  LiveStore live(live_credentials(), variable("ATTACHE_TEST_S3_BUCKET"), small_parts());
  const std::string content = noise(12 * kMiB + 5);
  const Tags tags = {{"project", "a b"}};
  ASSERT_EQ(message_of(put(live.store(), "from +é", content,
                           {.content_type = "text/x-odd", .metadata = {{"a", "b"}}, .tags = tags})),
            "ok");
  const auto copied = live.store().copy("from +é", "to", {}, {});
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_TRUE(*copied);
  CollectingSink sink;
  ASSERT_TRUE(live.store().get("to", sink, {}, {}));
  EXPECT_TRUE(sink.content == content);
  EXPECT_EQ(sink.info.metadata.at("a"), "b");
  EXPECT_EQ(live.admin().tags("to", {}).value(), tags);
}

TEST_F(LiveS3, ListsAndAbortsWhatAnUploadLeavesBehind) {
  LiveStore live(live_credentials(), variable("ATTACHE_TEST_S3_BUCKET"), small_parts());
  // An upload is seen while it is under way, between its parts.
  std::vector<UnfinishedUpload> seen;
  std::size_t parts = 0;
  std::string checksum;
  std::string problem;
  ScriptedSource source(noise(21 * kMiB));
  source.on_read([&](std::size_t offset) {
    if (offset < 20 * kMiB || !seen.empty()) return;
    const bool is_by_key = variable("ATTACHE_TEST_S3_UPLOADS") == "by key";
    const auto page = live.admin().list_uploads(is_by_key ? "Data/a +é" : "Data/", {}, {});
    if (!page) {
      problem = page.error().to_string();
      return;
    }
    seen = page->uploads;
    for (const UnfinishedUpload& upload : seen) {
      const auto listed = live.admin().list_parts(upload.key, upload.id, 0, {});
      if (!listed || !*listed) continue;
      parts = (*listed)->parts.size();
      if (parts > 0) checksum = (*listed)->parts.front().checksum;
      if (const Status aborted = live.admin().abort_upload(upload.key, upload.id, {}); !aborted) {
        problem = aborted.error().to_string();
      }
    }
  });
  const Status status = live.store().put("Data/a +é", source, {}, {});
  EXPECT_FALSE(status) << "its upload was given up";
  EXPECT_EQ(problem, "");
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].key, "Data/a +é");
  EXPECT_TRUE(seen[0].started_us);
  EXPECT_LE(parts, 4U);
  if (parts > 0) {
    EXPECT_EQ(checksum.size(), 12U) << checksum;
  }
  const auto left = live.admin().list_uploads("Data/a +é", {}, {});
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_TRUE(left->uploads.empty());
  EXPECT_EQ(message_of(live.admin().abort_upload("Data/a +é", seen[0].id, {})), "ok") << "is given up already";
}

TEST_F(LiveS3, TellsTheRegionOfTheBucket) {
  LiveStore live;
  EXPECT_EQ(live.admin().bucket_region({}).value(), variable("ATTACHE_TEST_S3_REGION", "us-east-1"));
}

TEST_F(LiveS3, TakesEveryChecksum) {
  for (const S3Checksum checksum : {S3Checksum::kNone, S3Checksum::kCrc32c, S3Checksum::kCrc64Nvme}) {
    S3StoreOptions options = small_parts();
    options.checksum = checksum;
    LiveStore live(live_credentials(), variable("ATTACHE_TEST_S3_BUCKET"), options);
    const std::string large = noise(11 * kMiB);
    ASSERT_EQ(message_of(put(live.store(), "small", "content")), "ok");
    ASSERT_EQ(message_of(put(live.store(), "empty", "")), "ok");
    ASSERT_EQ(message_of(put(live.store(), "large", large)), "ok");
    CollectingSink small_sink;
    CollectingSink empty_sink;
    CollectingSink large_sink;
    ASSERT_TRUE(live.store().get("small", small_sink, {}, {}));
    ASSERT_TRUE(live.store().get("empty", empty_sink, {}, {}));
    ASSERT_TRUE(live.store().get("large", large_sink, {}, {}));
    EXPECT_EQ(small_sink.content, "content");
    EXPECT_EQ(empty_sink.content, "");
    EXPECT_TRUE(large_sink.content == large);
  }
}

}  // namespace
}  // namespace attache::testing
