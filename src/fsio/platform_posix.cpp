#include "platform.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace attache::platform {

int lookup_flags() {
  return O_RDONLY | O_NONBLOCK | O_NOCTTY;
}

std::optional<int> open_beneath(int, const char*, int) {
  return std::nullopt;
}

int rename_no_replace(int, const char*, const char*) {
  return ENOSYS;
}

int reserve(int, std::uint64_t) {
  return ENOSYS;
}  // posix_fallocate would change the size, or write zeros

int sync_file_system(int) {
  ::sync();
  return 0;
}

mode_t current_umask() {
  const mode_t value = ::umask(077);
  ::umask(value);
  return value;
}

}  // namespace attache::platform
