#include <attache/aws/run_process.hpp>
#include <attache/base/text.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace attache {
namespace {

using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return value_; }
  void close() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_ = -1;
};

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

std::string program_of(const ProcessCommand& command) {
  return "'" + printable(command.arguments.empty() ? std::string() : command.arguments.front()) + "'";
}

tl::unexpected<Error> cannot_start(const ProcessCommand& command, int error) {
  const std::string message = "cannot run " + program_of(command) + ": " + std::strerror(error);
  if (error == ENOENT || error == ENOTDIR) {
    return fail(ErrorCode::kNotFound, message, "check the program's name and PATH");
  }
  if (error == EACCES || error == EPERM) {
    return fail(ErrorCode::kPermissionDenied, message, "check that it may be executed");
  }
  return fail(ErrorCode::kIo, message, "check that it is a program for this machine");
}

Result<Pipe> make_pipe(const ProcessCommand& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return cannot_start(command, errno);
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  int prepare(int output) {
    sigset_t none;
    sigset_t usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    // What this process ignores, or blocks in this thread, the child must not inherit.
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGXFSZ}) sigaddset(&usual, signal);
    int error = posix_spawnattr_setsigmask(&attributes_, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes_, &usual);
    if (error == 0) error = posix_spawnattr_setpgroup(&attributes_, 0);
    if (error == 0) {
      error = posix_spawnattr_setflags(
          &attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    }
    if (error == 0) error = posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    if (error == 0) error = posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return error;
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// A child that is killed, and always waited for, when this goes.
class Child {
 public:
  explicit Child(pid_t id) : id_(id) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (status_) return;
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);  // it may have left the group
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  /// The exit status once it has ended. A program that ignores SIGCHLD has no statuses: then success is assumed, and
  /// what the child wrote is judged.
  std::optional<int> ended() {
    int status = 0;
    pid_t done = 0;
    do {
      done = ::waitpid(id_, &status, WNOHANG);
    } while (done < 0 && errno == EINTR);
    if (done == 0) return std::nullopt;
    if (done < 0) {
      status_ = 0;
    } else {
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return status_;
  }

 private:
  pid_t id_;
  std::optional<int> status_;
};

/// Reads and waits, until the end, the deadline or a stop.
class Run {
 public:
  Run(const ProcessCommand& command, pid_t child, int output, int wake)
      : command_(command), child_(child), output_(output), wake_(wake), deadline_(Clock::now() + command.timeout) {}

  Result<ProcessResult> finish() {
    ProcessResult result;
    while (true) {
      ATTACHE_ASSIGN(const bool readable, wait_for_output());
      if (!readable) continue;
      std::array<char, 4096> buffer{};
      const ssize_t count = ::read(output_, buffer.data(), buffer.size());
      if (count < 0) {
        if (errno == EINTR) continue;
        return fail(ErrorCode::kIo, "cannot read what " + program_of(command_) + " writes: " + std::strerror(errno),
                    "try again");
      }
      if (count == 0) break;
      result.output.append(buffer.data(), static_cast<std::size_t>(count));
      if (result.output.size() > command_.max_output_bytes) {
        return fail(ErrorCode::kIo,
                    program_of(command_) + " wrote more than " + std::to_string(command_.max_output_bytes) + " bytes",
                    "check that it is the right program");
      }
    }
    // Its output is closed, so its end is near. The system tells nobody by a descriptor: look, at growing intervals.
    for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, std::chrono::milliseconds(20))) {
      if (const auto status = child_.ended()) {
        result.exit_status = *status;
        return result;
      }
      ATTACHE_TRY(wait(nullptr, pause));
    }
  }

 private:
  Result<bool> wait_for_output() {
    pollfd output{output_, POLLIN, 0};
    ATTACHE_TRY(wait(&output, std::chrono::milliseconds(60'000)));
    return output.revents != 0;
  }

  /// Waits for output, a stop, the deadline or `at_most`.
  Status wait(pollfd* output, std::chrono::milliseconds at_most) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) {
      return fail(ErrorCode::kIo,
                  program_of(command_) + " did not end within " + std::to_string(command_.timeout.count()) + " ms",
                  "run it by hand: it may wait for an answer");
    }
    std::array<pollfd, 2> watched = {pollfd{wake_, POLLIN, 0}, output == nullptr ? pollfd{-1, 0, 0} : *output};
    ::poll(watched.data(), watched.size(), static_cast<int>(std::min(left, at_most).count()));  // EINTR: looks again
    if (watched[0].revents != 0) return cancelled();
    if (output != nullptr) output->revents = watched[1].revents;
    return {};
  }

  const ProcessCommand& command_;
  Child child_;
  int output_;
  int wake_;
  Clock::time_point deadline_;
};

}  // namespace

Result<ProcessResult> run_process(const ProcessCommand& command, std::stop_token stop) {
  if (command.arguments.empty()) {
    return fail(ErrorCode::kInvalidArgument, "there is no program to run", "name a program");
  }
  if (stop.stop_requested()) return cancelled();
  ATTACHE_ASSIGN(Pipe output, make_pipe(command));
  ATTACHE_ASSIGN(Pipe wake, make_pipe(command));

  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  SpawnSettings settings;
  pid_t id = 0;
  int error = settings.prepare(output.writer.get());
  if (error == 0) {
    // The child gets this process's environment as it is; nothing is read from it here.
    error = posix_spawnp(&id, arguments.front(), settings.actions(), settings.attributes(), arguments.data(), environ);
  }
  if (error != 0) return cannot_start(command, error);
  Run run(command, id, output.reader.get(), wake.reader.get());
  output.writer.close();
  const std::stop_callback on_stop(stop, [&] {
    const char byte = 0;
    static_cast<void>(!::write(wake.writer.get(), &byte, 1));  // one byte always fits
  });
  return run.finish();
}

}  // namespace attache
