#include "curl_sockets.hpp"

#include <openssl/ssl.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace attache {

namespace {

/// This is only a bound: the loop wakes for sockets, libcurl's timers and wake().
constexpr std::chrono::milliseconds kLongestWait{10'000};

/// Four records. More would be had from mmap by every connection anew, page faults included (malloc's threshold is 128
/// KiB); OpenSSL gives the buffer back while a connection is idle.
constexpr std::size_t kReadAheadBytes = std::size_t{64} * 1024;

/// Of one connection before the others have their turn, 16 KiB each.
constexpr int kMostRecords = 16;

/// How often every TLS connection is read, whatever is known of it.
constexpr std::chrono::seconds kBetweenLooks{1};

/// Null if the transfer's connection has none (yet).
SSL* tls_of(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr) return nullptr;
  return session->backend == CURLSSLBACKEND_OPENSSL ? static_cast<SSL*>(session->internals) : nullptr;
}

/// Of the answer so far.
curl_off_t received_bytes(CURL* easy) {
  curl_off_t body = 0;
  long headers = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
  curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &headers);
  return body + headers;
}

}  // namespace

CURLcode read_ahead(CURL* easy, void* ssl_context, void* user) {
  static_cast<void>(easy);
  static_cast<void>(user);
  auto* const context = static_cast<SSL_CTX*>(ssl_context);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadAheadBytes);
  return CURLE_OK;
}

bool CurlSockets::attach_multi(CURLM* multi) {
  multi_ = multi;
  return poll_.is_open() && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlSockets::on_socket) == CURLM_OK &&
         curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this) == CURLM_OK &&
         curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlSockets::on_timer) == CURLM_OK &&
         curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this) == CURLM_OK;
}

bool CurlSockets::attach_easy(CURL* easy) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &CurlSockets::on_open) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlSockets::on_close) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this) == CURLE_OK;
}

void CurlSockets::run_timers() {
  if (!timer_ || *timer_ > Clock::now()) return;
  timer_.reset();
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

std::chrono::milliseconds CurlSockets::time_to_timer() const {
  if (!timer_) return kLongestWait;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), kLongestWait);
}

void CurlSockets::act(const SocketPoll::Ready& ready) {
  const unsigned wanted = socket(ready.socket).wanted;
  const unsigned events = ready.events & wanted;
  // Nobody wants it any more: a server has closed an idle connection, or a body went out in one piece.
  if (events != ready.events) set_watched(ready.socket, socket(ready.socket), wanted);
  if (events == 0) return;
  const int mask = ((events & SocketPoll::kRead) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & SocketPoll::kWrite) != 0 ? CURL_CSELECT_OUT : 0);
  int running = 0;
  curl_multi_socket_action(multi_, ready.socket, mask, &running);
  if ((events & SocketPoll::kRead) != 0) read_on(ready.socket);
}

// What OpenSSL has read ahead makes no socket readable. How much there is, SSL_has_pending() does not say: a piece of a
// record counts there, and of two TLS layers (a proxy's) it knows one.
void CurlSockets::read_on(int number) {
  CURL* const handle = socket(number).handle;
  if (handle == nullptr) return;
  SSL* const tls = tls_of(handle);
  socket(number).tls = tls;
  if (tls == nullptr) return;
  for (int records = 0; records < kMostRecords; ++records) {
    const curl_off_t before = received_bytes(handle);
    int running = 0;
    curl_multi_socket_action(multi_, number, CURL_CSELECT_IN, &running);
    // The transfer's end leaves nothing behind; what does not bring it on has found nothing.
    if (socket(number).handle != handle) return;
    if (received_bytes(handle) == before) {
      socket(number).read_until = before;
      return;
    }
  }
  unfinished_.push_back(number);
}

// libcurl reads not only what it is told to: the first turn of a request may find the answer there already, and every
// call also runs what is due of other transfers. That takes a record, and leaves what was read ahead behind.
void CurlSockets::read_left_behind() {
  const auto now = Clock::now();
  const bool looks_at_all = now >= next_look_;
  if (looks_at_all) next_look_ = now + kBetweenLooks;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const Socket& each = sockets_[i];
    if (each.handle == nullptr || (each.wanted & SocketPoll::kRead) == 0) continue;
    const bool has_more =
        each.tls != nullptr && SSL_has_pending(each.tls) != 0 && received_bytes(each.handle) != each.read_until;
    if (has_more || looks_at_all) read_on(static_cast<int>(i));
  }
}

void CurlSockets::want(int number, unsigned events, CURL* handle) {
  Socket& wanted = socket(number);
  wanted.wanted = events;
  CURL* const now_for = events == 0 ? nullptr : handle;
  if (wanted.handle != now_for) wanted.read_until = -1;
  wanted.handle = now_for;
  // What is watched for nobody is found out when it happens. A socket that others close must not be.
  if (!wanted.is_ours || (events & ~wanted.watched) != 0) set_watched(number, wanted, events);
}

void CurlSockets::set_watched(int number, Socket& socket, unsigned events) {
  if (socket.watched == events) return;
  socket.watched = events;
  poll_.watch(number, events);
}

CurlSockets::Socket& CurlSockets::socket(int number) {
  const auto index = static_cast<std::size_t>(number);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  return sockets_[index];
}

int CurlSockets::on_socket(CURL* easy, curl_socket_t number, int what, void* user, void* socket_user) {
  static_cast<void>(socket_user);
  unsigned events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= SocketPoll::kRead;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= SocketPoll::kWrite;
  static_cast<CurlSockets*>(user)->want(number, events, easy);
  return 0;
}

int CurlSockets::on_timer(CURLM* multi, long timeout_ms, void* user) {
  static_cast<void>(multi);
  auto& self = *static_cast<CurlSockets*>(user);
  self.timer_.reset();
  if (timeout_ms >= 0) self.timer_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

curl_socket_t CurlSockets::on_open(void* user, curlsocktype purpose, curl_sockaddr* address) {
  static_cast<void>(purpose);
  auto& self = *static_cast<CurlSockets*>(user);
  const int number = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (number >= 0) self.socket(number) = Socket{.is_ours = true};
  return number < 0 ? CURL_SOCKET_BAD : number;
}

int CurlSockets::on_close(void* user, curl_socket_t number) {
  auto& self = *static_cast<CurlSockets*>(user);
  self.set_watched(number, self.socket(number), 0);
  self.socket(number) = Socket{};
  return close(number);
}

}  // namespace attache
