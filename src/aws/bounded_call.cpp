#include "bounded_call.hpp"

#include <attache/http/url.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>

namespace attache {
namespace {

Result<HttpResponse> perform_within(HttpTransport& transport, const HttpRequest& request,
                                    std::chrono::milliseconds timeout, const std::stop_token& stop) {
  std::stop_source either;
  const std::stop_callback forward(stop, [&] { either.request_stop(); });
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<Result<HttpResponse>> result;  // guarded by mutex
  transport.start(request, either.get_token(), [&](Result<HttpResponse> answer) {
    // Notified under the lock: the waiting thread cannot leave before this returns.
    const std::lock_guard lock(mutex);
    result.emplace(std::move(answer));
    finished.notify_one();
  });
  const auto is_finished = [&] { return result.has_value(); };
  std::unique_lock lock(mutex);
  if (finished.wait_for(lock, timeout, is_finished)) return *std::move(result);
  lock.unlock();
  either.request_stop();
  lock.lock();
  finished.wait(lock, is_finished);  // the transport keeps its own promise to end within 250 ms
  if (stop.stop_requested() || *result) return *std::move(result);
  const auto url = parse_url(request.url);
  return fail(ErrorCode::kNetwork,
              (url ? url->host_and_port() : "the service") + " gave no complete answer within " +
                  std::to_string(timeout.count()) + " ms",
              "check the network, then try again");
}

/// False if `stop` fired.
bool pause_for(std::chrono::milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
  if (pause.count() <= 0) return pause;
  std::random_device seed;
  std::minstd_rand random(seed());
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::chrono::milliseconds::rep>(pause.count() / 2, pause.count())(random));
}

}  // namespace

Result<HttpResponse> bounded_call(HttpTransport& transport, const HttpRequest& request, const CallLimits& limits,
                                  const std::function<bool(const HttpResponse&)>& is_passing, std::stop_token stop) {
  std::chrono::milliseconds pause = limits.pause;
  for (int attempt = 1;; ++attempt) {
    if (stop.stop_requested()) return cancelled();
    Result<HttpResponse> response = perform_within(transport, request, limits.timeout, stop);
    const bool again = response ? is_passing && is_passing(*response) : response.error().code() == ErrorCode::kNetwork;
    if (!again || attempt >= limits.attempts) return response;
    if (!pause_for(jittered(pause), stop)) return cancelled();
    pause *= 2;
  }
}

bool is_passing_status(const HttpResponse& response) {
  return response.status == 429 || response.status >= 500;
}

}  // namespace attache
