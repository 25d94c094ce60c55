#pragma once

#include <attache/http/transport.hpp>
#include <attache/store/testing/fault_server.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace attache::testing {

struct FaultTransportOptions {
  std::uint64_t seed = 1;
  /// The part of all requests that go wrong.
  double rate = 0.05;
  /// How often each fault is chosen, relative to the others. Those of the connection's bytes (kExtraBytes, kDrip, the
  /// wrong lengths) are a server's: they are never chosen here.
  std::array<double, kS3Faults> weights = default_weights();
  /// A stall ends with kNetwork after this long, as if by the limit of a transport.
  std::chrono::milliseconds stall{20};
  /// Told of every fault, on the thread that starts the request.
  std::function<void(S3Fault, const HttpRequest&)> on_fault;

  /// One for everything that passes; little for what ends a call.
  static std::array<double, kS3Faults> default_weights();
};

/// Makes requests to another transport go wrong at random. The choice depends on the seed, the request's method and
/// URL, and how often it was sent, so that threads with keys of their own see the same faults in every run.
/// Thread-safe.
class FaultTransport final : public HttpTransport {
 public:
  /// `inner` must outlive it.
  FaultTransport(HttpTransport& inner, FaultTransportOptions options);
  /// Waits for what is under way.
  ~FaultTransport() override;

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Poke {
    FaultTransport* transport;
    void operator()() const { transport->poke(); }
  };
  /// An end that comes from here, at its time.
  struct Due {
    Due(const HttpRequest& asked, std::stop_token token, Result<HttpResponse> answer, Completion completion,
        Clock::time_point when)
        : request(&asked), stop(std::move(token)), result(std::move(answer)), done(std::move(completion)), at(when) {}
    const HttpRequest* request;
    std::stop_token stop;
    Result<HttpResponse> result;
    Completion done;
    Clock::time_point at;
    std::optional<std::stop_callback<Poke>> on_stop;
  };

  S3Fault choose(const HttpRequest& request, std::uint64_t& random);
  void deliver_later(const HttpRequest& request, std::stop_token stop, Result<HttpResponse> result, Completion done,
                     std::chrono::milliseconds delay = std::chrono::milliseconds(0));
  void start_altered(S3Fault fault, std::uint64_t random, const HttpRequest& request, std::stop_token stop,
                     Completion done);
  void poke();
  void run(const std::stop_token& shutdown);

  HttpTransport& inner_;
  const FaultTransportOptions options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::uint64_t> sent_;  // guarded by mutex_, as all below: by method and URL
  std::list<std::unique_ptr<Due>> due_;
  std::size_t running_ = 0;
  bool poked_ = false;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace attache::testing
