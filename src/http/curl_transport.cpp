#include <attache/http/transport.hpp>

#include "curl_loop.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace attache {
namespace {

/// Event threads for TLS. Encryption is what a thread is busy with: one moves about 1 GB/s, less than a fast link or
/// several cores could. Plain HTTP moves more than that on one thread, and every further one costs wake-ups.
constexpr std::size_t kMostTlsLoops = 4;

class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(HttpTransportOptions options)
      : options_(std::move(options)),
        tls_loops_(options_.event_threads > 0
                       ? std::min<std::size_t>(options_.event_threads, kMostTlsLoops)
                       : std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMostTlsLoops)) {}

  ~CurlTransport() override {
    // All stop before one is gone: a completion of one may start a request on another.
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    for (const auto& loop : loops_) {
      if (loop) loop->stop();
    }
    for (const auto& loop : loops_) {
      if (loop) loop->join();
    }
  }

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    CurlLoop* const loop = choose(request.url.starts_with("https:"));
    if (loop == nullptr) return done(cancelled());
    loop->start(request, std::move(stop), std::move(done));
  }

 private:
  /// The one with the least to do, the first of several: requests that come one after the other find their connection.
  /// A loop is made when those before it are busy. Null: everything is being destroyed.
  CurlLoop* choose(bool is_tls) {
    const std::lock_guard lock(mutex_);
    std::size_t best = 0;
    for (std::size_t i = 0; i < (is_tls ? tls_loops_ : 1); ++i) {
      if (load(i) < load(best)) best = i;
    }
    if (!loops_[best] && !stopping_) loops_[best] = std::make_unique<CurlLoop>(options_);
    return loops_[best].get();
  }

  std::size_t load(std::size_t loop) const { return loops_[loop] ? loops_[loop]->load() : 0; }

  const HttpTransportOptions options_;
  const std::size_t tls_loops_;
  std::mutex mutex_;
  std::array<std::unique_ptr<CurlLoop>, kMostTlsLoops> loops_;  // guarded by mutex_
  bool stopping_ = false;                                       // guarded by mutex_
};

}  // namespace

std::unique_ptr<HttpTransport> make_curl_transport(const HttpTransportOptions& options) {
  return std::make_unique<CurlTransport>(options);
}

}  // namespace attache
