#include "signals.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace attache {

namespace {

constexpr int kCancelledStatus = 130;
constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};

// All that the handler touches. A handler may not lock or allocate, and std::stop_source does both when it runs
// callbacks, so it only writes a byte to a pipe that a thread reads.
std::atomic<int> signal_pipe{-1};
std::atomic<int> signals_seen{0};

extern "C" void on_signal(int) {
  const int saved_errno = errno;
  if (signals_seen.fetch_add(1) > 0) _exit(kCancelledStatus);
  const char byte = 's';
  [[maybe_unused]] const ssize_t written = write(signal_pipe.load(), &byte, 1);
  errno = saved_errno;
}

}  // namespace

struct SignalStop::State {
  std::stop_source source;
  std::array<int, 2> pipe_ends{-1, -1};
  std::array<struct sigaction, kSignals.size()> previous{};
  std::thread reader;
};

SignalStop::SignalStop() : state_(std::make_unique<State>()) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  if (pipe2(state_->pipe_ends.data(), O_CLOEXEC) != 0) return;  // out of descriptors: Ctrl-C ends the process as usual
  signal_pipe = state_->pipe_ends[1];
  state_->reader = std::thread([this] {
    char byte = 0;
    ssize_t count = 0;
    do count = read(state_->pipe_ends[0], &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count == 1 && byte == 's') state_->source.request_stop();
  });
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], &action, &state_->previous[i]);
    // Under nohup a hangup is to be ignored. A shell's background jobs also inherit SIGINT so, but who sends it to one
    // of them means it.
    const bool is_unwanted = kSignals[i] == SIGHUP && state_->previous[i].sa_handler == SIG_IGN;
    if (is_unwanted) sigaction(kSignals[i], &state_->previous[i], nullptr);
  }
}

SignalStop::~SignalStop() {
  if (!state_->reader.joinable()) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &state_->previous[i], nullptr);
  const char byte = 'q';
  [[maybe_unused]] const ssize_t written = write(state_->pipe_ends[1], &byte, 1);
  state_->reader.join();
  signal_pipe = -1;
  close(state_->pipe_ends[0]);
  close(state_->pipe_ends[1]);
}

std::stop_token SignalStop::token() const {
  return state_->source.get_token();
}

}  // namespace attache
