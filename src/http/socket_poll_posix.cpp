#include "socket_poll.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace attache {

namespace {

short to_poll(unsigned events) {
  short mask = 0;
  if ((events & SocketPoll::kRead) != 0) mask = static_cast<short>(mask | POLLIN);
  if ((events & SocketPoll::kWrite) != 0) mask = static_cast<short>(mask | POLLOUT);
  return mask;
}

unsigned from_poll(short mask) {
  if ((mask & (POLLERR | POLLHUP | POLLNVAL)) != 0) return SocketPoll::kRead | SocketPoll::kWrite;
  unsigned events = 0;
  if ((mask & POLLIN) != 0) events |= SocketPoll::kRead;
  if ((mask & POLLOUT) != 0) events |= SocketPoll::kWrite;
  return events;
}

void set_flags(int descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  fcntl(descriptor, F_SETFD, fcntl(descriptor, F_GETFD) | FD_CLOEXEC);
}

}  // namespace

struct SocketPoll::Impl {
  std::array<int, 2> pipe{-1, -1};
  std::vector<pollfd> watched{};  // the pipe's reading end first
  std::vector<Ready> ready{};
};

SocketPoll::SocketPoll() : impl_(std::make_unique<Impl>()) {
  if (::pipe(impl_->pipe.data()) == 0) {
    set_flags(impl_->pipe[0]);
    set_flags(impl_->pipe[1]);
  } else {
    impl_->pipe = {-1, -1};
  }
  impl_->watched.push_back({impl_->pipe[0], POLLIN, 0});
}

SocketPoll::~SocketPoll() {
  for (const int end : impl_->pipe) {
    if (end >= 0) close(end);
  }
}

bool SocketPoll::is_open() const {
  return impl_->pipe[0] >= 0;
}

void SocketPoll::watch(int socket, unsigned events) {
  const auto found = std::find_if(impl_->watched.begin() + 1, impl_->watched.end(),
                                  [&](const pollfd& watched) { return watched.fd == socket; });
  if (events == 0) {
    if (found != impl_->watched.end()) impl_->watched.erase(found);
  } else if (found != impl_->watched.end()) {
    found->events = to_poll(events);
  } else {
    impl_->watched.push_back({socket, to_poll(events), 0});
  }
}

void SocketPoll::wake() {
  const char byte = 0;
  // It fails only if the pipe is full: then the other side is awake.
  if (impl_->pipe[1] >= 0) static_cast<void>(!write(impl_->pipe[1], &byte, 1));
}

std::span<const SocketPoll::Ready> SocketPoll::wait(std::chrono::milliseconds timeout) {
  impl_->ready.clear();
  const auto milliseconds =
      static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(timeout.count(), 0, std::numeric_limits<int>::max()));
  if (poll(impl_->watched.data(), static_cast<nfds_t>(impl_->watched.size()), milliseconds) <= 0) return impl_->ready;
  std::array<char, 64> bytes{};
  if (impl_->watched.front().revents != 0) {
    while (read(impl_->pipe[0], bytes.data(), bytes.size()) > 0) {
    }
  }
  for (std::size_t i = 1; i < impl_->watched.size(); ++i) {
    const pollfd& watched = impl_->watched[i];
    if (watched.revents != 0) impl_->ready.push_back({watched.fd, from_poll(watched.revents)});
  }
  return impl_->ready;
}

}  // namespace attache
