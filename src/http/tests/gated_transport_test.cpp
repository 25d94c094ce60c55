#include <attache/http/gated_transport.hpp>
#include <attache/http/testing/fake_transport.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>

namespace attache::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// Keeps requests until they are let go, in any order.
class HeldTransport final : public HttpTransport {
 public:
  struct Held {
    const HttpRequest* request;
    std::stop_token stop;
    Completion done;
  };

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    const std::lock_guard lock(mutex_);
    held_.push_back({&request, std::move(stop), std::move(done)});
    most_ = std::max(most_, held_.size());
    changed_.notify_all();
  }

  /// URLs of those held.
  std::string urls() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const Held& held : held_) text += held.request->url;
    return text;
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return held_.size() >= count; });
  }
  /// Ends the oldest.
  void end(Result<HttpResponse> response = respond(200)) {
    std::unique_lock lock(mutex_);
    Held held = std::move(held_.front());
    held_.erase(held_.begin());
    lock.unlock();
    held.done(std::move(response));
  }
  std::size_t most() const { return most_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Held> held_;
  std::size_t most_ = 0;
};

std::vector<std::unique_ptr<RequestGate>> one_at_a_time() {
  std::vector<std::unique_ptr<RequestGate>> gates;
  gates.push_back(std::make_unique<ConcurrencyGate>(AdaptiveConcurrencyOptions{.most = 1, .initial = 1}));
  return gates;
}

HttpRequest named(std::string url, bool urgent = false) {
  HttpRequest request;
  request.url = std::move(url);
  request.urgent = urgent;
  return request;
}

/// Waits for a number of ends.
class Ends {
 public:
  HttpTransport::Completion completion() {
    return [this](const Result<HttpResponse>& response) {
      const std::lock_guard lock(mutex_);
      codes_.push_back(response ? "ok" : std::string(to_string(response.error().code())));
      changed_.notify_all();
    };
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return codes_.size() >= count; });
    return codes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> codes_;
};

TEST(GatedTransport, StartsWhatWaitsInOrderWhenOthersEnd) {
  HeldTransport inner;
  Ends ends;
  const HttpRequest requests[] = {named("a"), named("b"), named("c")};
  GatedTransport gated(inner, one_at_a_time());
  for (const HttpRequest& request : requests) gated.start(request, {}, ends.completion());
  EXPECT_EQ(inner.urls(), "a");
  EXPECT_EQ(gated.waiting(), 2U);
  inner.end();
  EXPECT_EQ(inner.urls(), "b");
  inner.end();
  EXPECT_EQ(inner.urls(), "c");
  inner.end();
  EXPECT_EQ(ends.wait_for(3), (std::vector<std::string>{"ok", "ok", "ok"}));
}

TEST(GatedTransport, LetsUrgentRequestsPass) {
  HeldTransport inner;
  Ends ends;
  const HttpRequest first = named("a");
  const HttpRequest second = named("b");
  const HttpRequest urgent = named("!", true);
  GatedTransport gated(inner, one_at_a_time());
  gated.start(first, {}, ends.completion());
  gated.start(second, {}, ends.completion());
  gated.start(urgent, {}, ends.completion());
  EXPECT_EQ(inner.urls(), "a!");
  inner.end();
  EXPECT_EQ(inner.urls(), "!") << "the urgent one counts, too";
  inner.end();
  EXPECT_EQ(inner.urls(), "b");
  inner.end();
}

TEST(GatedTransport, CancelsWhatWaits) {
  HeldTransport inner;
  Ends first_end;
  Ends second_end;
  const HttpRequest first = named("a");
  const HttpRequest second = named("b");
  std::stop_source stop;
  GatedTransport gated(inner, one_at_a_time());
  gated.start(first, {}, first_end.completion());
  gated.start(second, stop.get_token(), second_end.completion());
  stop.request_stop();
  EXPECT_EQ(second_end.wait_for(1), (std::vector<std::string>{"cancelled"})) << "though the first has not ended";
  EXPECT_EQ(gated.waiting(), 0U);
  inner.end();
  EXPECT_EQ(inner.urls(), "");
}

TEST(GatedTransport, CancelsWhatWasCancelledBeforeItHadToWait) {
  HeldTransport inner;
  Ends first_end;
  Ends second_end;
  const HttpRequest first = named("a");
  const HttpRequest second = named("b");
  std::stop_source stop;
  stop.request_stop();
  GatedTransport gated(inner, one_at_a_time());
  gated.start(first, {}, first_end.completion());
  gated.start(second, stop.get_token(), second_end.completion());
  EXPECT_EQ(second_end.wait_for(1), (std::vector<std::string>{"cancelled"}));
  inner.end();
}

TEST(GatedTransport, StartsWhatWaitsForTimeWithoutAnybodysEnd) {
  HeldTransport inner;
  Ends ends;
  std::vector<std::unique_ptr<RequestGate>> gates;
  gates.push_back(std::make_unique<RateGate>(RateLimitOptions{.requests_per_second = 20}, SteadyClock::now()));
  const HttpRequest requests[] = {named("a"), named("b"), named("c"), named("d"), named("e")};
  GatedTransport gated(inner, std::move(gates));
  const auto begin = SteadyClock::now();
  for (const HttpRequest& request : requests) gated.start(request, {}, ends.completion());
  inner.wait_for(5);
  EXPECT_GT(SteadyClock::now() - begin, 140ms) << "two at once, the others 50 ms apart";
  EXPECT_EQ(inner.urls(), "abcde");
  for (int i = 0; i < 5; ++i) inner.end();
}

TEST(GatedTransport, BlocksNobodyUntilTheTimeHasCome) {
  HeldTransport inner;
  Ends ends;
  std::vector<std::unique_ptr<RequestGate>> gates;
  gates.push_back(std::make_unique<RateGate>(RateLimitOptions{.requests_per_second = 0.001}, SteadyClock::now()));
  const HttpRequest requests[] = {named("a"), named("b"), named("c")};
  std::stop_source stop;
  GatedTransport gated(inner, std::move(gates));
  for (const HttpRequest& request : requests) gated.start(request, stop.get_token(), ends.completion());
  EXPECT_EQ(inner.urls(), "a") << "the next ones are not due for a quarter of an hour, and start() returned";
  EXPECT_EQ(gated.waiting(), 2U);
  stop.request_stop();
  EXPECT_EQ(ends.wait_for(2), (std::vector<std::string>{"cancelled", "cancelled"}));
  inner.end();
}

TEST(GatedTransport, CancelsWhatWaitsWhenItGoes) {
  HeldTransport inner;
  Ends ends;
  const HttpRequest first = named("a");
  const HttpRequest second = named("b");
  auto gated = std::make_unique<GatedTransport>(inner, one_at_a_time());
  gated->start(first, {}, ends.completion());
  gated->start(second, {}, ends.completion());
  std::jthread late([&] {
    std::this_thread::sleep_for(30ms);
    inner.end();
  });
  gated.reset();
  EXPECT_EQ(ends.wait_for(2), (std::vector<std::string>{"cancelled", "ok"}));
}

TEST(GatedTransport, EndsWhatACompletionStartsWhileItGoes) {
  HeldTransport inner;
  Ends ends;
  const HttpRequest first = named("a");
  const HttpRequest second = named("b");
  auto gated = std::make_unique<GatedTransport>(inner, one_at_a_time());
  gated->start(first, {}, ends.completion());
  GatedTransport* raw = gated.get();
  gated->start(second, {}, [&, raw](const Result<HttpResponse>&) { raw->start(second, {}, ends.completion()); });
  std::jthread late([&] {
    std::this_thread::sleep_for(30ms);
    inner.end();
  });
  gated.reset();
  EXPECT_EQ(ends.wait_for(2), (std::vector<std::string>{"cancelled", "ok"}));
}

TEST(GatedTransport, LosesNothingUnderManyThreads) {
  FakeTransport inner([](const SeenRequest&, const std::stop_token&) { return respond(200); });
  std::vector<std::unique_ptr<RequestGate>> gates;
  gates.push_back(std::make_unique<ConcurrencyGate>(AdaptiveConcurrencyOptions{.most = 3, .initial = 3}));
  gates.push_back(std::make_unique<RateGate>(RateLimitOptions{.requests_per_second = 1e6}, SteadyClock::now()));
  GatedTransport gated(inner, std::move(gates));
  std::atomic<int> ok = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 100; ++j) {
          std::stop_source stop;
          const HttpRequest request = named("http://h/");
          std::jthread canceller;
          if (i == 0 && j % 10 == 0) canceller = std::jthread([&] { stop.request_stop(); });
          const auto response = gated.perform(request, stop.get_token());
          ok += response || response.error().code() == ErrorCode::kCancelled ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(ok, 800);
  EXPECT_EQ(gated.waiting(), 0U);
}

}  // namespace
}  // namespace attache::testing
