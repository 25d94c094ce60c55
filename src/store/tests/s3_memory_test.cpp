#include <attache/base/byte_size.hpp>
#include <attache/hash/crc.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include "s3_checksum.hpp"
#include "s3_transfer.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
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

using namespace std::chrono_literals;

/// The most memory that this process has had at one time.
long peak_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// Answers what creates an upload, and nothing else: every body stays where it is until its request is cancelled.
class StallingTransport final : public HttpTransport {
 public:
  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    if (request.method == HttpMethod::kPost) {
      HttpResponse response;
      response.status = 200;
      response.body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
      return done(std::move(response));
    }
    Call* call = nullptr;
    {
      const std::lock_guard lock(mutex_);
      call = &calls_.emplace_back();
      call->done = std::move(done);
      call->bytes = request.body.size();
      in_flight_ += call->bytes;
      most_ = std::max(most_, in_flight_);
      ++started_;
    }
    changed_.notify_all();
    call->on_stop.emplace(std::move(stop), [this, call] { end(*call); });
  }

  std::uint64_t most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  /// Waits until so many bytes are under way, and then until nothing new is started for a while. A body takes long to
  /// hash in a build with sanitizers.
  void settle(std::uint64_t bytes = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 30s, [&] { return most_ >= bytes; });
    for (std::size_t seen = started_ + 1; seen != started_;) {
      seen = started_;
      changed_.wait_for(lock, 300ms, [&] { return started_ != seen; });
    }
  }

 private:
  struct Call {
    Completion done;
    std::uint64_t bytes = 0;
    std::optional<std::stop_callback<std::function<void()>>> on_stop;
  };

  void end(Call& call) {
    {
      const std::lock_guard lock(mutex_);
      in_flight_ -= call.bytes;
    }
    call.done(fail(ErrorCode::kCancelled, "cancelled"));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Call> calls_;  // guarded by mutex_; where they are, they stay
  std::uint64_t in_flight_ = 0;
  std::uint64_t most_ = 0;
  std::size_t started_ = 0;
};

class S3Memory : public ::testing::Test {
 protected:
  S3Memory() {
    options_.buffer_bytes = 32 * kMiB;
    options_.multipart_threshold = 5 * kMiB;
    options_.concurrency.most = 0;
  }
  std::unique_ptr<ObjectStore> store() {
    return make_s3_store(options_, FakeS3::settings(true), transport_, credentials_).value();
  }

  static Credentials keys() {
    Credentials keys;
    keys.access_key_id = "AKIAIOSFODNN7EXAMPLE";
    keys.secret_access_key = "secret";
    return keys;
  }

  StallingTransport transport_;
  StaticCredentials credentials_{keys()};
  S3StoreOptions options_ = FakeS3::store_options();
};

TEST_F(S3Memory, StaysWithinItsBudgetWhileManyUploadsStall) {
  const auto s3 = store();
  const std::string content(11 * kMiB, 'x');
  std::stop_source stop;
  std::vector<std::jthread> uploads;
  for (int i = 0; i < 64; ++i) {
    uploads.emplace_back([&, i] {
      MemorySource source(std::as_bytes(std::span(content)));
      const Status status = s3->put("x" + std::to_string(i), source, {}, stop.get_token());
      EXPECT_FALSE(status);
    });
  }
  transport_.settle();
  EXPECT_GT(transport_.most(), options_.buffer_bytes / 2);
  EXPECT_LE(transport_.most(), options_.buffer_bytes);
  stop.request_stop();
  uploads.clear();
}

/// As many small objects as anybody wants to send.
class EndlessPuts final : public ObjectBatch {
 public:
  explicit EndlessPuts(std::size_t bytes) : content_(bytes, 'x') {}
  std::optional<ObjectTask> next() override {
    ObjectTask task{.kind = ObjectTask::Kind::kPut, .key = "x" + std::to_string(sources_.size())};
    task.source = &sources_.emplace_back(std::as_bytes(std::span(content_)));
    return task;
  }
  void done(const ObjectTask&, Result<std::optional<ObjectInfo>>) override {}

 private:
  std::string content_;
  std::list<MemorySource> sources_;
};

// Of a line that has not answered nothing is known but that more would only wait.
TEST_F(S3Memory, HasNoMoreUnderWayThanALineIsKnownToHold) {
  options_.buffer_bytes = 256 * kMiB;
  const auto s3 = store();
  std::stop_source stop;
  std::jthread sender([&] {
    EndlessPuts batch(kMiB);
    EXPECT_FALSE(s3->run(batch, stop.get_token()));
  });
  transport_.settle(16 * kMiB);
  EXPECT_EQ(transport_.most(), 16 * kMiB);
  stop.request_stop();
}

TEST_F(S3Memory, SendsSmallObjectsBesideLargeOnesThatFillTheLine) {
  options_.buffer_bytes = 256 * kMiB;
  const auto s3 = store();
  const std::string content(20 * kMiB, 'x');
  std::stop_source stop;
  std::vector<std::jthread> senders;
  const auto send_large = [&](int number) {
    senders.emplace_back([&, number] {
      MemorySource source(std::as_bytes(std::span(content)));
      EXPECT_FALSE(s3->put("large" + std::to_string(number), source, {}, stop.get_token()));
    });
  };
  // The first one fills the window, so that the others have what they may have anyway.
  send_large(0);
  transport_.settle(content.size());
  for (int i = 1; i < 4; ++i) send_large(i);
  const std::uint64_t large = content.size() + 3 * kPartsAnyway * options_.part_bytes;
  transport_.settle(large);
  EXPECT_EQ(transport_.most(), large);
  senders.emplace_back([&] {
    EndlessPuts batch(64 * kKiB);
    EXPECT_FALSE(s3->run(batch, stop.get_token()));
  });
  transport_.settle(large + 4 * kMiB);
  EXPECT_EQ(transport_.most(), large + 4 * kMiB);
  stop.request_stop();
  senders.clear();
}

/// Bytes that are a function of their place, as from a sparse file of any size.
class SparseSource final : public ObjectSource {
 public:
  explicit SparseSource(std::uint64_t size) : size_(size) {}

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    ATTACHE_ASSIGN(const std::size_t count, read_at(offset_, buffer));
    offset_ += count;
    return count;
  }
  Status verify() override { return {}; }
  bool can_read_at() const override { return true; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size_ - offset));
    std::fill_n(buffer.begin(), count, std::byte{0});
    for (std::uint64_t at = (offset + 4095) / 4096 * 4096; at < offset + count; at += 4096) {
      buffer[static_cast<std::size_t>(at - offset)] = static_cast<std::byte>(at / 4096 % 251 + change_);
    }
    return count;
  }
  /// From now on other bytes are read.
  void change() { change_ = 1; }

 private:
  const std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::atomic<std::uint64_t> change_ = 0;
};

/// Takes an upload of streamed parts and sums up what comes; answers from a thread of its own.
class SummingTransport final : public HttpTransport {
 public:
  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    static_cast<void>(stop);
    workers_.emplace_back([this, &request, done = std::move(done)] { done(answer(request)); });
  }

  std::function<void()> before_part = [] {};
  std::vector<std::uint64_t> part_bytes{};
  std::size_t most_memory = 0;  ///< of a body
  std::vector<std::string> requests{};

 private:
  Result<HttpResponse> answer(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    HttpResponse response;
    response.status = 200;
    requests.emplace_back(to_string(request.method));
    if (request.method == HttpMethod::kPut) most_memory = std::max(most_memory, request.body.size());
    if (request.method == HttpMethod::kPost) {
      if (request.url.find("uploads") != std::string::npos) {
        response.headers.add("x-amz-checksum-type", "FULL_OBJECT");
        response.body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
      } else {
        response.body = "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>";
        whole_crc = std::string(request.headers.find("x-amz-checksum-crc64nvme").value_or(""));
      }
      return response;
    }
    if (request.body_source == nullptr) return response;
    before_part();
    std::vector<std::byte> buffer(256 * kKiB);
    std::uint64_t crc = 0;
    std::uint64_t at = 0;
    while (at < request.body_source->size()) {
      ATTACHE_ASSIGN(const std::size_t count, request.body_source->read(at, buffer));
      crc = crc64nvme(std::span(buffer).first(count), crc);
      at += count;
    }
    part_bytes.push_back(at);
    crc_of_parts = part_bytes.size() == 1 ? crc : crc64nvme_combine(crc_of_parts, crc, at);
    response.headers.add("etag", "\"e\"");
    return response;
  }

 public:
  std::uint64_t crc_of_parts = 0;
  std::string whole_crc;

 private:
  std::mutex mutex_;
  std::list<std::jthread> workers_;  // last: they use all of the above
};

class StreamedParts : public ::testing::Test {
 protected:
  StreamedParts() {
    Credentials keys;
    keys.access_key_id = "AKIAIOSFODNN7EXAMPLE";
    keys.secret_access_key = "secret";
    credentials_.emplace(keys);
    options_ = FakeS3::store_options();
    options_.parts_in_flight = 1;
  }

  Status put(ObjectSource& source) {
    const auto store = make_s3_store(options_, FakeS3::settings(true), transport_, *credentials_).value();
    return store->put("big", source, {}, {});
  }

  SummingTransport transport_;
  std::optional<StaticCredentials> credentials_;
  S3StoreOptions options_;
};

/// The first and the last part of what 5 TiB are sent in; all between would be like the first.
TEST_F(StreamedParts, TakeAFewMegabytesOfMemoryWhateverTheirSize) {
  options_.part_bytes = s3_part_bytes(5 * kGiB * 1024, options_.part_bytes);
  EXPECT_EQ(options_.part_bytes, 525 * kMiB);
  SparseSource source(options_.part_bytes + 12'345);
  const long before = peak_memory_kib();
  const Status status = put(source);
  ASSERT_TRUE(status) << status.error().to_string();
  EXPECT_EQ(transport_.part_bytes, (std::vector<std::uint64_t>{525 * kMiB, 12'345}));
  EXPECT_EQ(transport_.most_memory, 0U) << "of a body, in one piece";
  EXPECT_EQ(transport_.whole_crc, s3_checksum_text(S3Checksum::kCrc64Nvme, transport_.crc_of_parts));
  EXPECT_LT(peak_memory_kib() - before, 64 * 1024);
}

TEST_F(StreamedParts, AreUsedForPartsThatFewOfWouldFitInMemory) {
  options_.part_bytes = 8 * kMiB;
  options_.buffer_bytes = 32 * kMiB;
  SparseSource fits(24 * kMiB);
  static_cast<void>(put(fits));
  EXPECT_TRUE(transport_.part_bytes.empty());
  options_.buffer_bytes = 31 * kMiB;
  SparseSource does_not(24 * kMiB);
  ASSERT_TRUE(put(does_not));
  EXPECT_EQ(transport_.part_bytes.size(), 3U);
}

TEST_F(StreamedParts, FailAndAbortIfTheirSourceChangesWhileItIsSent) {
  options_.part_bytes = 8 * kMiB;
  options_.buffer_bytes = 16 * kMiB;
  SparseSource source(20 * kMiB);
  transport_.before_part = [&] { source.change(); };
  const Status status = put(source);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kSourceChanged);
  EXPECT_EQ(transport_.requests.back(), "DELETE");
  EXPECT_EQ(transport_.whole_crc, "");
}

}  // namespace
}  // namespace attache::testing
