#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

struct ssl_ctx_st;
struct ssl_st;

namespace attache::testing {

/// One accepted connection of a ScriptedServer, plain or TLS, with blocking calls. Owned by one thread; only
/// shut_down() may be called from another.
class SocketStream {
 public:
  /// Takes over the descriptor. `tls` may be null; it must outlive the stream.
  SocketStream(int descriptor, ssl_ctx_st* tls);
  ~SocketStream();
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  /// The TLS handshake; false if the peer did not agree. Without TLS true.
  bool handshake();
  /// The number of bytes, 0 at the end or after any error.
  std::size_t read(char* buffer, std::size_t size);
  /// False if the peer has gone.
  bool write(std::string_view data);
  /// Lets blocked calls return.
  void shut_down() const;
  /// Closes with an RST instead of a FIN.
  void reset() const;
  /// Waits until the peer closes or shut_down() is called.
  void wait_for_close() const;

 private:
  int descriptor_;
  ssl_st* ssl_ = nullptr;
};

}  // namespace attache::testing
