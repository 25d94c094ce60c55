#include <attache/http/token_bucket.hpp>
#include <attache/store/throttled_store.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace attache {

namespace {

using Time = std::chrono::steady_clock::time_point;

/// What may come at once after a pause, in seconds of the rate; as for requests (request_gate.cpp).
constexpr double kBurst = 0.25;

/// Waits in one piece: its stop callback wakes it.
bool really_wait(Time until, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, stop, until, [] { return false; });
  return !stop.stop_requested();
}

class Throttle {
 public:
  explicit Throttle(const ThrottleOptions& options) : options_(options), free_(options.concurrency) {
    if (!options_.wait) options_.wait = really_wait;
    if (options.bytes_per_second > 0) {
      bytes_.emplace(options.bytes_per_second, options.bytes_per_second * kBurst, options_.clock());
    }
  }

  /// These bytes have moved: waits until the next may.
  Status moved(std::size_t bytes, const std::stop_token& stop) {
    if (!bytes_ || bytes == 0) return {};
    Time ready;
    {
      const std::lock_guard lock(mutex_);
      const Time now = options_.clock();
      bytes_->take(static_cast<double>(bytes), now);
      ready = bytes_->ready_at(now);
      if (ready <= now) return {};
    }
    return options_.wait(ready, stop) ? Status{} : Status(cancelled());
  }

  Status enter(const std::stop_token& stop) {
    if (options_.concurrency == 0) return {};
    std::unique_lock lock(mutex_);
    if (!left_.wait(lock, stop, [&] { return free_ > 0; }) || stop.stop_requested()) return cancelled();
    --free_;
    return {};
  }

  void leave() {
    if (options_.concurrency == 0) return;
    {
      const std::lock_guard lock(mutex_);
      ++free_;
    }
    left_.notify_one();
  }

 private:
  ThrottleOptions options_;
  std::mutex mutex_;  // guards all below
  std::condition_variable_any left_;
  std::size_t free_;
  std::optional<TokenBucket> bytes_;
};

class Leave {
 public:
  explicit Leave(Throttle& throttle) : throttle_(throttle) {}
  Leave(const Leave&) = delete;
  Leave& operator=(const Leave&) = delete;
  ~Leave() { throttle_.leave(); }

 private:
  Throttle& throttle_;
};

class ThrottledSource final : public ObjectSource {
 public:
  ThrottledSource(ObjectSource& source, Throttle& throttle, std::stop_token stop)
      : source_(source), throttle_(throttle), stop_(std::move(stop)) {}

  std::uint64_t size() const override { return source_.size(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    ATTACHE_ASSIGN(const std::size_t count, source_.read(buffer));
    ATTACHE_TRY(throttle_.moved(count, stop_));
    return count;
  }
  Status verify() override { return source_.verify(); }
  void release() override { source_.release(); }

 private:
  ObjectSource& source_;
  Throttle& throttle_;
  std::stop_token stop_;
};

class ThrottledSink final : public ObjectSink {
 public:
  ThrottledSink(ObjectSink& sink, Throttle& throttle, std::stop_token stop)
      : sink_(sink), throttle_(throttle), stop_(std::move(stop)) {}

  Status begin(const ObjectInfo& info) override { return sink_.begin(info); }
  Status write(std::span<const std::byte> data) override {
    ATTACHE_TRY(sink_.write(data));
    return throttle_.moved(data.size(), stop_);
  }

 private:
  ObjectSink& sink_;
  Throttle& throttle_;
  std::stop_token stop_;
};

class ThrottledStore final : public ObjectStore {
 public:
  ThrottledStore(std::unique_ptr<ObjectStore> store, const ThrottleOptions& options)
      : store_(std::move(store)), throttle_(options) {}

  std::string root_uri() const override { return store_->root_uri(); }
  bool is_service() const override { return store_->is_service(); }

  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    ATTACHE_TRY(throttle_.enter(stop));
    const Leave leave(throttle_);
    return store_->head(key, std::move(stop));
  }
  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    ATTACHE_TRY(throttle_.enter(stop));
    const Leave leave(throttle_);
    ThrottledSource throttled(source, throttle_, stop);
    return store_->put(key, throttled, options, std::move(stop));
  }
  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    ATTACHE_TRY(throttle_.enter(stop));
    const Leave leave(throttle_);
    ThrottledSink throttled(sink, throttle_, stop);
    return store_->get(key, throttled, options, std::move(stop));
  }
  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    ATTACHE_TRY(throttle_.enter(stop));
    const Leave leave(throttle_);
    return store_->copy(from, to, options, std::move(stop));
  }
  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    return store_->list(prefix, options, std::move(stop));
  }
  Status remove(std::string_view key, std::stop_token stop) override { return store_->remove(key, std::move(stop)); }
  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    return store_->remove_all(keys, std::move(stop));
  }
  Status make_durable(std::stop_token stop) override { return store_->make_durable(std::move(stop)); }

 private:
  const std::unique_ptr<ObjectStore> store_;
  Throttle throttle_;
};

}  // namespace

std::unique_ptr<ObjectStore> make_throttled_store(std::unique_ptr<ObjectStore> store, const ThrottleOptions& options) {
  return std::make_unique<ThrottledStore>(std::move(store), options);
}

}  // namespace attache
