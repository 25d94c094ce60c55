#include "scripted_server.hpp"

#include "socket_stream.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <tuple>

namespace attache::testing {
namespace {

constexpr std::size_t kChunkBytes = 1000;

/// A listening socket on a free port of 127.0.0.1.
std::pair<int, std::uint16_t> listen_on_loopback() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (descriptor < 0 || bind(descriptor, generic, size) != 0 || listen(descriptor, 1024) != 0 ||
      getsockname(descriptor, generic, &size) != 0) {
    throw std::runtime_error(std::string("no listening socket on 127.0.0.1: ") + std::strerror(errno));
  }
  return {descriptor, ntohs(address.sin_port)};
}

std::string hex(std::size_t value) {
  std::string text;
  do {
    text.insert(text.begin(), "0123456789abcdef"[value % 16]);
    value /= 16;
  } while (value != 0);
  return text;
}

std::string head_of(const ServerRequest& request, const ServerResponse& response) {
  if (!response.raw_head.empty()) return response.raw_head;
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " Scripted\r\n";
  for (const auto& [name, value] : response.headers) head.append(name).append(": ").append(value).append("\r\n");
  const bool has_length = std::any_of(response.headers.begin(), response.headers.end(),
                                      [](const auto& field) { return field.first == "Content-Length"; });
  if (response.chunked && request.method != "HEAD") head += "Transfer-Encoding: chunked\r\n";
  if (response.content_length) {
    head += "Content-Length: " + std::to_string(*response.content_length) + "\r\n";
  } else if (!response.chunked && !has_length && response.status != 204 && response.status != 304) {
    head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  if (response.close) head += "Connection: close\r\n";
  return head + "\r\n";
}

/// The bytes of the body as they go over the wire.
std::string framed(const ServerResponse& response, std::string_view body, bool complete) {
  if (!response.chunked) return std::string(body);
  std::string wire;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, kChunkBytes);
    wire.append(hex(piece.size())).append("\r\n").append(piece).append("\r\n");
    body.remove_prefix(piece.size());
  }
  if (complete) wire += "0\r\n\r\n";
  return wire;
}

}  // namespace

struct ScriptedServer::State {
  Handler handler;
  BodyFault body_fault;
  SSL_CTX* tls = nullptr;
  int listener = -1;
  std::uint16_t port = 0;

  mutable std::mutex mutex;
  std::condition_variable_any stopped;
  std::vector<ServerRequest> requests;  // guarded by mutex, as all that follows
  std::list<SocketStream> streams;
  std::list<std::jthread> threads;
  std::size_t connections = 0;
  std::size_t in_flight = 0;
  std::size_t most_in_flight = 0;
  bool stopping = false;
  bool keeps_requests = true;

  std::mutex handler_mutex;
  std::jthread acceptor;

  void accept_all() {
    while (true) {
      const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex);
      if (stopping || descriptor < 0) {
        if (descriptor >= 0) close(descriptor);
        return;
      }
      streams.emplace_back(descriptor, tls);
      const auto stream = std::prev(streams.end());
      const std::size_t number = connections++;
      threads.emplace_back([this, stream, number] {
        serve(*stream, number);
        const std::lock_guard erase_lock(mutex);
        streams.erase(stream);
      });
    }
  }

  void serve(SocketStream& stream, std::size_t number) {
    if (!stream.handshake()) return;
    std::string buffer;
    while (auto request = read_request(stream, buffer)) {
      request->connection = number;
      {
        const std::lock_guard lock(mutex);
        if (keeps_requests) requests.push_back(*request);
        most_in_flight = std::max(most_in_flight, ++in_flight);
      }
      const bool keep = answer(stream, *request);
      {
        const std::lock_guard lock(mutex);
        --in_flight;
      }
      if (!keep) return;
    }
  }

  static bool read_more(SocketStream& stream, std::string& buffer) {
    std::vector<char> piece(std::size_t{64} * 1024);
    const std::size_t count = stream.read(piece.data(), piece.size());
    buffer.append(piece.data(), count);
    return count > 0;
  }

  std::optional<ServerRequest> read_request(SocketStream& stream, std::string& buffer) {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(stream, buffer)) return std::nullopt;
    }
    const std::string head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    ServerRequest request;
    std::size_t line_start = head.find("\r\n") + 2;
    const std::string request_line = head.substr(0, line_start - 2);
    const auto first = request_line.find(' ');
    const auto last = request_line.rfind(' ');
    if (first == std::string::npos || first == last) return std::nullopt;
    request.method = request_line.substr(0, first);
    request.target = request_line.substr(first + 1, last - first - 1);
    while (line_start < head.size()) {
      const auto line_end = head.find("\r\n", line_start);
      const std::string line = head.substr(line_start, line_end - line_start);
      line_start = line_end + 2;
      const auto colon = line.find(':');
      if (colon == std::string::npos) continue;
      const auto value = line.find_first_not_of(' ', colon + 1);
      request.headers.add(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    }
    std::size_t body_bytes = 0;
    if (const auto length = request.headers.find("content-length")) body_bytes = std::stoull(std::string(*length));
    if (body_bytes > 0 && body_fault) {
      std::optional<std::size_t> most;
      {
        const std::lock_guard lock(handler_mutex);
        most = body_fault(request);
      }
      if (most) {
        while (buffer.size() < std::min(*most, body_bytes) && read_more(stream, buffer)) {
        }
        stream.reset();
        return std::nullopt;
      }
    }
    while (buffer.size() < body_bytes) {
      if (!read_more(stream, buffer)) return std::nullopt;
    }
    request.body = buffer.substr(0, body_bytes);
    buffer.erase(0, body_bytes);
    return request;
  }

  /// False if the connection is to be closed.
  bool answer(SocketStream& stream, const ServerRequest& request) {
    ServerResponse response;
    {
      const std::lock_guard lock(handler_mutex);
      response = handler(request);
    }
    if (response.delay.count() > 0) {
      std::unique_lock lock(mutex);
      if (stopped.wait_for(lock, response.delay, [&] { return stopping; })) return false;
    }
    if (response.byte_interval.count() > 0) {
      const std::string wire =
          head_of(request, response) + (request.method == "HEAD" ? "" : framed(response, response.body, true));
      for (const char byte : wire) {
        if (!stream.write({&byte, 1})) return false;
        std::unique_lock lock(mutex);
        if (stopped.wait_for(lock, response.byte_interval, [&] { return stopping; })) return false;
      }
      return !response.close;
    }
    if (response.fault == Fault::kNone) {
      const std::string body = request.method == "HEAD" ? "" : framed(response, response.body, true);
      return stream.write(head_of(request, response)) && stream.write(body) && !response.close;
    }
    if (response.fault_after) {
      const std::string_view part = std::string_view(response.body).substr(0, *response.fault_after);
      if (!stream.write(head_of(request, response)) || !stream.write(framed(response, part, false))) return false;
    }
    if (response.fault == Fault::kStall) stream.wait_for_close();
    // The peer must have read the part of the body: an RST throws away what is still on its way.
    if (response.fault == Fault::kReset) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      stream.reset();
    }
    return false;
  }
};

ScriptedServer::ScriptedServer(Handler handler, const TestCertificate* certificate, BodyFault body_fault)
    : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  state_->body_fault = std::move(body_fault);
  if (certificate != nullptr) {
    state_->tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(state_->tls, certificate->certificate());
    SSL_CTX_use_PrivateKey(state_->tls, certificate->key());
  }
  std::tie(state_->listener, state_->port) = listen_on_loopback();
  // SSL_write knows no MSG_NOSIGNAL; threads made from here on inherit the mask.
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  state_->acceptor = std::jthread([state = state_.get()] { state->accept_all(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (SocketStream& stream : state_->streams) stream.shut_down();
  }
  state_->stopped.notify_all();
  shutdown(state_->listener, SHUT_RDWR);
  state_->acceptor.join();
  close(state_->listener);
  state_->threads.clear();  // joins; nobody adds any more
  if (state_->tls != nullptr) SSL_CTX_free(state_->tls);
}

std::uint16_t ScriptedServer::port() const {
  return state_->port;
}

std::string ScriptedServer::host_and_port() const {
  return (state_->tls != nullptr ? "localhost:" : "127.0.0.1:") + std::to_string(port());
}

std::string ScriptedServer::url() const {
  return (state_->tls != nullptr ? "https://" : "http://") + host_and_port();
}

std::vector<ServerRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

void ScriptedServer::forget_requests() {
  const std::lock_guard lock(state_->mutex);
  state_->keeps_requests = false;
  state_->requests.clear();
}

std::size_t ScriptedServer::open_connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->streams.size();
}

std::size_t ScriptedServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->connections;
}

std::size_t ScriptedServer::most_in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->most_in_flight;
}

std::uint16_t unused_port() {
  const auto [descriptor, port] = listen_on_loopback();
  close(descriptor);
  return port;
}

}  // namespace attache::testing
