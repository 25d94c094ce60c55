#include <attache/base/byte_size.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
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
  /// Waits until nothing new is started for a while.
  void settle() {
    std::unique_lock lock(mutex_);
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

TEST(S3Memory, StaysWithinItsBudgetWhileManyUploadsStall) {
  StallingTransport transport;
  Credentials keys;
  keys.access_key_id = "AKIAIOSFODNN7EXAMPLE";
  keys.secret_access_key = "secret";
  StaticCredentials credentials(keys);
  S3StoreOptions options = FakeS3::store_options();
  options.buffer_bytes = 32 * kMiB;
  options.multipart_threshold = 5 * kMiB;
  options.concurrency.most = 0;
  const auto store = make_s3_store(options, FakeS3::settings(true), transport, credentials).value();
  const std::string content(11 * kMiB, 'x');
  std::stop_source stop;
  std::vector<std::jthread> uploads;
  for (int i = 0; i < 64; ++i) {
    uploads.emplace_back([&, i] {
      MemorySource source(std::as_bytes(std::span(content)));
      const Status status = store->put("x" + std::to_string(i), source, {}, stop.get_token());
      EXPECT_FALSE(status);
    });
  }
  transport.settle();
  EXPECT_GT(transport.most(), options.buffer_bytes / 2);
  EXPECT_LE(transport.most(), options.buffer_bytes);
  stop.request_stop();
  uploads.clear();
}

}  // namespace
}  // namespace attache::testing
