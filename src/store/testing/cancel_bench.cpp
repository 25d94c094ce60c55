#include "cancel_bench.hpp"

#include <attache/http/testing/scripted_server.hpp>
#include <attache/http/transport.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

namespace attache::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A port of 127.0.0.1 that takes connections as the system does, without anybody who reads. With a full queue it takes
/// none.
class DeafPort {
 public:
  explicit DeafPort(bool is_full) {
    const int small = 4096;
    setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, is_full ? 0 : 16) != 0 ||
        getsockname(listener_, generic, &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      if (!is_full) break;
      filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      static_cast<void>(connect(filler, generic, size));
    }
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  ~DeafPort() {
    for (const int filler : fillers_) {
      if (filler >= 0) close(filler);
    }
    close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  int fillers_[4] = {-1, -1, -1, -1};
};

/// Contents are made once: the time of a trial is for what it tries.
const std::string& large() {
  static const std::string bytes = noise(6 * kMiB);
  return bytes;
}

const std::string& medium() {
  static const std::string bytes = noise(100'000);
  return bytes;
}

bool is_abort(const ServerRequest& request) {
  return request.method == "DELETE" && request.target.find("uploadId=") != std::string::npos;
}
bool is_part(const ServerRequest& request) {
  return request.target.find("partNumber=") != std::string::npos;
}

/// A FakeS3 behind a server that hangs where the state wants it.
class HangingS3 {
 public:
  explicit HangingS3(CancelState state) : state_(state) {
    s3_.add("root/large", large());
    s3_.add("root/medium", medium());
  }

  ScriptedServer& server() { return server_; }
  FakeS3& s3() { return s3_; }

 private:
  ServerResponse answer(const ServerRequest& request) {
    const auto hang = [] { return ServerResponse{.fault = Fault::kStall}; };
    switch (state_) {
      case CancelState::kBeforeAnswer:
      case CancelState::kAtConcurrency:
      case CancelState::kForMemory:
        return hang();
      case CancelState::kInAnswer: {
        ServerResponse response = perform(request);
        response.fault = Fault::kStall;
        response.fault_after = response.body.size() / 2;
        return response;
      }
      case CancelState::kBackOff:
        return ServerResponse{.status = 503, .headers = {{"Retry-After", "30"}}};
      case CancelState::kInPart:
        return is_part(request) ? hang() : perform(request);
      case CancelState::kInPartAndAbort:
        return is_part(request) || is_abort(request) ? hang() : perform(request);
      case CancelState::kConnecting:
      case CancelState::kInRequest:
      case CancelState::kAtRate:
      case CancelState::kAnywhere:
        return perform(request);
    }
    return perform(request);
  }

  ServerResponse perform(const ServerRequest& raw) {
    SeenRequest request{HttpMethod::kGet, "http://127.0.0.1" + raw.target, raw.headers, raw.body};
    for (const HttpMethod method : {HttpMethod::kHead, HttpMethod::kPut, HttpMethod::kPost, HttpMethod::kDelete}) {
      if (to_string(method) == raw.method) request.method = method;
    }
    const Result<HttpResponse> response = s3_.handle(request, {});
    ServerResponse result;
    if (!response) return ServerResponse{.status = 500};
    result.status = response->status;
    result.headers = response->headers.fields();
    result.body = response->body;
    return result;
  }

  const CancelState state_;
  FakeS3 s3_;
  ScriptedServer server_{[this](const ServerRequest& request) { return answer(request); }};
};

template <typename Condition>
bool wait_until(Condition condition, std::chrono::milliseconds most = 10s) {
  const auto deadline = Clock::now() + most;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(500us);
  }
  return true;
}

Status get(ObjectStore& store, std::string_view key, const std::stop_token& stop) {
  CollectingSink sink;
  const auto info = store.get(key, sink, {}, stop);
  return info ? Status() : Status(fail(info.error()));
}

Status put(ObjectStore& store, std::string_view key, const std::string& content, const std::stop_token& stop) {
  MemorySource source(std::as_bytes(std::span(content)));
  return store.put(key, source, {}, stop);
}

}  // namespace

std::string_view to_string(CancelState state) {
  switch (state) {
    case CancelState::kConnecting:
      return "connecting";
    case CancelState::kBeforeAnswer:
      return "before an answer";
    case CancelState::kInAnswer:
      return "in an answer";
    case CancelState::kInRequest:
      return "in a request";
    case CancelState::kBackOff:
      return "in a back-off";
    case CancelState::kAtConcurrency:
      return "waiting for its turn";
    case CancelState::kAtRate:
      return "waiting for the rate";
    case CancelState::kForMemory:
      return "waiting for memory";
    case CancelState::kInPart:
      return "in a part";
    case CancelState::kInPartAndAbort:
      return "in a part, with an abort that hangs";
    case CancelState::kAnywhere:
      return "anywhere";
  }
  return "?";
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

CancelTrial cancel_trial(CancelState state, std::uint64_t random) {
  HangingS3 hanging(state);
  ScriptedServer& server = hanging.server();
  std::optional<DeafPort> deaf;
  if (state == CancelState::kConnecting || state == CancelState::kInRequest) {
    deaf.emplace(state == CancelState::kConnecting);
  }

  HttpTransportOptions transport_options;
  transport_options.proxy = "";
  AwsSettings settings;
  settings.endpoint_url = deaf ? deaf->url() : server.url();
  S3StoreOptions options = FakeS3::store_options();
  // Large objects go whole where one long body is wanted, everything else of some size in parts.
  options.multipart_threshold = state == CancelState::kInRequest ? 16 * kMiB : 64 * kKiB;
  if (state == CancelState::kAtConcurrency) options.concurrency = {.most = 1, .initial = 1};
  if (state == CancelState::kAtRate) options.rate_limit.requests_per_second = 1.0 / 60;
  if (state == CancelState::kForMemory) options.buffer_bytes = 1;
  CancelTrial trial;
  {
    const auto transport = make_curl_transport(transport_options);
    const auto store = make_s3_store(options, settings, *transport, hanging.s3().credentials()).value();

    std::stop_source blocker_stop;
    std::jthread blocker;
    if (state == CancelState::kAtConcurrency || state == CancelState::kForMemory) {
      blocker = std::jthread([&] { static_cast<void>(get(*store, "large", blocker_stop.get_token())); });
      if (!wait_until([&] { return server.requests().size() == 1; })) trial.problem = "the blocker did not start";
    }
    if (state == CancelState::kAtRate) static_cast<void>(store->head("medium", {}));

    std::stop_source stop;
    Clock::time_point stopped_at;
    std::jthread user([&] {
      // Until the call is where it is to be, as far as that can be seen from outside; then a little longer.
      switch (state) {
        case CancelState::kBeforeAnswer:
        case CancelState::kInAnswer:
        case CancelState::kBackOff:
          wait_until([&] { return !server.requests().empty(); });
          break;
        case CancelState::kInPart:
        case CancelState::kInPartAndAbort:
          wait_until([&] { return server.requests().size() >= 2; });
          break;
        case CancelState::kInRequest:
          std::this_thread::sleep_for(60ms);  // hashing, and filling the buffers between
          break;
        default:
          break;
      }
      std::this_thread::sleep_for(
          std::chrono::microseconds(random % (state == CancelState::kAnywhere ? 30'000 : 5'000)));
      stopped_at = Clock::now();
      stop.request_stop();
    });

    Status status;
    switch (state) {
      case CancelState::kInRequest:
        status = put(*store, "new", large(), stop.get_token());
        break;
      case CancelState::kInPart:
      case CancelState::kInPartAndAbort:
        status = put(*store, "new", medium(), stop.get_token());
        break;
      case CancelState::kAnywhere:
        for (int i = 0; i < 100 && status; ++i) {
          status = (random + static_cast<std::uint64_t>(i)) % 2 == 0 ? get(*store, "large", stop.get_token())
                                                                     : put(*store, "new", medium(), stop.get_token());
        }
        break;
      default:
        status = get(*store, "medium", stop.get_token());
    }
    const auto ended_at = Clock::now();
    user.join();
    trial.latency = std::chrono::duration_cast<std::chrono::microseconds>(ended_at - stopped_at);
    if (status) {
      if (state != CancelState::kAnywhere) trial.problem += "ended well";
    } else if (status.error().code() != ErrorCode::kCancelled) {
      trial.problem += status.error().to_string();
    }
    blocker_stop.request_stop();
  }
  // The transport is gone; what it had open is closed, and the server sees it.
  if (!deaf && !wait_until([&] { return server.open_connections() == 0; }, 5s)) {
    trial.problem += " a connection is left open";
  }
  return trial;
}

}  // namespace attache::testing
