#pragma once

#include <attache/http/transport.hpp>

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace attache::testing {

/// A request as a FakeTransport saw it; owns its body.
struct SeenRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string url;
  HttpHeaders headers;
  std::string body;
};

/// An HttpTransport without a network: a function gives the answers. As the real one, it runs sinks and completions on
/// a thread of its own, never in start(), and collects the bodies that a sink does not want.
class FakeTransport final : public HttpTransport {
 public:
  /// Called on the transport's thread, one request at a time. The response's `body` is what the server sends; for HEAD
  /// it is dropped. An error is the result of the request. `stop` is that of the request, for answers that wait.
  using Answer = std::function<Result<HttpResponse>(const SeenRequest& request, std::stop_token stop)>;

  explicit FakeTransport(Answer answer);
  /// Ends what is still running with kCancelled.
  ~FakeTransport() override;

  void start(const HttpRequest& request, std::stop_token stop, Completion done) override;

  /// Every request so far, in order of start().
  std::vector<SeenRequest> requests() const;
  /// Stops keeping the requests, for programs that send very many.
  void forget_requests();

  /// Bytes per call of a sink's write(), so that sinks meet bodies in pieces.
  static constexpr std::size_t kPieceBytes = 1000;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::jthread thread_;
};

/// A response of a status, headers and body.
HttpResponse respond(int status, std::string body = {},
                     const std::vector<std::pair<std::string, std::string>>& headers = {});

}  // namespace attache::testing
