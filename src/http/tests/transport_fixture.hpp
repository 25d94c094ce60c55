#pragma once

#include <attache/http/testing/scripted_server.hpp>
#include <attache/http/transport.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace attache::testing {

/// Loopback must not go through a proxy of the machine that runs the tests.
inline HttpTransportOptions loopback_options() {
  HttpTransportOptions options;
  options.proxy = "";
  return options;
}

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

/// Every byte value, not repeating with a short period.
inline std::string binary_data(std::size_t size) {
  std::string data(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : data) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return data;
}

/// Takes bodies of 2xx answers; can fail on purpose.
class RecordingSink final : public HttpBodySink {
 public:
  Result<bool> begin(int status, const HttpHeaders& headers) override {
    ++begun;
    static_cast<void>(headers);
    if (fail_begin) return fail(ErrorCode::kIo, "the sink does not begin", "x");
    return status / 100 == 2;
  }
  Status write(std::span<const std::byte> data) override {
    if (fail_after && received.size() >= *fail_after) return fail(ErrorCode::kNoSpace, "the sink is full", "x");
    received.append(reinterpret_cast<const char*>(data.data()), data.size());
    bytes.store(received.size());
    return {};
  }

  int begun = 0;
  std::string received;
  std::atomic<std::size_t> bytes = 0;  ///< for other threads
  bool fail_begin = false;
  std::optional<std::size_t> fail_after;
};

inline HttpRequest request_to(HttpMethod method, std::string url) {
  HttpRequest request;
  request.method = method;
  request.url = std::move(url);
  return request;
}

class CurlTransportTest : public ::testing::Test {
 protected:
  std::unique_ptr<HttpTransport> transport_ = make_curl_transport(loopback_options());

  Result<HttpResponse> get(const std::string& url) {
    return transport_->perform(request_to(HttpMethod::kGet, url), std::stop_token());
  }
};

}  // namespace attache::testing
