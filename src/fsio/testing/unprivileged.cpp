#include "unprivileged.hpp"

#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace attache {

namespace {

constexpr unsigned kNobody = 65534;

void give_away(const std::string& directory) {
  std::error_code ignored;
  static_cast<void>(::lchown(directory.c_str(), kNobody, kNobody));
  for (auto it = std::filesystem::recursive_directory_iterator(directory, ignored);
       it != std::filesystem::recursive_directory_iterator(); it.increment(ignored)) {
    static_cast<void>(::lchown(it->path().c_str(), kNobody, kNobody));
  }
}

}  // namespace

std::string run_unprivileged(const std::string& directory, const std::function<std::string()>& check) {
  if (::geteuid() != 0) return check();
  give_away(directory);
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return "run_unprivileged: no pipe";
  const pid_t child = ::fork();
  if (child < 0) return "run_unprivileged: no fork";
  if (child == 0) {
    ::close(pipe[0]);
    std::string result = "run_unprivileged: cannot change the user";
    if (::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0) result = check();
    // At most 64 KiB: fits into the pipe, nobody has to read meanwhile.
    const ssize_t written = ::write(pipe[1], result.data(), result.size());
    ::_exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
  }
  ::close(pipe[1]);
  std::string result;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(pipe[0], buffer.data(), buffer.size())) != 0;) {
    if (count > 0) {
      result.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      break;
    }
  }
  ::close(pipe[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "run_unprivileged: the child failed: " + result;
  return result;
}

}  // namespace attache
