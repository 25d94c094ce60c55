#include "descriptor.hpp"
#include "entry_kind_posix.hpp"
#include "platform.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace attache::platform {

int list(int descriptor, NameList& names, const std::function<bool()>& go_on) {
  // fdopendir takes the descriptor it is given; a duplicate shares the position, hence the rewind.
  Descriptor duplicate(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!duplicate) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(duplicate.get()), ::closedir);
  if (!stream) return errno;
  static_cast<void>(duplicate.release());
  ::rewinddir(stream.get());
  for (unsigned count = 0;; ++count) {
    if (count % 1024 == 0 && go_on && !go_on()) return ECANCELED;
    errno = 0;
    const struct dirent* entry = ::readdir(stream.get());
    if (entry == nullptr) return errno;
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.add(name, kind_of_entry(entry->d_type));
  }
}

std::string path_of(int) {
  return {};
}

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

int clone(int /*from*/, int /*to*/) {
  return EOPNOTSUPP;
}

int sync_file_system(int) {
  ::sync();
  return 0;
}

int sync_file_system_apart(int descriptor) {
  return sync_file_system(descriptor);
}

mode_t current_umask() {
  const mode_t value = ::umask(077);
  ::umask(value);
  return value;
}

}  // namespace attache::platform
