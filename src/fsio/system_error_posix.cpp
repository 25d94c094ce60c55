#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>

#include <cerrno>
#include <string>
#include <system_error>

namespace attache {

ErrorCode code_of_errno(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EXDEV:
      return ErrorCode::kOutsideRoot;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
      return ErrorCode::kInvalidArgument;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kIo;
  }
}

namespace {

std::string_view remedy_of(int error_number) {
  switch (error_number) {
    case ENOENT:
      return "check that the path exists and is spelled right";
    case ENOTDIR:
      return "a component of the path is a file where a directory is needed; move it away or choose another path";
    case EEXIST:
      return "move what is there away, or choose another name";
    case EACCES:
    case EPERM:
      return "check owner and permissions of the path and of the directories above it";
    case EROFS:
      return "the file system is mounted read-only; choose another path";
    case ENOSPC:
      return "free some space on this file system, or choose another path, and run the command again";
    case EDQUOT:
      return "the disk quota is used up; free some space or choose another path, and run the command again";
    case EFBIG:
      return "a file may not be so large on this file system, or by the limit of this process (ulimit -f); raise the "
             "limit, or choose another path";
    case EMFILE:
    case ENFILE:
      return "too many open files; raise the limit (ulimit -n) and try again";
    case ENAMETOOLONG:
      return "the name is too long for this file system; choose a shorter path";
    case EISDIR:
      return "a directory is where a file is needed; move it away or choose another path";
    case ELOOP:
      return "a symbolic link leads in a circle, or is not allowed here; remove it";
    case EIO:
      return "the device reports an error; check the disk and the kernel log";
    case ESTALE:
      return "the network file system lost this file; check the mount and try again";
    default:
      return "check the path and the file system it is on, then try again";
  }
}

}  // namespace

Error system_error(std::string_view what, int error_number) {
  // strerror_r has two signatures; generic_category().message() is thread-safe in libstdc++ and needs neither.
  return Error(code_of_errno(error_number), std::string(what) + ": " + std::generic_category().message(error_number),
               std::string(remedy_of(error_number)));
}

Error system_error(std::string_view action, std::string_view path, int error_number) {
  return system_error(action_on(action, path), error_number);
}

std::string action_on(std::string_view action, std::string_view path) {
  return std::string(action) + ' ' + quoted_path(path);
}

std::string quoted_path(std::string_view path) {
  std::string result = "'";
  result += printable(path);
  result += '\'';
  return result;
}

}  // namespace attache
