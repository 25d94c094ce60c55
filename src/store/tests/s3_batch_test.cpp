#include <attache/base/byte_size.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace attache::testing {
namespace {

/// Gets the same object many times, or puts many of one content.
class Batch final : public ObjectBatch {
 public:
  Batch(ObjectTask::Kind kind, std::size_t count, std::string content)
      : kind_(kind), count_(count), content_(std::move(content)), sinks(count) {
    for (std::size_t i = 0; i < count; ++i) sources_.push_back(std::make_unique<ScriptedSource>(content_));
  }
  std::optional<ObjectTask> next() override {
    if (taken_ == count_) return std::nullopt;
    ObjectTask task{.kind = kind_, .key = "x", .number = taken_, .sink = &sinks[taken_]};
    task.expected_size = content_.size();
    if (taken_ == expect_wrong_size_of) task.expected_size = content_.size() - 1;
    if (taken_ == expect_nothing_of) task.expected_size.reset();
    task.source = sources_[taken_++].get();
    return task;
  }
  void done(const ObjectTask&, Result<std::optional<ObjectInfo>> result) override {
    if (result && *result) {
      ++succeeded;
    } else {
      failures.push_back(result ? "absent" : result.error().to_string());
    }
  }

 private:
  ObjectTask::Kind kind_;
  std::size_t count_;
  std::string content_;
  std::vector<std::unique_ptr<ScriptedSource>> sources_;
  std::size_t taken_ = 0;

 public:
  std::optional<std::size_t> expect_wrong_size_of;
  std::optional<std::size_t> expect_nothing_of;
  std::vector<CollectingSink> sinks;
  std::size_t succeeded = 0;
  std::vector<std::string> failures;
};

class S3Batch : public ::testing::Test {
 protected:
  void put(std::string_view content) {
    MemorySource source(std::as_bytes(std::span(content)));
    ASSERT_TRUE(s3_.store()->put("x", source, {}, {}));
  }
  std::size_t requests() { return s3_.transport().requests().size(); }

  FakeS3 s3_;
};

TEST_F(S3Batch, NeedsOneRequestForAnObject) {
  put("content");
  const auto store = s3_.store();
  const std::size_t before = requests();
  Batch gets(ObjectTask::Kind::kGet, 50, "content");
  ASSERT_TRUE(store->run(gets, {}));
  EXPECT_EQ(gets.succeeded, 50U);
  EXPECT_EQ(requests(), before + 50);
  Batch puts(ObjectTask::Kind::kPut, 50, "content");
  ASSERT_TRUE(store->run(puts, {}));
  EXPECT_EQ(puts.succeeded, 50U);
  EXPECT_EQ(requests(), before + 100);
  Batch heads(ObjectTask::Kind::kHead, 50, "content");
  ASSERT_TRUE(store->run(heads, {}));
  EXPECT_EQ(heads.succeeded, 50U);
  EXPECT_EQ(requests(), before + 150);
}

/// Puts contents that all differ, each under its number.
class Puts final : public ObjectBatch {
 public:
  explicit Puts(std::vector<std::string> contents) : contents_(std::move(contents)) {
    for (const std::string& content : contents_) sources_.push_back(std::make_unique<ScriptedSource>(content));
  }
  std::optional<ObjectTask> next() override {
    if (taken_ == contents_.size()) return std::nullopt;
    ObjectTask task{.kind = ObjectTask::Kind::kPut, .key = std::to_string(taken_), .number = taken_};
    task.source = sources_[taken_++].get();
    return task;
  }
  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    if (!result) failures.push_back(task.key + ": " + result.error().to_string());
  }

  std::vector<std::string> failures;

 private:
  std::vector<std::string> contents_;
  std::vector<std::unique_ptr<ScriptedSource>> sources_;
  std::size_t taken_ = 0;
};

// Over plain HTTP the service compares each body with the hash that was signed; they are hashed several at a time.
TEST_F(S3Batch, SignsEachBodyWithItsOwnHash) {
  for (const std::size_t count : {1U, 2U, 3U, 5U, 60U}) {
    std::vector<std::string> contents;
    for (std::size_t i = 0; i < count; ++i) {
      contents.emplace_back(i % 7 == 3 ? 0 : i * 977 % 3000, static_cast<char>('a' + i % 26));
    }
    Puts puts(contents);
    ASSERT_TRUE(s3_.store()->run(puts, {}));
    EXPECT_TRUE(puts.failures.empty()) << puts.failures.front();
    const std::string prefix = FakeS3::store_options().prefix + "/";
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(s3_.objects().at(prefix + std::to_string(i)), contents[i]);
  }
}

TEST_F(S3Batch, AsksForChecksumsAndRepairsWhatWasDamagedOnTheWay) {
  put("content");
  bool damage = true;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token& stop) -> std::optional<Result<HttpResponse>> {
        if (request.method != HttpMethod::kGet || !std::exchange(damage, false)) return std::nullopt;
        EXPECT_EQ(request.headers.find("x-amz-checksum-mode"), "ENABLED");
        s3_.intercept(nullptr);
        Result<HttpResponse> response = s3_.handle(request, stop);
        if (response) response->body[3] = '#';
        return response;
      });
  Batch batch(ObjectTask::Kind::kGet, 1, "content");
  ASSERT_TRUE(s3_.store()->run(batch, {}));
  EXPECT_FALSE(damage);
  EXPECT_EQ(batch.succeeded, 1U);
  EXPECT_EQ(batch.sinks[0].content, "content");
}

TEST_F(S3Batch, SendsWeakerChecksumsToAServerThatRefusesThem) {
  s3_.refuse_checksums_above(S3Checksum::kCrc32c);
  Batch batch(ObjectTask::Kind::kPut, 20, "content");
  ASSERT_TRUE(s3_.store()->run(batch, {}));
  EXPECT_EQ(batch.succeeded, 20U) << batch.failures.front();
}

TEST_F(S3Batch, SaysWhatIsWrongWithEach) {
  s3_.intercept([](const SeenRequest& request, std::size_t, const std::stop_token&) {
    if (request.method == HttpMethod::kHead) return FakeS3::error(403, "");
    return FakeS3::error(403, "SignatureDoesNotMatch");
  });
  for (const auto kind : {ObjectTask::Kind::kHead, ObjectTask::Kind::kGet, ObjectTask::Kind::kPut}) {
    Batch batch(kind, 3, "content");
    ASSERT_TRUE(s3_.store()->run(batch, {}));
    ASSERT_EQ(batch.failures.size(), 3U);
    EXPECT_NE(batch.failures[0].find("SignatureDoesNotMatch"), std::string::npos) << batch.failures[0];
  }
}

TEST_F(S3Batch, GoesOnWithLittleMemory) {
  put(std::string(1000, 'x'));
  for (const std::uint64_t bytes : {1U, 1000U, 2500U}) {
    S3StoreOptions options = FakeS3::store_options();
    options.buffer_bytes = bytes;
    Batch batch(ObjectTask::Kind::kGet, 100, std::string(1000, 'x'));
    ASSERT_TRUE(s3_.store(options)->run(batch, {}));
    EXPECT_EQ(batch.succeeded, 100U) << bytes;
  }
}

/// Has none, and counts how often it has said so.
class NoCredentials final : public CredentialsProvider {
 public:
  Result<Credentials> get(std::stop_token) override {
    ++asked;
    return fail(ErrorCode::kUnauthenticated, "no credentials after a second", "provide some");
  }
  std::string describe() const override { return "a service that takes its time"; }
  int asked = 0;
};

TEST_F(S3Batch, AsksOnceForCredentialsThatAreNotThere) {
  NoCredentials credentials;
  const auto store = make_s3_store(FakeS3::store_options(), FakeS3::settings(), s3_.transport(), credentials).value();
  for (const auto kind : {ObjectTask::Kind::kHead, ObjectTask::Kind::kGet, ObjectTask::Kind::kPut}) {
    credentials.asked = 0;
    Batch batch(kind, 100, "content");
    ASSERT_TRUE(store->run(batch, {}));
    ASSERT_EQ(batch.failures.size(), 100U);
    EXPECT_NE(batch.failures[99].find("no credentials after a second"), std::string::npos) << batch.failures[99];
    EXPECT_EQ(credentials.asked, 1);
  }
  credentials.asked = 0;
  EXPECT_FALSE(store->head("x", {}));
  EXPECT_EQ(credentials.asked, 1);
  credentials.asked = 0;
  ScriptedSource source(std::string(30 * kMiB, 'x'));
  EXPECT_FALSE(store->put("x", source, {}, {}));
  EXPECT_EQ(credentials.asked, 1);
}

TEST_F(S3Batch, WaitsForNoMemoryThatItHoldsItself) {
  put(std::string(1000, 'x'));
  S3StoreOptions options = FakeS3::store_options();
  options.buffer_bytes = 2500;
  const auto gets_all = [&](Batch& batch) {
    // What is left to a store that waits for itself is this stop.
    std::stop_source stop;
    std::jthread watchdog([&](const std::stop_token& ended) {
      std::mutex mutex;
      std::condition_variable_any changed;
      std::unique_lock lock(mutex);
      changed.wait_for(lock, ended, std::chrono::seconds(20), [] { return false; });
      if (!ended.stop_requested()) stop.request_stop();
    });
    EXPECT_TRUE(s3_.store(options)->run(batch, stop.get_token()));
    EXPECT_EQ(batch.succeeded, 100U);
  };
  // The tenth object is larger than expected, damaged on its way, or not one for a batch, and so got in another way.
  Batch other(ObjectTask::Kind::kGet, 100, std::string(1000, 'x'));
  other.expect_wrong_size_of = 10;
  gets_all(other);
  Batch unknown(ObjectTask::Kind::kGet, 100, std::string(1000, 'x'));
  unknown.expect_nothing_of = 10;
  gets_all(unknown);
  Batch damaged(ObjectTask::Kind::kGet, 100, std::string(1000, 'x'));
  std::atomic<int> answers = 0;
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token& stop) -> std::optional<Result<HttpResponse>> {
        if (answers++ != 10) return std::nullopt;
        s3_.intercept(nullptr);
        Result<HttpResponse> response = s3_.handle(request, stop);
        if (response) response->body[3] = '#';
        return response;
      });
  gets_all(damaged);
}

TEST_F(S3Batch, TakesAPageOfAProxyForNoObject) {
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    HttpResponse response;
    response.status = 200;
    response.headers.add("Content-Length", "0");
    return response;
  });
  Batch batch(ObjectTask::Kind::kGet, 1, "");
  ASSERT_TRUE(s3_.store()->run(batch, {}));
  EXPECT_EQ(batch.succeeded, 0U);
}

}  // namespace
}  // namespace attache::testing
