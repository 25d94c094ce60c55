#include "temporary_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <vector>

namespace attache {

namespace {

// Not std::filesystem::remove_all: it works with whole paths, and gives up at directories without permissions.
// Recursion would keep a descriptor per level; renaming every nested directory into the top one needs two.
void remove_content(int top) {
  unsigned moved = 0;
  for (bool again = true; again;) {
    again = false;
    DIR* stream = ::fdopendir(::openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (stream == nullptr) return;
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name(static_cast<const char*>(entry->d_name));
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(stream);
    for (const std::string& name : names) {
      if (::unlinkat(top, name.c_str(), 0) == 0) continue;
      ::fchmodat(top, name.c_str(), 0700, 0);
      const int child = ::openat(top, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (child < 0) continue;
      DIR* children = ::fdopendir(child);
      while (const dirent* entry = ::readdir(children)) {
        const char* inner = static_cast<const char*>(entry->d_name);
        if (std::string_view(inner) == "." || std::string_view(inner) == "..") continue;
        if (::unlinkat(child, inner, 0) == 0) continue;
        ::fchmodat(child, inner, 0700, 0);
        if (::renameat(child, inner, top, ("removing-" + std::to_string(moved++)).c_str()) == 0) again = true;
      }
      ::closedir(children);
      ::unlinkat(top, name.c_str(), AT_REMOVEDIR);
    }
  }
}

// In memory, ten thousand small files take half a second; on a disk whose journal someone else keeps busy, twenty.
std::filesystem::path base_directory(TemporaryDirectory::Where where) {
  std::error_code error;
  std::filesystem::path base = "/tmp";
  if (const char* chosen = std::getenv("TMPDIR"); chosen != nullptr) {
    base = chosen;
  } else if (where == TemporaryDirectory::Where::kAny && ::access("/dev/shm", W_OK | X_OK) == 0 &&
             std::filesystem::space("/dev/shm", error).available >= std::uintmax_t{1} << 30U && !error) {
    base = "/dev/shm";
  }
  const std::filesystem::path real = std::filesystem::canonical(base, error);
  return error ? base : real;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory(Where where) {
  path_ = (base_directory(where) / "attache-test-XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) {
    std::perror("cannot make a temporary directory for a test");
    std::abort();
  }
}

TemporaryDirectory::~TemporaryDirectory() {
  const int top = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (top < 0) return;
  remove_content(top);
  ::close(top);
  ::rmdir(path_.c_str());
}

}  // namespace attache
