#include "socket_poll.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace attache {

namespace {

/// More than are ready at once with 384 requests in flight; those that do not fit come with the next call.
constexpr int kMostEvents = 256;

std::uint32_t to_epoll(unsigned events) {
  std::uint32_t mask = 0;
  if ((events & SocketPoll::kRead) != 0) mask |= EPOLLIN;
  if ((events & SocketPoll::kWrite) != 0) mask |= EPOLLOUT;
  return mask;
}

unsigned from_epoll(std::uint32_t mask) {
  if ((mask & (EPOLLERR | EPOLLHUP)) != 0) return SocketPoll::kRead | SocketPoll::kWrite;
  unsigned events = 0;
  if ((mask & EPOLLIN) != 0) events |= SocketPoll::kRead;
  if ((mask & EPOLLOUT) != 0) events |= SocketPoll::kWrite;
  return events;
}

}  // namespace

struct SocketPoll::Impl {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::vector<bool> watched{};  // by socket
  std::array<epoll_event, kMostEvents> found{};
  std::vector<Ready> ready{};
};

SocketPoll::SocketPoll() : impl_(std::make_unique<Impl>()) {
  impl_->ready.reserve(kMostEvents);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = impl_->wake;
  if (is_open()) epoll_ctl(impl_->epoll, EPOLL_CTL_ADD, impl_->wake, &event);
}

SocketPoll::~SocketPoll() {
  if (impl_->epoll >= 0) close(impl_->epoll);
  if (impl_->wake >= 0) close(impl_->wake);
}

bool SocketPoll::is_open() const {
  return impl_->epoll >= 0 && impl_->wake >= 0;
}

void SocketPoll::watch(int socket, unsigned events) {
  if (!is_open() || socket < 0) return;
  const auto index = static_cast<std::size_t>(socket);
  if (index >= impl_->watched.size()) impl_->watched.resize(index + 1);
  if (events == 0 && !impl_->watched[index]) return;
  epoll_event event{};
  event.events = to_epoll(events);
  event.data.fd = socket;
  const int operation = events == 0 ? EPOLL_CTL_DEL : impl_->watched[index] ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  epoll_ctl(impl_->epoll, operation, socket, &event);
  impl_->watched[index] = events != 0;
}

void SocketPoll::wake() {
  const std::uint64_t one = 1;
  // It fails only if the counter is full: then the other side is awake.
  if (impl_->wake >= 0) static_cast<void>(!write(impl_->wake, &one, sizeof one));
}

std::span<const SocketPoll::Ready> SocketPoll::wait(std::chrono::milliseconds timeout) {
  impl_->ready.clear();
  const auto milliseconds =
      static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(timeout.count(), 0, std::numeric_limits<int>::max()));
  const int count = epoll_wait(impl_->epoll, impl_->found.data(), kMostEvents, milliseconds);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = impl_->found[static_cast<std::size_t>(i)];
    if (event.data.fd == impl_->wake) {
      std::uint64_t wakes = 0;
      static_cast<void>(!read(impl_->wake, &wakes, sizeof wakes));
    } else {
      impl_->ready.push_back({event.data.fd, from_epoll(event.events)});
    }
  }
  return impl_->ready;
}

}  // namespace attache
