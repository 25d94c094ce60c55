#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;

class S3StoreUnderTest final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  FakeS3 s3_;
  std::unique_ptr<ObjectStore> store_ = s3_.store();
};

INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreContract,
                         ::testing::Values(ObjectStoreFactory{"S3",
                                                              [] { return std::make_unique<S3StoreUnderTest>(); }}));

class S3Store : public ::testing::Test {
 protected:
  Status put(ObjectStore& store, std::string_view key, std::string_view content, const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store.put(key, source, options, {});
  }
  std::string header(const SeenRequest& request, std::string_view name) {
    return std::string(request.headers.find(name).value_or("<none>"));
  }

  FakeS3 s3_;
};

TEST_F(S3Store, JoinsPrefixAndKeyWithoutChange) {
  for (const char* prefix : {"root", "a/b", "a/", "é x"}) {
    S3StoreOptions options = FakeS3::store_options();
    options.prefix = prefix;
    const std::unique_ptr<ObjectStore> store = s3_.store(options);
    ASSERT_TRUE(put(*store, "Data/x", "1"));
    EXPECT_TRUE(s3_.objects().contains(std::string(prefix) + "/Data/x")) << prefix;
    EXPECT_EQ(store->uri("Data/x"), "s3://farm-bucket/" + std::string(prefix) + "/Data/x");
    const Result<ListPage> page = store->list("", {}, {});
    ASSERT_TRUE(page);
    ASSERT_EQ(page->objects.size(), 1U) << prefix;
    EXPECT_EQ(page->objects[0].key, "Data/x");
  }
}

TEST_F(S3Store, RefusesOptionsThatCannotWork) {
  const auto code_of = [this](const S3StoreOptions& options) {
    const auto store = make_s3_store(options, FakeS3::settings(), s3_.transport(), s3_.credentials());
    return store ? "ok" : std::string(to_string(store.error().code()));
  };
  S3StoreOptions options = FakeS3::store_options();
  EXPECT_EQ(code_of(options), "ok");
  options.prefix = "";
  EXPECT_EQ(code_of(options), "invalid-argument");
  options = FakeS3::store_options();
  options.bucket = "u@bucket:80";
  EXPECT_EQ(code_of(options), "invalid-argument");
  options = FakeS3::store_options();
  options.part_bytes = 1000;
  EXPECT_EQ(code_of(options), "invalid-argument");
  options = FakeS3::store_options();
  options.parts_in_flight = 0;
  EXPECT_EQ(code_of(options), "invalid-argument");
}

TEST_F(S3Store, RefusesKeysThatAreTooLongWithTheirPrefix) {
  S3StoreOptions options = FakeS3::store_options();
  options.prefix = std::string(1000, 'p');
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  EXPECT_TRUE(put(*store, std::string(23, 'k'), "1"));
  const Status status = put(*store, std::string(24, 'k'), "1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(S3Store, SendsWithEveryRequestWhatTheServiceShouldCheck) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "x", "1", {.content_type = "text/plain", .metadata = {{"a", "b"}}}));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  ASSERT_TRUE(store->head("x", {}));
  ASSERT_TRUE(store->list("", {}, {}));
  ASSERT_TRUE(store->remove("x", {}));
  const std::vector<SeenRequest> requests = s3_.transport().requests();
  EXPECT_EQ(requests.size(), 9U) << "the large one takes four";
  for (const SeenRequest& request : requests) {
    EXPECT_EQ(header(request, "x-amz-expected-bucket-owner"), FakeS3::kAccount) << request.url;
    EXPECT_NE(header(request, "authorization").find("x-amz-expected-bucket-owner"), std::string::npos);
    EXPECT_NE(header(request, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  }
  EXPECT_EQ(header(requests[0], "content-type"), "text/plain");
  EXPECT_EQ(header(requests[0], "x-amz-meta-a"), "b");
  EXPECT_NE(header(requests[0], "x-amz-checksum-crc64nvme"), "<none>");
  EXPECT_EQ(header(requests[1], "x-amz-checksum-algorithm"), "CRC64NVME");
}

TEST_F(S3Store, LetsTlsProtectContentAndSignsDocuments) {
  const std::unique_ptr<ObjectStore> store = s3_.store(FakeS3::store_options(), true);
  ASSERT_TRUE(put(*store, "x", "1"));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  EXPECT_TRUE(s3_.objects().at("root/large") == noise(6 * kMiB));
  for (const SeenRequest& request : s3_.transport().requests()) {
    const bool is_content = request.method == HttpMethod::kPut;
    EXPECT_EQ(header(request, "x-amz-content-sha256") == "UNSIGNED-PAYLOAD", is_content) << request.url;
    if (is_content) {
      EXPECT_NE(header(request, "x-amz-checksum-crc64nvme"), "<none>");
    }
  }
}

TEST_F(S3Store, LeavesTheChecksumOutIfItIsToldTo) {
  S3StoreOptions options = FakeS3::store_options();
  options.checksum = S3Checksum::kNone;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "x", "1"));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  for (const SeenRequest& request : s3_.transport().requests()) {
    for (const auto& [name, value] : request.headers.fields()) EXPECT_FALSE(name.starts_with("x-amz-checksum"));
    EXPECT_EQ(request.body.find("Checksum") != std::string::npos && request.method == HttpMethod::kPost, false);
  }
}

TEST_F(S3Store, OmitsTheOwnerWhenItIsNotKnown) {
  StaticCredentials nameless({"AKIDEXAMPLE", "secret", "", "", std::nullopt});
  s3_.intercept([](const SeenRequest& request, std::size_t, const std::stop_token&) {
    EXPECT_FALSE(request.headers.find("x-amz-expected-bucket-owner"));
    return FakeS3::error(404, "NoSuchKey");
  });
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), nameless);
  ASSERT_TRUE(store);
  EXPECT_FALSE((*store)->head("x", {}).value());
}

TEST_F(S3Store, ReportsMissingCredentialsWithoutSendingAnything) {
  StaticCredentials none({});
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), none);
  ASSERT_TRUE(store);
  const auto info = (*store)->head("x", {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(s3_.transport().requests().empty());
}

TEST_F(S3Store, FindsOutWhyAHeadIsRefused) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  std::string code;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.method == HttpMethod::kHead) return respond(403, "");
        return FakeS3::error(403, code);
      });
  code = "SignatureDoesNotMatch";
  const auto wrong_secret = store->head("x", {});
  ASSERT_FALSE(wrong_secret);
  EXPECT_EQ(wrong_secret.error().code(), ErrorCode::kUnauthenticated) << wrong_secret.error().to_string();
  EXPECT_NE(wrong_secret.error().message().find("SignatureDoesNotMatch"), std::string::npos);
  code = "InvalidAccessKeyId";
  EXPECT_EQ(store->head("x", {}).error().code(), ErrorCode::kUnauthenticated);
  code = "AccessDenied";  // to the GET: of the HEAD it is known only that ListBucket may be missing
  const auto denied = store->head("x", {});
  EXPECT_EQ(denied.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(denied.error().to_string().find("s3:ListBucket"), std::string::npos) << denied.error().to_string();
}

TEST_F(S3Store, SignsWithTheClockThatItIsGiven) {
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), s3_.credentials(),
                                   [] { return std::chrono::system_clock::time_point(1'000'000'000s); });
  ASSERT_TRUE((*store)->head("x", {}));
  EXPECT_EQ(header(s3_.transport().requests().at(0), "x-amz-date"), "20010909T014640Z");
  EXPECT_NE(header(s3_.transport().requests().at(0), "authorization").find("/20010909/us-east-1/s3/aws4_request,"),
            std::string::npos);
}

TEST_F(S3Store, RepeatsWhatMayPassAndSignsItAgain) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "x", "content"));
  std::size_t failures = 0;
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
    switch (failures++ % 4) {
      case 0:
        return FakeS3::error(503, "SlowDown");
      case 1:
        return fail(ErrorCode::kNetwork, "connection reset", "try again");
      case 2:
        return respond(500, "<html>oops</html>");
      default:
        return std::nullopt;
    }
  });
  CollectingSink sink;
  EXPECT_TRUE(put(*store, "y", "1"));
  EXPECT_TRUE(store->head("x", {}).value());
  EXPECT_TRUE(store->get("x", sink, {}, {}).value());
  EXPECT_EQ(sink.content, "content");
  EXPECT_EQ(store->list("", {}, {}).value().objects.size(), 2U);
  EXPECT_TRUE(store->remove("y", {}));
  EXPECT_EQ(failures, 20U);
}

TEST_F(S3Store, GivesUpAfterFourAttempts) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(503, "SlowDown"); });
  const Status busy = put(*store, "x", "1");
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code(), ErrorCode::kService);
  EXPECT_NE(busy.error().message().find("503 SlowDown"), std::string::npos) << busy.error().message();
  EXPECT_EQ(s3_.transport().requests().size(), 4U);

  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) -> Result<HttpResponse> {
    return fail(ErrorCode::kNetwork, "cannot connect to s3.test:80", "check the network");
  });
  const auto unreachable = store->head("Data/x", {});
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().code(), ErrorCode::kNetwork);
  EXPECT_EQ(unreachable.error().message(),
            "cannot check whether this object exists: s3://farm-bucket/root/Data/x: cannot connect to s3.test:80");
  EXPECT_EQ(unreachable.error().remedy(), "check the network");
  EXPECT_EQ(s3_.transport().requests().size(), 8U);
}

TEST_F(S3Store, NeverRepeatsARefusal) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::pair<HttpResponse, ErrorCode> refusals[] = {
      {FakeS3::error(403, "SignatureDoesNotMatch"), ErrorCode::kUnauthenticated},
      {FakeS3::error(403, "InvalidAccessKeyId"), ErrorCode::kUnauthenticated},
      {FakeS3::error(403, "AccessDenied"), ErrorCode::kPermissionDenied},
      {FakeS3::error(404, "NoSuchBucket"), ErrorCode::kNotFound},
  };
  for (const auto& [response, code] : refusals) {
    s3_.intercept([answer = response](const SeenRequest&, std::size_t, const std::stop_token&) { return answer; });
    const std::size_t before = s3_.transport().requests().size();
    const Status status = put(*store, "x", "1");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), code) << status.error().to_string();
    EXPECT_EQ(s3_.transport().requests().size(), before + 1);
  }
  // Unless it may be the checksum that is refused: then with another, and without.
  s3_.intercept(
      [](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(501, "NotImplemented"); });
  const std::size_t before = s3_.transport().requests().size();
  EXPECT_EQ(put(*store, "x", "1").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(s3_.transport().requests().size(), before + 3);
  EXPECT_EQ(store->head("x", {}).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(s3_.transport().requests().size(), before + 4);
}

TEST_F(S3Store, StopsWaitingForARetryWhenCancelled) {
  S3StoreOptions options = FakeS3::store_options();
  options.retry.base_delay = 60s;
  options.retry.max_delay = 60s;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    HttpResponse response = FakeS3::error(503, "SlowDown");
    response.headers.add("Retry-After", "20");
    return response;
  });
  std::stop_source stop;
  std::jthread user([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto info = store->head("x", stop.get_token());
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(s3_.transport().requests().size(), 1U);
}

TEST_F(S3Store, TellsAMissingBucketFromAMissingObject) {
  S3StoreOptions options = FakeS3::store_options();
  options.bucket = "other-bucket";
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  CollectingSink sink;
  const auto got = store->get("x", sink, {}, {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(got.error().message().find("there is no bucket 'other-bucket'"), std::string::npos);
  EXPECT_EQ(store->list("", {}, {}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(put(*store, "x", "1").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(store->head("x", {}).value()) << "a HEAD cannot tell";
}

TEST_F(S3Store, NamesTheRegionOfABucketThatIsElsewhere) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(301, "", {{"x-amz-bucket-region", "eu-west-1"}});
  });
  const auto info = store->head("x", {});
  ASSERT_FALSE(info);
  EXPECT_NE(info.error().remedy().find("--region eu-west-1"), std::string::npos) << info.error().to_string();
}

TEST_F(S3Store, ListsFromServersThatKnowNoEncodedKeys) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "a+b%20c & d", "1"));
  s3_.ignore_encoding_type();
  const Result<ListPage> page = store->list("", {}, {});
  ASSERT_TRUE(page) << page.error().to_string();
  EXPECT_EQ(page->objects.at(0).key, "a+b%20c & d");
}

TEST_F(S3Store, ListsARootThatAConsoleHasMadeAFolderOf) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.add("root/", "");
  EXPECT_TRUE(store->list("", {}, {}).value().objects.empty());
  s3_.add("root/Data/", "");
  s3_.add("root/Data/x", "1");
  // The first answer has nothing but the root.
  for (const std::size_t max_keys : {std::size_t{1}, std::size_t{1000}}) {
    const auto page = store->list("", {.start_after = {}, .max_keys = max_keys}, {});
    ASSERT_TRUE(page) << page.error().to_string();
    ASSERT_FALSE(page->objects.empty());
    EXPECT_EQ(page->objects[0].key, "Data/");
    EXPECT_EQ(page->more, max_keys == 1);
  }
}

TEST_F(S3Store, RefusesListsOfSomethingElse) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const auto answer = [&](const std::string& key) {
    s3_.intercept([key](const SeenRequest&, std::size_t, const std::stop_token&) {
      return respond(200,
                     "<ListBucketResult><Contents><Key>" + key + "</Key><Size>1</Size></Contents></ListBucketResult>");
    });
  };
  for (const char* key : {"root/Manifests/x", "other/Data/x", "Data/x", "root/Data/"}) {
    answer(key);
    const Result<ListPage> page = store->list("Data/", {.start_after = "Data/b", .max_keys = 10}, {});
    ASSERT_FALSE(page) << key;
    EXPECT_EQ(page.error().code(), ErrorCode::kService);
  }
  answer("root/Data/a");
  EXPECT_FALSE(store->list("Data/", {.start_after = "Data/b", .max_keys = 10}, {})) << "pages would repeat for ever";
  answer("root/Data/c");
  EXPECT_TRUE(store->list("Data/", {.start_after = "Data/b", .max_keys = 10}, {}));
}

}  // namespace
}  // namespace attache::testing
