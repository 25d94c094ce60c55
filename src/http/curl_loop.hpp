#pragma once

#include <attache/http/transport.hpp>

#include <cstddef>
#include <memory>
#include <stop_token>

namespace attache {

/// One event thread over libcurl's multi interface, with connections of its own. Thread-safe.
class CurlLoop {
 public:
  explicit CurlLoop(const HttpTransportOptions& options);
  ~CurlLoop();

  /// As HttpTransport::start(). After the thread has ended `done` is called here and now, with kCancelled.
  void start(const HttpRequest& request, std::stop_token stop, HttpTransport::Completion done);
  /// Requests that were started and have not ended.
  std::size_t load() const;

  /// Cancels everything; join() waits until that is done, and must be called before the loop goes.
  void stop();
  void join();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
