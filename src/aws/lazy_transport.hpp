#pragma once

#include <attache/aws/credentials_access.hpp>
#include <attache/http/transport.hpp>

#include <memory>
#include <mutex>

namespace attache {

/// A transport that is made with its first request: whose keys come from the environment needs no event thread for
/// them. Thread-safe.
class LazyTransport final : public HttpTransport {
 public:
  LazyTransport(HttpTransportFactory make, HttpTransportOptions options)
      : make_(std::move(make)), options_(std::move(options)) {}

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override {
    std::call_once(made_, [this] { transport_ = make_(options_); });
    transport_->start(request, std::move(stop), std::move(done));
  }

 private:
  const HttpTransportFactory make_;
  const HttpTransportOptions options_;
  std::once_flag made_;
  std::unique_ptr<HttpTransport> transport_;
};

}  // namespace attache
