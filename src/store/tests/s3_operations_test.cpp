#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

// What the contract cannot show of S3's own operations: the requests, and what servers may answer.

namespace attache::testing {
namespace {

class S3Operations : public ::testing::Test {
 protected:
  static Status put(ObjectStore& store, std::string_view key, std::string_view content,
                    const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store.put(key, source, options, {});
  }
  static std::string header(const SeenRequest& request, std::string_view name) {
    return std::string(request.headers.find(name).value_or("<none>"));
  }
  std::vector<SeenRequest> seen() { return s3_.transport().requests(); }
  std::size_t count(std::string_view in_url) {
    const std::vector<SeenRequest> requests = seen();
    return static_cast<std::size_t>(std::ranges::count_if(
        requests, [in_url](const SeenRequest& request) { return request.url.find(in_url) != std::string::npos; }));
  }

  FakeS3 s3_;
};

// --- versions ---

TEST_F(S3Operations, AskForNoWeakVersionsWhichNoServerFinds) {
  s3_.add("root/large", noise(12 * kMiB));
  // A proxy makes ETags weak, and compares as HTTP demands of If-Match.
  FakeTransport proxy([&](const SeenRequest& request, const std::stop_token& stop) -> Result<HttpResponse> {
    if (header(request, "if-match").starts_with("W/")) return FakeS3::error(412, "PreconditionFailed");
    Result<HttpResponse> response = s3_.handle(request, stop);
    if (const auto etag = response->headers.find("etag")) response->headers.set("ETag", "W/" + std::string(*etag));
    return response;
  });
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), proxy, s3_.credentials()).value();
  CollectingSink sink;
  const auto got = store->get("large", sink, {}, {});
  ASSERT_TRUE(got) << got.error().to_string();
  EXPECT_TRUE(sink.content == s3_.objects().at("root/large"));

  CollectingSink again;
  EXPECT_TRUE(store->get("large", again, {.if_match = (*got)->etag}, {}).value());
  CollectingSink other;
  const auto replaced = store->get("large", other, {.if_match = "W/\"another\""}, {});
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code(), ErrorCode::kSourceChanged) << "the answers are compared instead";
  EXPECT_TRUE(other.content.empty());

  ASSERT_TRUE(store->copy("large", "to", {}, {}).value());
  EXPECT_EQ(header(proxy.requests().back(), "x-amz-copy-source-if-match"), "<none>");
}

TEST_F(S3Operations, CompareTheFirstAnswerWhereAServerPassesOverIfMatch) {
  s3_.add("root/x", "content");
  FakeTransport careless([&](SeenRequest request, const std::stop_token& stop) -> Result<HttpResponse> {
    request.headers.set("if-match", "");
    return s3_.handle(request, stop);
  });
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), careless, s3_.credentials()).value();
  CollectingSink sink;
  const auto replaced = store->get("x", sink, {.if_match = "\"another\""}, {});
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code(), ErrorCode::kSourceChanged);
  EXPECT_TRUE(sink.content.empty());
  EXPECT_TRUE(store->get("x", sink, {.if_match = "\"version-1\""}, {}).value());
}

// --- copies ---

TEST_F(S3Operations, LetTheServiceCopy) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "a b+é", "content"));
  const std::size_t before = seen().size();
  ASSERT_TRUE(store->copy("a b+é", "to", {}, {}).value());
  ASSERT_EQ(seen().size(), before + 2);
  const SeenRequest request = seen().back();
  EXPECT_EQ(header(request, "x-amz-copy-source"), "farm-bucket/root/a%20b%2B%C3%A9");
  EXPECT_EQ(header(request, "x-amz-copy-source-if-match"), "\"version-1\"") << "the version that was looked at";
  EXPECT_EQ(header(request, "x-amz-source-expected-bucket-owner"), FakeS3::kAccount);
  EXPECT_EQ(header(request, "x-amz-expected-bucket-owner"), FakeS3::kAccount);
  EXPECT_TRUE(request.body.empty());
}

TEST_F(S3Operations, CopyWithoutAConditionWhatHasNoETag) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "from", "content"));
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.method != HttpMethod::kHead) return std::nullopt;
        return respond(200, "", {{"Last-Modified", "Wed, 22 May 2024 22:17:03 GMT"}, {"Content-Length", "7"}});
      });
  ASSERT_TRUE(store->copy("from", "to", {}, {}).value());
  EXPECT_EQ(header(seen().back(), "x-amz-copy-source-if-match"), "<none>") << "no version is like an empty one";
}

TEST_F(S3Operations, CopyLargeObjectsInParts) {
  S3StoreOptions options = FakeS3::store_options();
  options.max_copy_bytes = 5 * kMiB;
  options.copy_part_bytes = 5 * kMiB;
  s3_.limit_copies(5 * kMiB);
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  const std::string content = noise(12 * kMiB);
  const PutOptions put_options{
      .content_type = "text/x-odd", .metadata = {{"a", "b"}}, .tags = {{"project", "x & y"}, {"z", ""}}};
  ASSERT_TRUE(put(*store, "from", content, put_options));
  const auto copied = store->copy("from", "to", {}, {});
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_TRUE(*copied);
  EXPECT_TRUE(s3_.objects().at("root/to") == content);
  EXPECT_EQ(s3_.tags("root/to"), s3_.tags("root/from"));
  EXPECT_EQ(s3_.headers("root/to").find("content-type"), "text/x-odd");
  EXPECT_EQ((*store->head("to", {}))->metadata.at("a"), "b");
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
  // Exactly the most that one takes.
  ASSERT_TRUE(put(*store, "five", noise(5 * kMiB)));
  ASSERT_TRUE(store->copy("five", "to", {}, {}).value());
}

TEST_F(S3Operations, AbortACopyThatFails) {
  S3StoreOptions options = FakeS3::store_options();
  options.max_copy_bytes = 5 * kMiB;
  options.copy_part_bytes = 5 * kMiB;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "from", noise(12 * kMiB)));
  s3_.intercept(
      [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.url.find("partNumber=2") == std::string::npos) return std::nullopt;
        return FakeS3::error(412, "PreconditionFailed");
      });
  const auto replaced = store->copy("from", "to", {}, {});
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code(), ErrorCode::kSourceChanged) << replaced.error().to_string();
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
  EXPECT_FALSE(s3_.objects().contains("root/to"));
}

TEST_F(S3Operations, TakeNoCopyForMadeThatDoesNotSaySo) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "from", "content"));
  int answers = 0;
  std::string body;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (!request.headers.find("x-amz-copy-source")) return std::nullopt;
        ++answers;
        return respond(200, body);
      });
  body = "<Error><Code>InternalError</Code><Message>We failed</Message></Error>";
  EXPECT_FALSE(store->copy("from", "to", {}, {})) << "200 with an error";
  EXPECT_EQ(answers, 4) << "that passes perhaps";
  body = "";
  const auto nothing = store->copy("from", "to", {}, {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), ErrorCode::kService);
  EXPECT_NE(nothing.error().message().find("s3://farm-bucket/root/to"), std::string::npos);
}

// --- removing many ---

TEST_F(S3Operations, RemoveAThousandKeysPerRequest) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  std::vector<std::string> keys;
  for (int i = 0; i < 2500; ++i) keys.push_back("k" + std::to_string(i));
  ASSERT_TRUE(put(*store, "k7", "1"));
  ASSERT_TRUE(put(*store, "k2400", "1"));
  ASSERT_TRUE(put(*store, "kept", "1"));
  const std::size_t before = seen().size();
  EXPECT_TRUE(store->remove_all(keys, {}).value().empty());
  EXPECT_EQ(seen().size(), before + 3);
  EXPECT_EQ(s3_.objects().size(), 1U);
  EXPECT_NE(header(seen().back(), "x-amz-checksum-crc64nvme"), "<none>") << "S3 demands one here";
}

TEST_F(S3Operations, ReportEveryKeyThatStays) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(put(*store, key, "1"));
  s3_.protect("root/b");
  const std::vector<std::string> keys = {"a", "b", "c"};
  const auto failures = store->remove_all(keys, {});
  ASSERT_TRUE(failures);
  ASSERT_EQ(failures->size(), 1U);
  EXPECT_EQ(failures->front().key, "b");
  EXPECT_EQ(failures->front().error.code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(failures->front().error.remedy().find("s3:DeleteObject"), std::string::npos);
  EXPECT_EQ(s3_.objects().size(), 1U);
}

TEST_F(S3Operations, RemoveOneByOneWhatTheServerWasTooBusyFor) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  for (const char* key : {"a", "b"}) ASSERT_TRUE(put(*store, key, "1"));
  s3_.intercept([](const SeenRequest& request, std::size_t,
                   const std::stop_token&) -> std::optional<Result<HttpResponse>> {
    if (request.method != HttpMethod::kPost) return std::nullopt;
    return respond(200,
                   "<DeleteResult><Error><Key>root/a</Key><Code>InternalError</Code></Error><Error><Key>root/b</Key>"
                   "<Code>SlowDown</Code></Error></DeleteResult>");
  });
  const std::vector<std::string> keys = {"a", "b"};
  EXPECT_TRUE(store->remove_all(keys, {}).value().empty());
  EXPECT_TRUE(s3_.objects().empty());
}

TEST_F(S3Operations, RemoveOneByOneWhereTheServerDoesNotSayWhatStays) {
  for (const char* key : {"", "<Key/>", "<Key>b</Key>"}) {
    FakeS3 s3;
    const std::unique_ptr<ObjectStore> store = s3.store();
    for (const char* name : {"a", "b"}) ASSERT_TRUE(put(*store, name, "1"));
    s3.protect("root/b");
    s3.intercept(
        [key](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
          if (request.method != HttpMethod::kPost) return std::nullopt;
          return respond(
              200, "<DeleteResult><Error>" + std::string(key) + "<Code>AccessDenied</Code></Error></DeleteResult>");
        });
    const std::vector<std::string> keys = {"a", "b"};
    const auto failures = store->remove_all(keys, {});
    ASSERT_TRUE(failures) << failures.error().to_string();
    ASSERT_EQ(failures->size(), 1U) << key;
    EXPECT_EQ(failures->front().key, "b");
    EXPECT_EQ(s3.objects().size(), 1U);
  }
}

TEST_F(S3Operations, RemoveOneByOneWhereTheServerKnowsNothingElse) {
  for (const auto& [status, code] : {std::pair{501, "NotImplemented"}, std::pair{405, "MethodNotAllowed"}}) {
    FakeS3 s3;
    const std::unique_ptr<ObjectStore> store = s3.store();
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) {
      keys.push_back("k" + std::to_string(i));
      ASSERT_TRUE(put(*store, keys.back(), "1"));
    }
    s3.intercept([status = status, code = code](const SeenRequest& request, std::size_t,
                                                const std::stop_token&) -> std::optional<Result<HttpResponse>> {
      if (request.method != HttpMethod::kPost) return std::nullopt;
      return FakeS3::error(status, code);
    });
    s3.protect("root/k3");
    const auto failures = store->remove_all(keys, {});
    ASSERT_TRUE(failures) << failures.error().to_string();
    ASSERT_EQ(failures->size(), 1U);
    EXPECT_EQ(failures->front().key, "k3");
    EXPECT_EQ(s3.objects().size(), 1U);
  }
}

TEST_F(S3Operations, EndARemovalThatIsRefusedAsAWhole) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::vector<std::string> keys = {"a", "b"};
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return FakeS3::error(403, "SignatureDoesNotMatch");
  });
  const auto refused = store->remove_all(keys, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_NE(refused.error().message().find("root/a and others"), std::string::npos) << refused.error().message();
}

// --- lists ---

TEST_F(S3Operations, PageThroughServersThatRepeatThePrefixTheyStartedWith) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  for (const char* key : {"a/1", "a/2", "b/1", "c"}) ASSERT_TRUE(put(*store, key, "1"));
  ListOptions options{.start_after = {}, .max_keys = 1, .delimiter = "/"};
  std::vector<std::string> all;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = store->list("", options, {});
    ASSERT_TRUE(page) << page.error().to_string();
    if (!page->last().empty()) all.push_back(page->last());
    if (!page->more) break;
    options.start_after = page->last();
  }
  EXPECT_EQ(all, (std::vector<std::string>{"a/", "b/", "c"}));
  EXPECT_GT(count("continuation-token="), 0U);
}

TEST_F(S3Operations, RefuseCommonPrefixesThatNobodyAskedFor) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const auto answer = [&](const std::string& prefix) {
    s3_.intercept([prefix](const SeenRequest&, std::size_t, const std::stop_token&) {
      return respond(
          200, "<ListBucketResult><CommonPrefixes><Prefix>" + prefix + "</Prefix></CommonPrefixes></ListBucketResult>");
    });
  };
  for (const char* prefix : {"other/", "root/x", "root/Data"}) {
    answer(prefix);
    EXPECT_FALSE(store->list("Data", {.start_after = {}, .delimiter = "/"}, {})) << prefix;
  }
  answer("root/Data/");
  EXPECT_TRUE(store->list("Data", {.start_after = {}, .delimiter = "/"}, {}));
  EXPECT_FALSE(store->list("Data", {}, {})) << "without a delimiter there is none";
}

TEST_F(S3Operations, GoOnAfterAnAnswerThatHasNothingYet) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest& request, std::size_t, const std::stop_token&) {
    const bool goes_on = request.url.find("continuation-token=a%2Bb%2F%3D%26") != std::string::npos;
    return respond(200, goes_on ? "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>root/a</Key>"
                                  "<Size>1</Size></Contents></ListBucketResult>"
                                : "<ListBucketResult><IsTruncated>true</IsTruncated>"
                                  "<NextContinuationToken>a+b/=&amp;</NextContinuationToken></ListBucketResult>");
  });
  const auto page = store->list("", {}, {});
  ASSERT_TRUE(page) << page.error().to_string();
  EXPECT_FALSE(page->more);
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "a");
}

TEST_F(S3Operations, EndAListThatDoesNotGoOn) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(200,
                   "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
                   "<CommonPrefixes><Prefix>root/a/</Prefix></CommonPrefixes></ListBucketResult>");
  });
  const auto page = store->list("", {.start_after = "a/", .delimiter = "/"}, {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), ErrorCode::kService);
  EXPECT_EQ(seen().size(), 2U);
}

// --- limits ---

TEST_F(S3Operations, RefuseObjectsThatNoServerTakesBeforeAnythingIsSent) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ScriptedSource source("x");
  const Status status = store->put("x", source.claims(5 * 1024 * kGiB + 1), {}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(status.error().message().find("5497558138881 bytes"), std::string::npos) << status.error().message();
  EXPECT_FALSE(status.error().remedy().empty());
  EXPECT_EQ(source.bytes_read(), 0U);
  EXPECT_TRUE(seen().empty());
}

TEST_F(S3Operations, SendAnEmptyObjectInOnePieceWhateverTheThreshold) {
  S3StoreOptions options = FakeS3::store_options();
  options.multipart_threshold = 0;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "empty", ""));
  EXPECT_EQ(s3_.objects().at("root/empty"), "");
  EXPECT_EQ(seen().size(), 1U);
  ASSERT_TRUE(put(*store, "one", "1"));
  EXPECT_EQ(seen().size(), 4U) << "a part may be of one byte if it is the last";
}

TEST_F(S3Operations, RefuseOptionsThatBreakLimits) {
  const auto is_refused = [this](void (*change)(S3StoreOptions&)) {
    S3StoreOptions options = FakeS3::store_options();
    change(options);
    const auto store = make_s3_store(options, FakeS3::settings(), s3_.transport(), s3_.credentials());
    return !store && store.error().code() == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(is_refused([](S3StoreOptions& o) { o.multipart_threshold = 5 * kGiB + 1; }));
  EXPECT_TRUE(is_refused([](S3StoreOptions& o) { o.max_copy_bytes = 5 * kGiB + 1; }));
  EXPECT_TRUE(is_refused([](S3StoreOptions& o) { o.copy_part_bytes = kMiB; }));
  EXPECT_TRUE(is_refused([](S3StoreOptions& o) { o.max_object_bytes = 50'000 * kGiB + 1; }));
  EXPECT_FALSE(is_refused([](S3StoreOptions& o) { o.max_object_bytes = 50'000 * kGiB; }));
}

// --- owner and payer ---

TEST_F(S3Operations, DemandTheOwnerThatTheOptionsName) {
  S3StoreOptions options = FakeS3::store_options();
  options.expected_bucket_owner = "999999999999";
  const std::unique_ptr<ObjectStore> other = s3_.store(options);
  const Status status = put(*other, "x", "1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(status.error().remedy().find("999999999999"), std::string::npos) << status.error().remedy();
  EXPECT_EQ(header(seen().back(), "x-amz-expected-bucket-owner"), "999999999999");
  options.expected_bucket_owner = "";
  const std::unique_ptr<ObjectStore> any = s3_.store(options);
  EXPECT_FALSE(put(*any, "x", "1")) << "the fake wants one";
  EXPECT_EQ(header(seen().back(), "x-amz-expected-bucket-owner"), "<none>");
}

TEST_F(S3Operations, SayWithEveryRequestThatTheRequesterPays) {
  S3StoreOptions options = FakeS3::store_options();
  options.requester_pays = true;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "x", "1"));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  ASSERT_TRUE(store->copy("x", "y", {}, {}));
  ASSERT_TRUE(store->head("x", {}));
  ASSERT_TRUE(store->list("", {}, {}));
  const std::vector<std::string> keys = {"x", "y"};
  ASSERT_TRUE(store->remove_all(keys, {}));
  ASSERT_TRUE(store->remove("large", {}));
  for (const SeenRequest& request : seen()) {
    EXPECT_EQ(header(request, "x-amz-request-payer"), "requester") << request.url;
    EXPECT_NE(header(request, "authorization").find("x-amz-request-payer"), std::string::npos);
    EXPECT_EQ(header(request, "x-amz-expected-bucket-owner"), "<none>") << "the bucket is somebody else's";
  }
  options.expected_bucket_owner = std::string(FakeS3::kAccount);
  ASSERT_TRUE(s3_.store(options)->head("x", {}));
  EXPECT_EQ(header(seen().back(), "x-amz-expected-bucket-owner"), FakeS3::kAccount);
}

}  // namespace
}  // namespace attache::testing
