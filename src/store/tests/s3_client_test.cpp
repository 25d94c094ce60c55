#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

// What S3Client does with refusals and failures, seen through a store.

namespace attache::testing {
namespace {

using namespace std::chrono_literals;
using Answer = std::optional<Result<HttpResponse>>;

std::string header(const SeenRequest& request, std::string_view name) {
  return std::string(request.headers.find(name).value_or("<none>"));
}

bool is_signed_for(const SeenRequest& request, std::string_view region) {
  return header(request, "authorization").find("/" + std::string(region) + "/s3/aws4_request") != std::string::npos;
}

class S3ClientTest : public ::testing::Test {
 protected:
  Status put(ObjectStore& store, std::string_view key, std::string_view content) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store.put(key, source, {}, {});
  }
  /// A store at Amazon's own endpoint.
  std::unique_ptr<ObjectStore> store_at_amazon(const S3StoreOptions& options = FakeS3::store_options()) {
    return make_s3_store(options, AwsSettings{}, s3_.transport(), s3_.credentials()).value();
  }
  std::vector<SeenRequest> requests() { return s3_.transport().requests(); }

  FakeS3 s3_;
};

// --- regions ---

/// A bucket in eu-west-1, that says so in one of the ways in which S3 does.
FakeS3::Intercept bucket_in_ireland(HttpResponse refusal, int success = 204) {
  return [refusal = std::move(refusal), success](const SeenRequest& request, std::size_t,
                                                 const std::stop_token&) -> Answer {
    if (!is_signed_for(request, "eu-west-1")) return refusal;
    return respond(success, "", {{"ETag", "\"e\""}, {"Content-Length", "0"}});
  };
}

TEST_F(S3ClientTest, MovesToTheBucketsRegionAndStaysThere) {
  const HttpResponse refusals[] = {
      respond(301, "<Error><Code>PermanentRedirect</Code></Error>",
              {{"x-amz-bucket-region", "eu-west-1"}, {"Location", "http://evil.test/"}}),
      respond(307, "<Error><Code>TemporaryRedirect</Code></Error>",
              {{"x-amz-bucket-region", "eu-west-1"}, {"Location", "https://evil.test/"}}),
      FakeS3::error(400, "AuthorizationHeaderMalformed", "wrong", "<Region>eu-west-1</Region>"),
      respond(400, "", {{"x-amz-bucket-region", "eu-west-1"}}),
  };
  for (const HttpResponse& refusal : refusals) {
    const std::unique_ptr<ObjectStore> store = store_at_amazon();
    s3_.intercept(bucket_in_ireland(refusal));
    const std::size_t before = requests().size();
    ASSERT_TRUE(store->remove("x", {}));
    ASSERT_TRUE(store->remove("y", {}));
    const std::vector<SeenRequest> seen = requests();
    ASSERT_EQ(seen.size(), before + 3) << "the second object is asked for in the right region at once";
    EXPECT_EQ(seen[before].url, "https://farm-bucket.s3.us-east-1.amazonaws.com/root/x");
    EXPECT_EQ(seen[before + 1].url, "https://farm-bucket.s3.eu-west-1.amazonaws.com/root/x");
    EXPECT_EQ(seen[before + 2].url, "https://farm-bucket.s3.eu-west-1.amazonaws.com/root/y");
    EXPECT_TRUE(is_signed_for(seen[before + 1], "eu-west-1"));
    EXPECT_EQ(header(seen[before + 1], "x-amz-expected-bucket-owner"), FakeS3::kAccount);
  }
}

TEST_F(S3ClientTest, KeepsTheHostOfACustomEndpoint) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept(bucket_in_ireland(
      respond(301, "", {{"x-amz-bucket-region", "eu-west-1"}, {"Location", "http://evil.test/"}}), 200));
  ASSERT_TRUE(store->head("x", {}));
  ASSERT_EQ(requests().size(), 2U);
  EXPECT_EQ(requests()[0].url, "http://s3.test/farm-bucket/root/x");
  EXPECT_EQ(requests()[1].url, "http://s3.test/farm-bucket/root/x");
  EXPECT_TRUE(is_signed_for(requests()[1], "eu-west-1"));
}

TEST_F(S3ClientTest, FollowsNoRedirectThatNamesNoRegion) {
  for (const char* region : {"", "us-east-1", "EU", "evil.test/#", "a b", "-", "eu-west-1.evil.test"}) {
    const std::unique_ptr<ObjectStore> store = store_at_amazon();
    s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) {
      return respond(307, "", {{"x-amz-bucket-region", region}, {"Location", "https://evil.test/"}});
    });
    const std::size_t before = requests().size();
    const Status status = store->remove("x", {});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument) << status.error().to_string();
    EXPECT_EQ(requests().size(), before + 1) << region;
  }
}

TEST_F(S3ClientTest, GivesUpOnARegionThatIsNotTheRightOneEither) {
  const std::unique_ptr<ObjectStore> store = store_at_amazon();
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
    return respond(301, "", {{"x-amz-bucket-region", is_signed_for(request, "eu-west-1") ? "us-west-2" : "eu-west-1"}});
  });
  const Status status = store->remove("x", {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(requests().size(), 2U);
}

// --- clocks ---

TEST_F(S3ClientTest, SignsWithTheServicesTimeOnceItsOwnIsRefused) {
  std::atomic<int> refused = 0;
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
    if (header(request, "x-amz-date").starts_with("20240522T2217")) return std::nullopt;
    ++refused;
    HttpResponse response = FakeS3::error(403, "RequestTimeTooSkewed");
    response.headers.add("Date", "Wed, 22 May 2024 22:17:03 GMT");
    return response;
  });
  const std::unique_ptr<ObjectStore> store = s3_.store();
  EXPECT_TRUE(put(*store, "x", "1"));
  EXPECT_TRUE(put(*store, "y", "1"));
  EXPECT_EQ(refused, 1) << "the correction is shared by all requests";
}

TEST_F(S3ClientTest, SuspectsItsClockWhenASignatureIsRefusedAtAnotherTime) {
  const auto refusals_until_ok = [&](const HttpResponse& refusal) {
    int refused = 0;
    s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
      if (header(request, "x-amz-date").starts_with("20240522T2217")) return std::nullopt;
      ++refused;
      HttpResponse response = refusal;
      response.headers.add("Date", "Wed, 22 May 2024 22:17:03 GMT");
      return response;
    });
    const std::unique_ptr<ObjectStore> store = s3_.store();
    EXPECT_TRUE(store->head("x", {})) << "a HEAD has no code";
    return refused;
  };
  EXPECT_EQ(refusals_until_ok(respond(403)), 1);
  EXPECT_EQ(refusals_until_ok(respond(400)), 1);
}

TEST_F(S3ClientTest, CorrectsItsClockOnlyOncePerRequest) {
  int refused = 0;
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) {
    ++refused;
    HttpResponse response = FakeS3::error(403, "RequestTimeTooSkewed");
    response.headers.add("Date", "Wed, 22 May 2024 22:17:03 GMT");
    return response;
  });
  const Status status = put(*s3_.store(), "x", "1");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(refused, 2);
}

TEST_F(S3ClientTest, BelievesNoDateThatIsNotTheTimeOfWhoComparesSignatures) {
  const auto now = [] { return std::chrono::system_clock::time_point(1'716'416'223s); };
  const auto store =
      make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), s3_.credentials(), now).value();
  // A proxy answers with its own time, which is five hours off.
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
    const bool is_in_time = header(request, "x-amz-date").starts_with("20240522T2217");
    if (is_in_time && request.method == HttpMethod::kPut) return std::nullopt;
    HttpResponse response = FakeS3::error(403, is_in_time ? "AccessDenied" : "RequestTimeTooSkewed");
    if (request.method == HttpMethod::kHead) response.body.clear();
    response.headers.add("Date", "Wed, 22 May 2024 17:17:03 GMT");
    return response;
  });
  const auto head = store->head("x", {});
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ErrorCode::kPermissionDenied) << head.error().to_string();
  EXPECT_TRUE(put(*store, "x", "1"));
  const auto listed = store->list("", {}, {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code(), ErrorCode::kPermissionDenied) << listed.error().to_string();
  EXPECT_TRUE(put(*store, "x", "1"));
}

TEST_F(S3ClientTest, DoesNotTouchItsClockForARefusalAtTheSameTime) {
  const auto now = [] { return std::chrono::system_clock::time_point(1'716'416'223s); };
  const auto store =
      make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), s3_.credentials(), now).value();
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) {
    HttpResponse response = FakeS3::error(403, "SignatureDoesNotMatch");
    response.headers.add("Date", "Wed, 22 May 2024 22:20:03 GMT");
    return response;
  });
  EXPECT_FALSE(put(*store, "x", "1"));
  EXPECT_EQ(requests().size(), 1U);
}

// --- credentials ---

/// Gives others after a discard().
class RenewableCredentials final : public CredentialsProvider {
 public:
  Result<Credentials> get(std::stop_token) override {
    return Credentials{"AKIDEXAMPLE", "secret-" + std::to_string(generation_), "token-" + std::to_string(generation_),
                       std::string(FakeS3::kAccount), std::nullopt};
  }
  void discard(const Credentials& used) override {
    if (used.session_token == "token-" + std::to_string(generation_)) ++generation_;
    ++discards;
  }
  std::string describe() const override { return "a test"; }

  std::atomic<int> discards = 0;

 private:
  std::atomic<int> generation_ = 0;
};

TEST_F(S3ClientTest, RenewsExpiredCredentialsOnce) {
  for (const char* code : {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}) {
    RenewableCredentials credentials;
    const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), credentials).value();
    s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
      if (header(request, "x-amz-security-token") == "token-0") return FakeS3::error(400, code);
      return std::nullopt;
    });
    EXPECT_TRUE(put(*store, "x", "1")) << code;
    EXPECT_TRUE(put(*store, "y", "1")) << code;
    EXPECT_EQ(credentials.discards, 1);

    s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(400, code); });
    const std::size_t before = requests().size();
    const Status status = put(*store, "z", "1");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::kUnauthenticated);
    EXPECT_EQ(requests().size(), before + 2);
  }
}

TEST_F(S3ClientTest, RenewsExpiredCredentialsForAHeadThatCannotSaySo) {
  s3_.add("root/empty", "");  // of which there is no byte to ask for
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
    if (header(request, "x-amz-security-token") != "token-0") return std::nullopt;
    return request.method == HttpMethod::kHead ? respond(400) : FakeS3::error(400, "ExpiredToken");
  });
  const auto head = [&](std::string_view key) {
    RenewableCredentials credentials;
    const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), credentials).value();
    return store->head(key, {});
  };
  const auto absent = head("x");
  ASSERT_TRUE(absent) << absent.error().to_string();
  EXPECT_FALSE(*absent) << "it is just absent";
  const auto empty = head("empty");
  ASSERT_TRUE(empty) << empty.error().to_string();
  ASSERT_TRUE(*empty);
  EXPECT_EQ((*empty)->size, 0U);
}

TEST_F(S3ClientTest, ShowsNoCredentialsThatWereRenewedWhileARequestWasUnderWay) {
  RenewableCredentials credentials;
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), credentials).value();
  // Both are sent with the first token; the first answer has it renewed, the second quotes it.
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
    if (request.url.find("first") == std::string::npos) return FakeS3::error(403, "AccessDenied", "not with token-0");
    if (header(request, "x-amz-security-token") == "token-0") return FakeS3::error(400, "ExpiredToken");
    return respond(204);
  });
  const std::vector<std::string> keys = {"first\x01", "second\x01"};
  const auto failures = store->remove_all(keys, {});
  ASSERT_TRUE(failures) << failures.error().to_string();
  ASSERT_EQ(failures->size(), 1U);
  EXPECT_EQ(failures->front().error.message().find("token-0"), std::string::npos) << failures->front().error.message();
  EXPECT_NE(failures->front().error.message().find("not with"), std::string::npos);
}

// --- the budget for retries ---

TEST_F(S3ClientTest, FailsAtOnceWhenTheBudgetForRetriesIsSpent) {
  S3StoreOptions options = FakeS3::store_options();
  options.retry_budget = std::make_shared<RetryBudget>(RetryBudgetOptions{.capacity = 25, .cost = 5, .refund = 1});
  const std::unique_ptr<ObjectStore> first = s3_.store(options);
  const std::unique_ptr<ObjectStore> second = s3_.store(options);
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(503, "SlowDown"); });
  EXPECT_FALSE(put(*first, "x", "1"));
  EXPECT_EQ(requests().size(), 4U);
  const Status status = put(*second, "x", "1");
  ASSERT_FALSE(status);
  EXPECT_EQ(requests().size(), 4U + 3U) << "two of the five retries are left to the other store";
  EXPECT_EQ(status.error().code(), ErrorCode::kService);
  EXPECT_NE(status.error().message().find("too many requests have failed"), std::string::npos)
      << status.error().message();

  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) -> Result<HttpResponse> {
    return fail(ErrorCode::kNetwork, "connection reset", "check the network");
  });
  const Status network = put(*second, "x", "1");
  ASSERT_FALSE(network);
  EXPECT_EQ(network.error().code(), ErrorCode::kNetwork);
  EXPECT_NE(network.error().message().find("too many requests have failed"), std::string::npos);
  EXPECT_EQ(network.error().remedy(), "check the network");
  EXPECT_EQ(requests().size(), 4U + 3U + 1U);

  s3_.intercept({});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(put(*second, "x", "1"));
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(503, "SlowDown"); });
  const std::size_t before = requests().size();
  EXPECT_FALSE(put(*second, "x", "1"));
  EXPECT_EQ(requests().size(), before + 2) << "answers fill it again";
}

TEST_F(S3ClientTest, RepeatsErrorsInSuccessfulAnswersOfEveryOperation) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "x", "content"));
  std::size_t count = 0;
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) -> Answer {
    if (request.method == HttpMethod::kHead || count++ % 2 == 1) return std::nullopt;
    return FakeS3::error(200, "InternalError");
  });
  EXPECT_TRUE(put(*store, "y", "1"));
  CollectingSink sink;
  EXPECT_TRUE(store->get("x", sink, {}, {}).value());
  EXPECT_EQ(sink.content, "content");
  EXPECT_EQ(store->list("", {}, {}).value().objects.size(), 2U);
  EXPECT_TRUE(store->remove("y", {}));
  EXPECT_EQ(count, 8U);
}

TEST_F(S3ClientTest, TakesNoSuccessFromAPageThatSaysItToEverything) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(200, "<html>Please sign in</html>", {{"Content-Type", "text/html"}, {"Content-Length", "27"}});
  });
  const std::string large = noise(6 * kMiB);
  CollectingSink sink;
  EXPECT_EQ(put(*store, "x", "1").error().code(), ErrorCode::kService);
  EXPECT_EQ(put(*store, "x", large).error().code(), ErrorCode::kService);
  EXPECT_EQ(store->get("x", sink, {}, {}).error().code(), ErrorCode::kService);
  EXPECT_EQ(store->head("x", {}).error().code(), ErrorCode::kService);
  EXPECT_EQ(store->list("", {}, {}).error().code(), ErrorCode::kService);
  EXPECT_EQ(sink.content, "");
}

// --- what is observed ---

TEST_F(S3ClientTest, LogsAndCountsEveryTry) {
  S3StoreOptions options = FakeS3::store_options();
  options.counter = std::make_shared<RequestCounter>();
  std::vector<std::string> lines;
  options.log = [&](std::string_view line) { lines.emplace_back(line); };
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  int tries = 0;
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) -> Answer {
    if (++tries == 1) return FakeS3::error(503, "SlowDown");
    if (tries == 2) return Result<HttpResponse>(fail(ErrorCode::kNetwork, "reset", "again"));
    return std::nullopt;
  });
  ASSERT_TRUE(put(*store, "x", "content"));
  ASSERT_TRUE(store->head("x", {}).value());
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].find(R"({"operation":"PutObject","bucket":"farm-bucket","key":"root/x","attempt":1,"status":503,)"
                          R"("code":"SlowDown","request_id":"REQUEST1","ms":)"),
            0U)
      << lines[0];
  EXPECT_NE(lines[0].find("\"retry_in_ms\":"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("attempt":2,"status":0,"error":"network","ms":)"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find(R"("attempt":3,"status":200,"ms":)"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find(R"("sent":7,)"), std::string::npos) << lines[2];
  EXPECT_EQ(lines[3].find(R"({"operation":"HeadObject")"), 0U);
  const RequestCounts counts = options.counter->counts();
  EXPECT_EQ(counts.of(S3Operation::kPutObject).requests, 3U);
  EXPECT_EQ(counts.of(S3Operation::kPutObject).failed, 2U);
  EXPECT_EQ(counts.of(S3Operation::kPutObject).sent, 21U);
  EXPECT_EQ(counts.of(S3Operation::kHeadObject).requests, 1U);
  EXPECT_EQ(counts.retries, 2U);
}

/// A service that puts all it was given into its errors.
TEST_F(S3ClientTest, RepeatsNoSecretThatAServiceEchoes) {
  S3StoreOptions options = FakeS3::store_options();
  std::string everything;
  options.log = [&](std::string_view line) { everything.append(line).append("\n"); };
  RenewableCredentials credentials;
  const auto store = make_s3_store(options, FakeS3::settings(), s3_.transport(), credentials).value();
  std::string signature;
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
    std::string all;
    for (const auto& [name, value] : request.headers.fields()) all += name + ": " + value + " ";
    signature = header(request, "authorization").substr(header(request, "authorization").find("Signature=") + 10);
    HttpResponse response = respond(418, "<Error><Code>" + all + "</Code><Message>secret-0 " + all +
                                             "</Message><RequestId>" + all + "</RequestId></Error>");
    response.headers.add("x-amz-request-id", all);
    response.headers.add("x-amz-bucket-region", all);
    return response;
  });
  everything += put(*store, "x", "1").error().to_string();
  everything += store->head("x", {}).error().to_string();
  CollectingSink sink;
  everything += store->get("x", sink, {}, {}).error().to_string();
  everything += store->list("", {}, {}).error().to_string();
  ASSERT_EQ(signature.size(), 64U);
  for (const std::string& secret :
       {std::string("AKIDEXAMPLE"), std::string("secret-0"), std::string("token-0"), signature}) {
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret << " in:\n" << everything;
  }
  EXPECT_NE(everything.find("x-amz-security-token: ****"), std::string::npos) << "the service's words are there";
}

// --- gates ---

TEST_F(S3ClientTest, SendsFewerRequestsAtOnceToAnOverloadedService) {
  S3StoreOptions options = FakeS3::store_options();
  options.concurrency = {.most = 4, .initial = 4};
  options.retry.max_attempts = 1;
  std::atomic<int> in_flight = 0;
  std::atomic<int> most = 0;
  std::atomic<bool> overloaded = true;
  std::atomic<bool> is_first = true;
  // The fake answers one at a time; what is in flight is what was started.
  class Counting final : public HttpTransport {
   public:
    Counting(HttpTransport& inner, std::atomic<int>& now, std::atomic<int>& highest)
        : inner_(inner), now_(now), highest_(highest) {}
    void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
      const int now = ++now_;
      int highest = highest_;
      while (now > highest && !highest_.compare_exchange_weak(highest, now)) {
      }
      inner_.start(request, std::move(stop), [this, done = std::move(done)](Result<HttpResponse> response) {
        --now_;
        done(std::move(response));
      });
    }

   private:
    HttpTransport& inner_;
    std::atomic<int>& now_;
    std::atomic<int>& highest_;
  } counting(s3_.transport(), in_flight, most);
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) -> Answer {
    std::this_thread::sleep_for(2ms);
    // The first answer comes when as many wait as may, however long the threads take to begin.
    for (int i = 0; i < 5000 && is_first && in_flight < 4; ++i) std::this_thread::sleep_for(1ms);
    is_first = false;
    if (overloaded) return FakeS3::error(503, "SlowDown");
    return std::nullopt;
  });
  const auto store = make_s3_store(options, FakeS3::settings(), counting, s3_.credentials()).value();
  const auto use = [&](int each) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, each] {
        for (int j = 0; j < each; ++j) static_cast<void>(store->head("x", {}));
      });
    }
  };
  use(4);
  EXPECT_LE(most, 4);
  EXPECT_GE(most, 3) << "and as many as that were used";
  most = 0;
  use(1);
  EXPECT_EQ(most, 1);
  overloaded = false;
  use(8);
  EXPECT_GT(most, 1) << "it recovers";
}

}  // namespace
}  // namespace attache::testing
