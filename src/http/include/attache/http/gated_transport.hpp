#pragma once

#include <attache/http/request_gate.hpp>
#include <attache/http/transport.hpp>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace attache {

/// Lets requests through to another transport when its gates agree, in the order in which they came; urgent ones
/// (HttpRequest::urgent) at once. Blocks nobody: what must wait is kept here, and started by the end of another request
/// or by a thread that exists once something had to wait. A request that waits is cancelled as any other.
///
/// When it is destroyed, what waits here is kCancelled, and what is under way is waited for: cancel it before.
class GatedTransport final : public HttpTransport {
 public:
  static constexpr std::size_t kMostGates = 2;

  /// At most kMostGates gates. `inner` must outlive it.
  GatedTransport(HttpTransport& inner, std::vector<std::unique_ptr<RequestGate>> gates);
  GatedTransport(const GatedTransport&) = delete;
  GatedTransport& operator=(const GatedTransport&) = delete;
  ~GatedTransport() override;

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override;

  /// Requests that wait at the gates.
  std::size_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  using Numbers = std::array<std::uint64_t, kMostGates>;
  struct Poke {
    GatedTransport* transport;
    void operator()() const { transport->poke(); }
  };
  struct Waiting {
    const HttpRequest* request;
    std::stop_token stop;
    Completion done;
    Numbers numbers{};
    std::optional<std::stop_callback<Poke>> on_stop;  ///< goes without the lock: it may be at work, waiting for it
  };
  using Queue = std::list<std::unique_ptr<Waiting>>;

  void poke();
  /// Under the lock: true if the request starts now; false with the time to ask again in wake_at_.
  bool admit(const HttpRequest& request, Numbers& numbers);
  /// Under the lock: takes from the queue what may start now.
  Queue take_startable();
  /// Without the lock. `running_` has counted them.
  void start_now(const HttpRequest& request, std::stop_token stop, Completion done, const Numbers& numbers);
  void start_all(const Queue& startable);
  void ended(const HttpRequest& request, Result<HttpResponse> response, const Completion& done, const Numbers& numbers);
  void cancel_all(const Queue& gone);
  void run(const std::stop_token& shutdown);

  HttpTransport& inner_;
  const std::vector<std::unique_ptr<RequestGate>> gates_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Queue queue_;                                           // guarded by mutex_, as all below
  Clock::time_point wake_at_ = RequestGate::kAfterAnEnd;  // when the front of the queue is to be asked again
  std::size_t running_ = 0;                               // started and not completed, and completions at work
  bool poked_ = false;                                    // the thread has to look again
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace attache
