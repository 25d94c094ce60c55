#pragma once

#include <attache/http/testing/test_certificate.hpp>
#include <attache/http/transport.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attache::testing {

/// A request as a ScriptedServer received it.
struct ServerRequest {
  std::string method;
  std::string target;  ///< path and query, byte for byte as sent
  HttpHeaders headers;
  std::string body;
  std::size_t connection = 0;  ///< which connection it came by, counted from 0
};

enum class Fault {
  kNone,
  kClose,  ///< closes the connection
  kReset,  ///< closes it with an RST
  kStall,  ///< sends nothing more and keeps it open
};

/// What a server answers to one request.
struct ServerResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  /// Sends the body with Transfer-Encoding: chunked in pieces of 1000 bytes, without Content-Length.
  bool chunked = false;
  /// A Content-Length that is not the body's own; also sent with a chunked body.
  std::optional<std::uint64_t> content_length = {};
  /// Passes before the first byte of the answer.
  std::chrono::milliseconds delay{0};
  /// Closes the connection after the answer, with `Connection: close`.
  bool close = false;
  Fault fault = Fault::kNone;
  /// Bytes of the body sent before the fault; none: the fault comes before any byte of the answer.
  std::optional<std::size_t> fault_after = {};
  /// If not empty, sent instead of a status line and headers made of the fields above; the body follows it.
  std::string raw_head = {};
  /// If not zero, the answer goes out byte by byte, this far apart.
  std::chrono::milliseconds byte_interval{0};
};

/// A small HTTP/1.1 server on 127.0.0.1 for tests: a function answers, faults included. One thread per connection;
/// keep-alive; bodies by Content-Length only. Ends everything in its destructor.
class ScriptedServer {
 public:
  /// Called on threads of the server, one request at a time; must not block. `delay` is for that.
  using Handler = std::function<ServerResponse(const ServerRequest&)>;

  /// Called with a request without its body, before that is read: how many bytes of it are read before the connection
  /// is reset, and nothing to read all. Called as a Handler is.
  using BodyFault = std::function<std::optional<std::size_t>(const ServerRequest&)>;

  /// Listens on a free port. With `certificate` it speaks TLS; it must outlive the server.
  explicit ScriptedServer(Handler handler, const TestCertificate* certificate = nullptr, BodyFault body_fault = {});
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT" or "https://localhost:PORT", without a slash at the end.
  std::string url() const;
  /// "127.0.0.1:PORT" or "localhost:PORT".
  std::string host_and_port() const;

  /// The requests received whole so far.
  std::vector<ServerRequest> requests() const;
  /// Stops keeping the requests, for tests that send very many or very large ones.
  void forget_requests();
  /// Connections that are open now.
  std::size_t open_connections() const;
  /// The number of connections accepted so far.
  std::size_t connections() const;
  /// The most requests that were being answered at one time.
  std::size_t most_in_flight() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A port of 127.0.0.1 on which nobody listens (it was free a moment ago).
std::uint16_t unused_port();

}  // namespace attache::testing
