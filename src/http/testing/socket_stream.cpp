#include "socket_stream.hpp"

#include <openssl/ssl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace attache::testing {

SocketStream::SocketStream(int descriptor, ssl_ctx_st* tls) : descriptor_(descriptor) {
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls != nullptr) {
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, descriptor_);
  }
}

SocketStream::~SocketStream() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  close(descriptor_);
}

bool SocketStream::handshake() {
  return ssl_ == nullptr || SSL_accept(ssl_) == 1;
}

std::size_t SocketStream::read(char* buffer, std::size_t size) {
  if (ssl_ != nullptr) {
    const auto limit = static_cast<std::size_t>(std::numeric_limits<int>::max());
    const int count = SSL_read(ssl_, buffer, static_cast<int>(std::min(size, limit)));
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  const ssize_t count = recv(descriptor_, buffer, size, 0);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool SocketStream::write(std::string_view data) {
  while (!data.empty()) {
    ssize_t count = 0;
    if (ssl_ != nullptr) {
      count = SSL_write(ssl_, data.data(), static_cast<int>(std::min<std::size_t>(data.size(), 1U << 20U)));
    } else {
      count = send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
    }
    if (count <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void SocketStream::shut_down() const {
  shutdown(descriptor_, SHUT_RDWR);
}

void SocketStream::reset() const {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

void SocketStream::wait_for_close() const {
  char buffer[4096];
  while (recv(descriptor_, buffer, sizeof buffer, 0) > 0) {
  }
}

}  // namespace attache::testing
