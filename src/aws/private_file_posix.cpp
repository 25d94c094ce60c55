#include <attache/aws/environment.hpp>
#include <attache/base/text.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace attache {
namespace {

tl::unexpected<Error> cannot_write(const std::string& path, int error) {
  return fail(error == EACCES || error == EPERM || error == EROFS ? ErrorCode::kPermissionDenied : ErrorCode::kIo,
              "cannot write '" + printable(path) + "': " + std::strerror(error),
              "check the permissions of its directory and the space on its disk");
}

int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

Status write_private_file(const std::string& path, std::string_view text) {
  std::string temporary = path + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (file < 0) return cannot_write(path, errno);
  int error = write_all(file, text);
  if (::close(file) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  static_cast<void>(::unlink(temporary.c_str()));
  return cannot_write(path, error);
}

}  // namespace attache
