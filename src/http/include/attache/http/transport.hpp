#pragma once

#include <attache/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache {

enum class HttpMethod { kGet, kHead, kPut, kPost, kDelete };
std::string_view to_string(HttpMethod method);

/// Header fields in the order they are sent or came; names compare without case.
class HttpHeaders {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  /// Removes every field of that name.
  void remove(std::string_view name);
  /// The first field of that name, if any.
  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Receives a response body in order. Called on the transport's thread: must not block for long. An error stops the
/// transfer and becomes its result. Nothing is called after the request's completion.
class HttpBodySink {
 public:
  virtual ~HttpBodySink() = default;
  /// Called once, before the first write, with the status and headers; also when the body turns out to be empty. For a
  /// status the sink does not want (an error document), it returns false and the body is collected into
  /// HttpResponse::body instead.
  virtual Result<bool> begin(int status, const HttpHeaders& headers) = 0;
  virtual Status write(std::span<const std::byte> data) = 0;
};

/// A request's body that is not in memory. Called on the transport's thread, while requests of others wait: it may read
/// a local file, and nothing slower.
class HttpBodySource {
 public:
  virtual ~HttpBodySource() = default;
  /// In bytes, at least one; the same at every call.
  virtual std::uint64_t size() const = 0;
  /// Fills the front of `buffer` with what the body has at `offset`; the number of bytes, never none. Called in order,
  /// and again from the start if the request has to be sent again. An error ends the request and becomes its result.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> buffer) = 0;
};

/// One request. Views must stay valid until the request has completed.
struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  /// Absolute, percent-encoded as it is to be sent: the transport changes no byte of it (signatures depend on it).
  std::string url;
  /// Sent as they are. The transport adds Host, User-Agent, Accept and Content-Length, unless they are given, and no
  /// other field. A name that is no token or a value with a control character is kInvalidArgument.
  HttpHeaders headers;
  /// Sent with a Content-Length, also when empty for PUT and POST. Stays in memory so that a request can be repeated;
  /// large objects are sent in parts. GET and HEAD have none (kInvalidArgument).
  std::span<const std::byte> body;
  /// Instead of `body`, for what is too large for memory (PUT only).
  HttpBodySource* body_source = nullptr;
  /// Where the body of the answer goes; none collects it into HttpResponse::body.
  HttpBodySink* sink = nullptr;
  /// What the body of the answer is believed to have; a small one takes less memory in the transport. None: anything.
  std::optional<std::uint64_t> expected_bytes{};
  /// Limit on a body collected into memory; more is kService. Error documents and list pages are far smaller.
  std::size_t max_collected_bytes = std::size_t{16} * 1024 * 1024;
  /// Instead of the transport's own, for work that takes a service long before its first byte.
  std::optional<std::chrono::seconds> stall_timeout;
  /// Sends it once, by a connection of its own. Without this, a request that a kept connection takes and never answers
  /// is sent again by another one, as the server has often just closed it; sometimes it has not, and acts twice.
  bool never_resend = false;
  /// Passes every gate at once (gated_transport.hpp): it ends work that others wait for, or that would be left behind.
  bool urgent = false;
};

/// Bytes of a request's body.
std::uint64_t body_bytes(const HttpRequest& request);

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;              ///< empty if a sink took it
  std::uint64_t body_bytes = 0;  ///< received, whoever took them
};

/// What every transport is told once.
struct HttpTransportOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  /// A transfer that moves less than 16 bytes per second for this long has stalled. Never a limit on the whole time.
  /// libcurl averages over its last seconds: a body that stops in the middle is noticed up to six seconds later.
  std::chrono::seconds stall_timeout{30};
  /// Idle connections kept for reuse, all hosts together.
  int max_connections = 64;
  /// Event threads for https; http needs only one. 0: one per core, up to four.
  unsigned event_threads = 0;
  /// PEM bundle to trust instead of the system's (AWS_CA_BUNDLE); empty: the system's.
  std::string ca_bundle;
  /// URL of a proxy; empty: no proxy; none: what HTTPS_PROXY, http_proxy and NO_PROXY say, read by libcurl itself.
  std::optional<std::string> proxy;
  std::string user_agent = "attache";
};

/// Sends HTTP requests. Thread-safe. Follows no redirect by itself. Any status is a response; an error means that no
/// complete response came:
/// - kNetwork, with a remedy: no connection, a stall, a connection that broke, a body shorter or longer than its
///   Content-Length. Trying again may help. (A body is never read beyond its
///   Content-Length. What a broken server sends after it goes unnoticed here, and may spoil the answer to the next
///   request on that connection; callers compare sizes and hashes.)
/// - kService: a server certificate that is not trusted, an answer that is not HTTP, headers beyond 256 KiB, a
/// collected
///   body beyond the limit. Trying again does not help.
/// - kInvalidArgument: a URL or header that cannot be sent, a CA bundle that cannot be read.
/// - kCancelled, or what the sink returned.
/// Messages name host and port, never a path, query or header: those hold signatures.
class HttpTransport {
 public:
  using Completion = std::function<void(Result<HttpResponse>)>;

  virtual ~HttpTransport() = default;

  /// Starts a request and returns at once. `done` is called exactly once, on the transport's thread, also when
  /// `stop` fires (kCancelled, within 250 ms, whatever the request is waiting for) and when the transport is destroyed
  /// before (kCancelled). `done` may start other requests. The request must outlive the call of `done`.
  virtual void start(const HttpRequest& request, std::stop_token stop, Completion done) = 0;

  /// Sends a request and waits for its end. Not from within a completion or a sink.
  Result<HttpResponse> perform(const HttpRequest& request, std::stop_token stop);
};

/// The transport over libcurl: HTTP/1.1, connections kept alive, TLS verified. One event thread carries all of plain
/// HTTP; TLS is spread over a few (HttpTransportOptions::event_threads), made when they are needed, so that completions
/// and sinks of different requests may be called at the same time.
/// It sets no limit on requests in flight: callers have one.
std::unique_ptr<HttpTransport> make_curl_transport(const HttpTransportOptions& options);

}  // namespace attache
