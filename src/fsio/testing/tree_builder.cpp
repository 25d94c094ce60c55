#include "tree_builder.hpp"

#include "../descriptor.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace attache {

namespace {

void require(bool condition, std::string_view action, std::string_view path) {
  if (condition) return;
  const std::string why = std::strerror(errno);
  throw std::runtime_error("TreeBuilder: cannot " + std::string(action) + " '" + std::string(path) + "': " + why);
}

// The directory above a path, made if missing, and the last name. One component at a time: no limit on the length.
class Parent {
 public:
  Parent(int root, std::string_view path) : descriptor_(::openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    require(descriptor_.get() >= 0, "open the directory of", path);
    std::size_t begin = 0;
    for (std::size_t slash = 0; (slash = path.find('/', begin)) != std::string_view::npos; begin = slash + 1) {
      const std::string component(path.substr(begin, slash - begin));
      require(::mkdirat(descriptor(), component.c_str(), 0777) == 0 || errno == EEXIST, "create the directory of",
              path);
      descriptor_ = Descriptor(::openat(descriptor(), component.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
      require(descriptor_.get() >= 0, "open the directory of", path);
    }
    name_ = path.substr(begin);
  }

  int descriptor() const { return descriptor_.get(); }
  const char* name() const { return name_.c_str(); }

 private:
  Descriptor descriptor_;
  std::string name_;
};

}  // namespace

TreeBuilder::TreeBuilder(std::string root)
    : root_(std::move(root)), descriptor_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  require(descriptor_ >= 0, "open", root_);
}

TreeBuilder::~TreeBuilder() {
  ::close(descriptor_);
}

TreeBuilder& TreeBuilder::file(std::string_view path, std::string_view content) {
  const Parent parent(descriptor_, path);
  const Descriptor file(
      ::openat(parent.descriptor(), parent.name(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
  require(file.get() >= 0, "create", path);
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    require(count > 0, "write", path);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return *this;
}

TreeBuilder& TreeBuilder::file_at(std::string_view path, std::string_view content, std::int64_t mtime_ns) {
  file(path, content);
  const Parent parent(descriptor_, path);
  struct timespec time {};
  time.tv_sec = static_cast<time_t>(mtime_ns / 1'000'000'000);
  time.tv_nsec = static_cast<long>(mtime_ns % 1'000'000'000);
  if (time.tv_nsec < 0) {
    --time.tv_sec;
    time.tv_nsec += 1'000'000'000;
  }
  const std::array<struct timespec, 2> times{time, time};
  require(::utimensat(parent.descriptor(), parent.name(), times.data(), 0) == 0, "set the time of", path);
  return *this;
}

TreeBuilder& TreeBuilder::directory(std::string_view path) {
  const Parent parent(descriptor_, path);
  require(::mkdirat(parent.descriptor(), parent.name(), 0777) == 0 || errno == EEXIST, "create the directory", path);
  return *this;
}

TreeBuilder& TreeBuilder::symlink(std::string_view target, std::string_view path) {
  const Parent parent(descriptor_, path);
  require(::symlinkat(std::string(target).c_str(), parent.descriptor(), parent.name()) == 0, "create the link", path);
  return *this;
}

TreeBuilder& TreeBuilder::fifo(std::string_view path) {
  const Parent parent(descriptor_, path);
  require(::mkfifoat(parent.descriptor(), parent.name(), 0666) == 0, "create the FIFO", path);
  return *this;
}

TreeBuilder& TreeBuilder::socket(std::string_view path) {
  const std::string full = root_ + "/" + std::string(path);
  struct sockaddr_un address {};
  address.sun_family = AF_UNIX;
  errno = ENAMETOOLONG;
  require(full.size() < sizeof address.sun_path, "bind", full);
  std::memcpy(address.sun_path, full.c_str(), full.size() + 1);
  const Descriptor bound(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(bound.get() >= 0, "make a socket for", full);
  require(::bind(bound.get(), reinterpret_cast<const struct sockaddr*>(&address), sizeof address) == 0, "bind", full);
  return *this;
}

TreeBuilder& TreeBuilder::mode(std::string_view path, unsigned mode) {
  const Parent parent(descriptor_, path);
  require(::fchmodat(parent.descriptor(), parent.name(), static_cast<mode_t>(mode), 0) == 0, "set the mode of", path);
  return *this;
}

}  // namespace attache
