#pragma once

#include "socket_poll.hpp"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

struct ssl_st;  // OpenSSL's SSL

namespace attache {

/// The sockets and timers of a multi handle: tells libcurl what has happened to which of its sockets, so that no turn
/// costs time for those to which nothing has. Everything but wake() is for the event thread.
///
/// Connections are kept watched between two requests: libcurl lets a socket go when a request ends and asks for it
/// again with the next one, which would be two system calls for each.
class CurlSockets {
 public:
  /// False if the system lacks what it takes.
  bool attach_multi(CURLM* multi);
  /// Takes over how a handle opens and closes its sockets. False if libcurl refuses.
  bool attach_easy(CURL* easy);

  /// Lets libcurl do what is due now, then waits until something happens and lets libcurl act on it. Does not wait if
  /// `may_wait()` says so; that is asked after everything that is due has been done.
  template <typename MayWait, typename AfterWait>
  void turn(MayWait may_wait, AfterWait after_wait) {
    run_timers();
    read_left_behind();
    const std::vector<int> unfinished = std::exchange(unfinished_, {});
    const bool waits = unfinished.empty() && may_wait();
    const auto ready = poll_.wait(waits ? time_to_timer() : std::chrono::milliseconds(0));
    if (waits) after_wait();
    for (const SocketPoll::Ready& socket : ready) act(socket);
    for (const int socket : unfinished) read_on(socket);
  }

  /// From any thread.
  void wake() { poll_.wake(); }

 private:
  using Clock = std::chrono::steady_clock;

  struct Socket {
    unsigned wanted = 0;     ///< by libcurl
    unsigned watched = 0;    ///< by poll_; perhaps more than what is wanted
    bool is_ours = false;    ///< opened by on_open(), so that its end is not missed
    CURL* handle = nullptr;  ///< the transfer that it is wanted for
    /// The connection's, as far as it is known; goes with the socket, as libcurl frees it just before it closes that.
    ssl_st* tls = nullptr;
    curl_off_t read_until = -1;  ///< of the transfer, when all that there was had been read
  };

  void run_timers();
  std::chrono::milliseconds time_to_timer() const;
  void act(const SocketPoll::Ready& ready);
  /// Has libcurl read a TLS connection until nothing comes any more, or others are to have their turn.
  void read_on(int number);
  /// Before a wait: what was read ahead and not used.
  void read_left_behind();
  void want(int number, unsigned events, CURL* handle);
  void set_watched(int number, Socket& socket, unsigned events);
  Socket& socket(int number);

  static int on_socket(CURL* easy, curl_socket_t number, int what, void* user, void* socket_user);
  static int on_timer(CURLM* multi, long timeout_ms, void* user);
  static curl_socket_t on_open(void* user, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* user, curl_socket_t number);

  CURLM* multi_ = nullptr;
  SocketPoll poll_;
  std::vector<Socket> sockets_;  ///< by number
  std::vector<int> unfinished_;  ///< may have more to read that no poll would tell of
  std::optional<Clock::time_point> timer_;
  Clock::time_point next_look_{};
};

/// For CURLOPT_SSL_CTX_FUNCTION: lets OpenSSL take from the socket what is there, not a record's header and then its 16
/// KiB by a call of recv each. CurlSockets then has all of it read: nothing would say again that it is there.
CURLcode read_ahead(CURL* easy, void* ssl_context, void* user);

}  // namespace attache
