#include <attache/fsio/system_error.hpp>

#include "store_access.hpp"
#include "system_environment.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace attache {

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here ever sets one
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

LocalTime local_time() {
  const time_t now = time(nullptr);
  struct tm parts = {};
  localtime_r(&now, &parts);
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Waits in short turns: a plain read() would go on waiting after Ctrl-C, as signals are to restart calls.
Result<std::size_t> read_input(std::span<std::byte> buffer, const std::stop_token& stop) {
  constexpr int kTurnMs = 50;
  for (;;) {
    if (stop.stop_requested()) return cancelled();
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, kTurnMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    // EAGAIN: another process made the pipe that we share non-blocking, and was faster.
    if (errno != EINTR && errno != EAGAIN) return fail(system_error("cannot read standard input", errno));
  }
}

}  // namespace

void reserve_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. The wrong direction: reading from it and writing to it are to fail.
    if (::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

void raise_descriptor_limit() {
  // As many as are of use: programs that get their credentials for us inherit the limit, and some of them close all
  // that there might be.
  constexpr rlim_t kUseful = 4096;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kUseful) return;
  limit.rlim_cur = std::min(kUseful, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);  // otherwise fewer have to do
}

CliEnvironment system_environment(std::stop_token stop) {
  std::error_code ignored;  // a directory that was removed has no path; what needs one says so
  return {.out = std::cout,
          .err = std::cerr,
          .variable = variable,
          .local_time = local_time,
          .current_directory = std::filesystem::current_path(ignored).string(),
          .err_is_terminal = isatty(STDERR_FILENO) == 1,
          .open_store = [](const StoreRequest& request) { return open_store(request, variable); },
          .stop = stop,
          .read_input = [stop](std::span<std::byte> buffer) { return read_input(buffer, stop); },
          .out_is_terminal = isatty(STDOUT_FILENO) == 1,
          .open_upload_admin = [](const StoreRequest& request) { return open_upload_admin(request, variable); },
          .terminal_width = terminal_width,
          .progress_tick = std::chrono::milliseconds(500)};
}

}  // namespace attache
