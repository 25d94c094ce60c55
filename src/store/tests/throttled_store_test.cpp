#include <attache/store/memory_store.hpp>
#include <attache/store/testing/object_store_contract.hpp>
#include <attache/store/throttled_store.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace attache {
namespace testing {
namespace {

class Throttled final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  std::unique_ptr<ObjectStore> store_ =
      make_throttled_store(make_memory_store(), {.bytes_per_second = 1e12, .concurrency = 64});
};

INSTANTIATE_TEST_SUITE_P(Throttled, ObjectStoreContract,
                         ::testing::Values(ObjectStoreFactory{"Throttled",
                                                              [] { return std::make_unique<Throttled>(); }}));

}  // namespace
}  // namespace testing

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

class NoSink final : public ObjectSink {
 public:
  Status begin(const ObjectInfo& /*info*/) override { return {}; }
  Status write(std::span<const std::byte> /*data*/) override { return {}; }
};

Status put(ObjectStore& store, const std::string& key, const std::string& content, std::stop_token stop = {}) {
  MemorySource source(std::as_bytes(std::span(content)));
  return store.put(key, source, {}, std::move(stop));
}

TEST(ThrottledStore, KeepsItsRateInBothDirections) {
  Time now{1h};
  const Time begin = now;
  const auto store = make_throttled_store(make_memory_store(), {.bytes_per_second = 1000,
                                                                .clock = [&] { return now; },
                                                                .wait =
                                                                    [&](Time until, const std::stop_token&) {
                                                                      now = until;
                                                                      return true;
                                                                    }});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(put(*store, "k", std::string(300, 'x')));
  const double put_seconds = std::chrono::duration<double>(now - begin).count();
  EXPECT_LE(6000, 1000 * (put_seconds + 0.25)) << "never more than the rate and its burst";
  EXPECT_GE(6000, 1000 * (put_seconds - 0.01)) << "and not slower than asked for";
  NoSink sink;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store->get("k", sink, {}, {}));
  const double seconds = std::chrono::duration<double>(now - begin).count();
  EXPECT_NEAR(seconds, 12, 0.26);
}

TEST(ThrottledStore, StopsWaitingWhenItIsCancelled) {
  const auto store = make_throttled_store(make_memory_store(), {.bytes_per_second = 1});
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(20ms);
    stop.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const Status status = put(*store, "k", std::string(1000, 'x'), stop.get_token());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_FALSE(store->head("k", {}).value()) << "and nothing was stored";
}

/// Counts how many callers are inside of it.
class Slow final : public ObjectSource {
 public:
  Slow(std::atomic<int>& inside, std::atomic<int>& most) : inside_(inside), most_(most) {}
  std::uint64_t size() const override { return 1; }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (buffer.empty() || done_) return 0;
    done_ = true;
    const int now = ++inside_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
    std::this_thread::sleep_for(2ms);
    --inside_;
    buffer[0] = std::byte{1};
    return 1;
  }
  Status verify() override { return {}; }

 private:
  std::atomic<int>& inside_;
  std::atomic<int>& most_;
  bool done_ = false;
};

TEST(ThrottledStore, LetsOnlySoManyInAtATime) {
  const auto store = make_throttled_store(make_memory_store(), {.concurrency = 3});
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&, i] {
        Slow source(inside, most);
        EXPECT_TRUE(store->put("k" + std::to_string(i), source, {}, {}));
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(store->list("", {}, {}).value().objects.size(), 12U);
}

TEST(ThrottledStore, LetsNobodyInWhoIsCancelledWhileWaiting) {
  const auto store = make_throttled_store(make_memory_store(), {.concurrency = 1});
  class Blocking final : public ObjectSource {
   public:
    Blocking(std::latch& inside, std::latch& leave) : inside_(inside), leave_(leave) {}
    std::uint64_t size() const override { return 0; }
    Result<std::size_t> read(std::span<std::byte> /*buffer*/) override { return 0; }
    Status verify() override {
      inside_.count_down();
      leave_.wait();
      return {};
    }

   private:
    std::latch& inside_;
    std::latch& leave_;
  };
  std::latch inside(1);
  std::latch leave(1);
  std::jthread first([&] {
    Blocking source(inside, leave);
    EXPECT_TRUE(store->put("first", source, {}, {}));
  });
  inside.wait();
  std::stop_source stop;
  stop.request_stop();
  const auto head = store->head("first", stop.get_token());
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ErrorCode::kCancelled);
  leave.count_down();
  first.join();
  EXPECT_TRUE(store->head("first", {}).value()) << "whoever leaves makes room";
}

}  // namespace
}  // namespace attache
