#pragma once

#include <chrono>
#include <memory>
#include <span>

namespace attache {

/// Waits for any of many sockets, level-triggered. One thread uses it; wake() may be called by any.
class SocketPoll {
 public:
  /// What a socket is watched for, and what it is ready for. An error or the end of a connection makes it ready for
  /// both.
  static constexpr unsigned kRead = 1;
  static constexpr unsigned kWrite = 2;

  struct Ready {
    int socket;
    unsigned events;
  };

  SocketPoll();
  SocketPoll(const SocketPoll&) = delete;
  SocketPoll& operator=(const SocketPoll&) = delete;
  ~SocketPoll();

  /// False if the system had no descriptors left for it: then wait() only sleeps.
  bool is_open() const;

  /// Replaces what the socket is watched for; 0 forgets it. One that is watched must be forgotten before it is closed,
  /// or its number may stand for another one.
  void watch(int socket, unsigned events);

  /// Ends a wait() that is under way, or else the next one at once.
  void wake();

  /// The sockets that are ready, none after `timeout` or a wake(). Valid until the next call.
  std::span<const Ready> wait(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
