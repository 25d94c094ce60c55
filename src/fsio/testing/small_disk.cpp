#include "small_disk.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace attache {

std::optional<std::string> on_a_small_disk(const std::string& path, std::uint64_t bytes,
                                           const std::function<std::string()>& check) {
  const std::string size = "size=" + std::to_string(bytes);
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    std::string answer = "not allowed";
    if (::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        ::mount("tmpfs", path.c_str(), "tmpfs", 0, size.c_str()) == 0) {
      answer = check();
    }
    const ssize_t written = ::write(ends[1], answer.data(), answer.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string answer(4096, '\0');
  const ssize_t length = child < 0 ? -1 : ::read(ends[0], answer.data(), answer.size());
  ::close(ends[0]);
  if (child < 0) return std::nullopt;
  ::waitpid(child, nullptr, 0);
  answer.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  if (answer == "not allowed") return std::nullopt;
  return answer;
}

}  // namespace attache
