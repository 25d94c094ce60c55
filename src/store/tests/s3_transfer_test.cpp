#include "s3_transfer.hpp"

#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;

class S3Transfer : public ::testing::Test {
 protected:
  Status put(ObjectStore& store, std::string_view key, std::string_view content, const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store.put(key, source, options, {});
  }
  static bool is_part(const SeenRequest& request) { return request.url.find("partNumber=") != std::string::npos; }
  static bool is_completion(const SeenRequest& request) {
    return request.method == HttpMethod::kPost && request.url.find("uploadId=") != std::string::npos;
  }
  static bool is_abort(const SeenRequest& request) {
    return request.method == HttpMethod::kDelete && request.url.find("uploadId=") != std::string::npos;
  }
  std::size_t count(bool (*predicate)(const SeenRequest&)) {
    return static_cast<std::size_t>(std::ranges::count_if(s3_.transport().requests(), predicate));
  }

  /// What a call gives back that somebody stops soon after it began; it is to end at once.
  template <typename Call>
  static auto stopped(Call call) {
    std::stop_source stop;
    std::jthread user([&] {
      std::this_thread::sleep_for(30ms);
      stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    auto result = call(stop.get_token());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    return result;
  }

  FakeS3 s3_;
};

TEST_F(S3Transfer, MakesPartsLargerWhereTenThousandWouldNotDo) {
  EXPECT_EQ(s3_part_bytes(8 * kMiB, 8 * kMiB), 8 * kMiB);
  EXPECT_EQ(s3_part_bytes(80'000 * kMiB, 8 * kMiB), 8 * kMiB);
  EXPECT_EQ(s3_part_bytes(80'000 * kMiB + 1, 8 * kMiB), 9 * kMiB);
  EXPECT_EQ(s3_part_bytes(5120 * kGiB, 8 * kMiB), 525 * kMiB);
  for (const std::uint64_t size : {80'000 * kMiB + 1, std::uint64_t{123'456'789'012'345}, 5120 * kGiB}) {
    EXPECT_LE((size - 1) / s3_part_bytes(size, 8 * kMiB) + 1, 10'000U) << size;
  }
}

TEST_F(S3Transfer, SendsObjectsBelowTheThresholdWhole) {
  S3StoreOptions options = FakeS3::store_options();
  options.multipart_threshold = S3StoreOptions{}.multipart_threshold;
  options.part_bytes = S3StoreOptions{}.part_bytes;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "below", std::string(8 * kMiB - 1, 'x')));
  EXPECT_EQ(s3_.transport().requests().size(), 1U);
  ASSERT_TRUE(put(*store, "at", std::string(8 * kMiB, 'x')));
  EXPECT_EQ(s3_.transport().requests().size(), 4U) << "create, one part, complete";
}

TEST_F(S3Transfer, SendsNothingOfASmallObjectThatDoesNotVerify) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ScriptedSource source("content");
  EXPECT_FALSE(store->put("x", source.fails_to_verify(), {}, {}));
  EXPECT_TRUE(s3_.transport().requests().empty());
}

TEST_F(S3Transfer, AbortsAnUploadThatDoesNotVerify) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ScriptedSource source(noise(11 * kMiB));
  const Status status = store->put("x", source.fails_to_verify(), {}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kIntegrity);
  EXPECT_EQ(count(is_completion), 0U);
  EXPECT_EQ(count(is_abort), 1U);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, AbortsAnUploadWhoseSourceFails) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ScriptedSource source(noise(11 * kMiB));
  EXPECT_FALSE(store->put("x", source.fails_after(10 * kMiB), {}, {}));
  EXPECT_EQ(count(is_abort), 1U);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, AbortsAnUploadWhosePartIsRefused) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept(
      [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.url.find("partNumber=2") == std::string::npos) return std::nullopt;
        return FakeS3::error(403, "AccessDenied");
      });
  const Status status = put(*store, "x", noise(11 * kMiB));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
  EXPECT_TRUE(s3_.objects().empty());
}

TEST_F(S3Transfer, ReportsTheFirstFailureWhenTheAbortFailsToo) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept(
      [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (is_abort(request)) return FakeS3::error(403, "AccessDenied", "no abort for you");
        return std::nullopt;
      });
  ScriptedSource source(noise(6 * kMiB));
  const Status status = store->put("x", source.fails_to_verify(), {}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "not the bytes that were promised");
}

TEST_F(S3Transfer, RepeatsPartsOnTheirOwn) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  std::atomic<int> failures = 0;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (!is_part(request) || failures >= 3) return std::nullopt;
        ++failures;
        return FakeS3::error(500, "InternalError");
      });
  const std::string bytes = noise(11 * kMiB);
  ASSERT_TRUE(put(*store, "x", bytes));
  EXPECT_TRUE(s3_.objects().at("root/x") == bytes);
  EXPECT_EQ(count(is_part), 3U + 3U);
}

TEST_F(S3Transfer, TakesAnErrorInASuccessfulCompletionForWhatItIs) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  int completions = 0;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (!is_completion(request)) return std::nullopt;
        ++completions;
        return FakeS3::error(200, completions == 1 ? "InternalError" : "InvalidPart");
      });
  const Status status = put(*store, "x", noise(6 * kMiB));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kService);
  EXPECT_NE(status.error().message().find("InvalidPart"), std::string::npos) << status.error().message();
  EXPECT_EQ(completions, 2) << "an internal error is repeated, a refusal is not";
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, AcceptsACompletionWhoseAnswerWasLost) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::string bytes = noise(6 * kMiB);
  // What the first try did on the server, and only its answer was lost.
  bool lost = false;
  FakeS3 twin;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (is_completion(request)) {
          if (lost) return FakeS3::error(404, "NoSuchUpload");
          lost = true;
          return fail(ErrorCode::kNetwork, "connection reset", "try again");
        }
        if (request.method == HttpMethod::kHead && lost) {
          return respond(200, "", {{"Content-Length", std::to_string(6 * kMiB)}, {"ETag", "\"e\""}});
        }
        return std::nullopt;
      });
  EXPECT_TRUE(put(*store, "x", bytes));

  // An object of another size is not what was sent.
  lost = false;
  EXPECT_EQ(put(*store, "x", bytes + "x").error().code(), ErrorCode::kNotFound);
}

TEST_F(S3Transfer, RefusesAPartWithoutAnETag) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept(
      [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (is_part(request)) return respond(200);
        return std::nullopt;
      });
  const Status status = put(*store, "x", noise(6 * kMiB));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kService);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, LosesARaceForAKeyAsAnyStoreDoes) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  // Absent when it begins, there when it ends.
  ScriptedSource source(noise(6 * kMiB));
  source.on_read([&](std::size_t offset) {
    if (offset == 0) {
      ASSERT_TRUE(put(*store, "x", "theirs"));
    }
  });
  const Status status = store->put("x", source, {.content_type = {}, .metadata = {}, .only_if_absent = true}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(s3_.objects().at("root/x"), "theirs");
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, StopsAnUploadAtOnceAndAbortsIt) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([&](const SeenRequest& request, std::size_t,
                    const std::stop_token& token) -> std::optional<Result<HttpResponse>> {
    if (!is_part(request)) return std::nullopt;
    while (!token.stop_requested()) std::this_thread::sleep_for(1ms);  // a line that does not move
    return Result<HttpResponse>(cancelled());
  });
  ScriptedSource source(noise(11 * kMiB));
  const Status status = stopped([&](std::stop_token stop) { return store->put("x", source, {}, std::move(stop)); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U);
}

TEST_F(S3Transfer, DoesNotWaitForAnAbortThatHangs) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([&](const SeenRequest& request, std::size_t,
                    const std::stop_token& token) -> std::optional<Result<HttpResponse>> {
    if (!is_part(request) && !is_abort(request)) return std::nullopt;
    while (!token.stop_requested()) std::this_thread::sleep_for(1ms);
    return Result<HttpResponse>(cancelled());
  });
  ScriptedSource source(noise(6 * kMiB));
  EXPECT_FALSE(stopped([&](std::stop_token stop) { return store->put("x", source, {}, std::move(stop)); }));
}

/// Has credentials at first, and then asks a service that does not answer.
class HangingCredentials final : public CredentialsProvider {
 public:
  HangingCredentials(CredentialsProvider& provider, int good) : provider_(provider), good_(good) {}
  Result<Credentials> get(std::stop_token stop) override {
    if (good_-- > 0) return provider_.get(std::move(stop));
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, 5s, [] { return false; });
    if (stop.stop_requested()) return cancelled();
    return fail(ErrorCode::kNetwork, "no answer", "try again");
  }
  std::string describe() const override { return "a service that hangs"; }

 private:
  CredentialsProvider& provider_;
  int good_;
};

TEST_F(S3Transfer, DoesNotWaitForCredentialsThatAnAbortWouldTake) {
  HangingCredentials credentials(s3_.credentials(), 1);  // for what creates the upload
  const std::unique_ptr<ObjectStore> store =
      make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), credentials).value();
  ScriptedSource source(noise(6 * kMiB));
  const Status status = stopped([&](std::stop_token stop) { return store->put("x", source, {}, std::move(stop)); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

/// Knows how many bytes of bodies and of ranges are on their way at once.
class CountingTransport final : public HttpTransport {
 public:
  explicit CountingTransport(HttpTransport& transport) : transport_(transport) {}

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    const std::size_t bytes = request.body.size() + range_size(request);
    const std::size_t now = bytes_ += bytes;
    std::size_t most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    transport_.start(request, std::move(stop), [this, bytes, done = std::move(done)](Result<HttpResponse> response) {
      bytes_ -= bytes;
      done(std::move(response));
    });
  }

  std::size_t most_bytes() const { return most_; }

 private:
  static std::size_t range_size(const HttpRequest& request) {
    unsigned long long first = 0;
    unsigned long long last = 0;
    const std::string range(request.headers.find("range").value_or(""));
    return std::sscanf(range.c_str(), "bytes=%llu-%llu", &first, &last) == 2 ? last - first + 1 : 0;
  }

  HttpTransport& transport_;
  std::atomic<std::size_t> bytes_ = 0;
  std::atomic<std::size_t> most_ = 0;
};

TEST_F(S3Transfer, KeepsWithinItsMemoryBudget) {
  S3StoreOptions options = FakeS3::store_options();
  options.buffer_bytes = 10 * kMiB;
  CountingTransport transport(s3_.transport());
  const std::unique_ptr<ObjectStore> store =
      make_s3_store(options, FakeS3::settings(), transport, s3_.credentials()).value();
  std::vector<std::string> contents;
  for (std::uint32_t i = 0; i < 3; ++i) contents.push_back(noise(11 * kMiB, i + 1));
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      threads.emplace_back([&, i] {
        if (!put(*store, "x" + std::to_string(i), contents[i])) ++failures;
        CollectingSink sink;
        if (!store->get("x" + std::to_string(i), sink, {}, {}) || sink.content != contents[i]) ++failures;
      });
    }
  }
  EXPECT_EQ(failures, 0) << "three objects share room for two parts, and none waits for ever";
  // The documents that complete uploads are not content.
  EXPECT_LE(transport.most_bytes(), 10 * kMiB + 64 * kKiB);
  EXPECT_GE(transport.most_bytes(), 10 * kMiB) << "and the room is used";
}

TEST_F(S3Transfer, WorksWithLessMemoryThanOnePart) {
  S3StoreOptions options = FakeS3::store_options();
  options.buffer_bytes = 1;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  const std::string bytes = noise(11 * kMiB);
  ASSERT_TRUE(put(*store, "x", bytes));
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_TRUE(sink.content == bytes);
}

// --- downloads ---

TEST_F(S3Transfer, ReadsSmallObjectsInOneRequest) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "x", "small"));
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_EQ(s3_.transport().requests().size(), 2U);
}

TEST_F(S3Transfer, ReadsLargeObjectsInRangesOfOneVersion) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::string bytes = noise(11 * kMiB);
  ASSERT_TRUE(put(*store, "x", bytes));
  const std::size_t before = s3_.transport().requests().size();
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_TRUE(sink.content == bytes);
  const std::vector<SeenRequest> requests = s3_.transport().requests();
  ASSERT_EQ(requests.size(), before + 3);
  EXPECT_EQ(requests[before].headers.find("range"), "bytes=0-5242879");
  EXPECT_FALSE(requests[before].headers.find("if-match"));
  EXPECT_EQ(requests[before + 1].headers.find("range"), "bytes=5242880-10485759");
  EXPECT_EQ(requests[before + 2].headers.find("range"), "bytes=10485760-11534335");
  EXPECT_EQ(requests[before + 1].headers.find("if-match"), sink.info.etag);
  EXPECT_EQ(requests[before + 2].headers.find("if-match"), sink.info.etag);
}

TEST_F(S3Transfer, NoticesThatAnObjectIsReplacedWhileItIsRead) {
  S3StoreOptions options = FakeS3::store_options();
  options.parts_in_flight = 1;  // the next range is asked for when this one was written
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  for (const bool remove : {false, true}) {
    ASSERT_TRUE(put(*store, "x", noise(11 * kMiB)));
    CollectingSink sink;
    bool done = false;
    sink.on_write([&](std::size_t) {
      if (std::exchange(done, true)) return;
      if (remove) {
        ASSERT_TRUE(store->remove("x", {}));
      } else {
        ASSERT_TRUE(put(*store, "x", "another"));
      }
    });
    const auto info = store->get("x", sink, {}, {});
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code(), ErrorCode::kSourceChanged) << info.error().to_string();
  }
}

TEST_F(S3Transfer, NoticesAnotherVersionFromAServerThatKnowsNoConditions) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  for (const bool is_interrupted : {false, true}) {
    // An object of the same size replaces the one that the first answer was of.
    std::atomic<int> tries = 0;
    s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
      const bool is_first = tries++ == 0;
      std::size_t first = 0;
      std::size_t last = 0;
      const std::string range(request.headers.find("range").value_or(""));
      static_cast<void>(std::sscanf(range.c_str(), "bytes=%zu-%zu", &first, &last));
      const std::size_t size = is_interrupted ? 5000 : 6 * kMiB;
      last = std::min(last, size - 1);
      std::string body(last - first + 1, is_first ? 'a' : 'b');
      const std::string length = std::to_string(body.size());
      if (is_interrupted && is_first) body.resize(2000);
      return respond(206, std::move(body),
                     {{"Content-Length", length},
                      {"Content-Range",
                       "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(size)},
                      {"ETag", is_first ? "\"a\"" : "\"b\""}});
    });
    CollectingSink sink;
    const auto info = store->get("x", sink, {}, {});
    ASSERT_FALSE(info) << "half of it is of another object";
    EXPECT_EQ(info.error().code(), ErrorCode::kSourceChanged) << info.error().to_string();
  }
}

TEST_F(S3Transfer, ResumesARangeWhereItBroke) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::string bytes = noise(5000);
  ASSERT_TRUE(put(*store, "x", bytes));
  int tries = 0;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.method != HttpMethod::kGet || ++tries > 2) return std::nullopt;
        const std::size_t begin = tries == 1 ? 0 : 2000;
        // The connection breaks 2,000 bytes on.
        return respond(206, bytes.substr(begin, 2000),
                       {{"Content-Length", std::to_string(5000 - begin)},
                        {"Content-Range", "bytes " + std::to_string(begin) + "-4999/5000"},
                        {"ETag", "\"version-1\""}});
      });
  CollectingSink sink;
  const auto info = store->get("x", sink, {}, {});
  ASSERT_TRUE(info) << info.error().to_string();
  EXPECT_TRUE(sink.content == bytes);
  EXPECT_EQ(sink.begins, 1);
  const std::vector<SeenRequest> requests = s3_.transport().requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[1].headers.find("range"), "bytes=0-5242879");
  EXPECT_EQ(requests[2].headers.find("range"), "bytes=2000-4999");
  EXPECT_EQ(requests[2].headers.find("if-match"), "\"version-1\"");
  EXPECT_EQ(requests[3].headers.find("range"), "bytes=4000-4999");
}

TEST_F(S3Transfer, GivesASinkNothingOfAnObjectThatBreaksOffForGood) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(206, "short", {{"Content-Length", "100"}, {"Content-Range", "bytes 0-99/100"}, {"ETag", "\"e\""}});
  });
  CollectingSink sink;
  const auto info = store->get("x", sink, {}, {});
  ASSERT_FALSE(info);
  EXPECT_EQ(sink.content, "");
}

TEST_F(S3Transfer, AcceptsASmallObjectFromAServerWithoutRanges) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(200, "whole", {{"Content-Length", "5"}, {"ETag", "\"e\""}});
  });
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_EQ(sink.content, "whole");
  CollectingSink none;
  EXPECT_FALSE(store->get("x", none, {.offset = 2, .length = std::nullopt, .if_match = {}}, {}));
  EXPECT_EQ(none.begins, 0);
}

TEST_F(S3Transfer, RefusesAnswersThatContradictThemselves) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  struct Case {
    const char* range;
    const char* length;
  };
  for (const Case& c : {Case{"", "5"}, Case{"bytes 1-5/6", "5"}, Case{"bytes 0-4/4", "5"}, Case{"bytes 0-4/*", "5"},
                        Case{"bytes 0-4/500", "5"}, Case{"bytes 0-9999999/10000000", "5"}, Case{"bytes 4-0/5", "5"},
                        Case{"octets 0-4/5", "5"}, Case{"bytes 0-4/99999999999999999999", "5"},
                        Case{"bytes 0-1/2", "5"}, Case{"bytes 0-5/6", "5"}}) {
    s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) {
      return respond(206, "12345", {{"Content-Length", c.length}, {"Content-Range", c.range}, {"ETag", "\"e\""}});
    });
    CollectingSink sink;
    const auto info = store->get("x", sink, {}, {});
    ASSERT_FALSE(info) << c.range;
    EXPECT_EQ(info.error().code(), ErrorCode::kService) << c.range << ": " << info.error().to_string();
    EXPECT_EQ(sink.content, "") << c.range;
  }
}

TEST_F(S3Transfer, StopsADownloadAtOnce) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token& token) -> Result<HttpResponse> {
    while (!token.stop_requested()) std::this_thread::sleep_for(1ms);
    return cancelled();
  });
  CollectingSink sink;
  const auto info = stopped([&](std::stop_token stop) { return store->get("x", sink, {}, std::move(stop)); });
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
