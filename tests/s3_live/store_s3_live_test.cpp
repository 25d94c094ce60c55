// The contract of ObjectStore, and what a fake cannot show, against a real S3 server:
//   ATTACHE_TEST_S3_ENDPOINT    its URL; without it everything here is skipped
//   ATTACHE_TEST_S3_BUCKET      an existing bucket; every test uses a prefix of its own and removes what it stored
//   ATTACHE_TEST_S3_ACCESS_KEY, ATTACHE_TEST_S3_SECRET_KEY
//   ATTACHE_TEST_S3_REGION      us-east-1 if not set
//   ATTACHE_TEST_S3_ACCOUNT     account id for x-amz-expected-bucket-owner; not sent if not set

#include <attache/store/s3_store.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <random>

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
                     const std::string& bucket = variable("ATTACHE_TEST_S3_BUCKET"))
      : credentials_(std::move(credentials)), transport_(make_curl_transport({})) {
    AwsSettings settings;
    settings.endpoint_url = variable("ATTACHE_TEST_S3_ENDPOINT");
    settings.region = variable("ATTACHE_TEST_S3_REGION", "us-east-1");
    S3StoreOptions options;
    options.bucket = bucket;
    options.prefix = fresh_prefix();
    options.retry.base_delay = std::chrono::milliseconds(20);
    Result<std::unique_ptr<ObjectStore>> made = make_s3_store(options, settings, *transport_, credentials_);
    if (!made) {
      ADD_FAILURE() << made.error().to_string();
      std::abort();
    }
    store_ = *std::move(made);
  }

  ~LiveStore() override {
    for (;;) {
      const Result<ListPage> page = store_->list("", {}, {});
      if (!page || page->objects.empty()) return;
      for (const ObjectInfo& object : page->objects) {
        if (!store_->remove(object.key, {})) return;
      }
    }
  }

  ObjectStore& store() override { return *store_; }

 private:
  StaticCredentials credentials_;
  std::unique_ptr<HttpTransport> transport_;
  std::unique_ptr<ObjectStore> store_;
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

}  // namespace
}  // namespace attache::testing
