#include "beneath.hpp"
#include "platform.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace attache {

namespace {

constexpr int kMaxLinks = 40;                   // as Linux
constexpr std::size_t kMaxPathBytes = 4095;     // PATH_MAX without its NUL
constexpr std::size_t kMaxLinkBytes = 1 << 16;  // longer texts are none that open() would follow

int directory_flags() {
  return platform::lookup_flags() | O_DIRECTORY | O_CLOEXEC;
}

}  // namespace

Beneath::Beneath(Descriptor directory, std::string real_path, PathResolution resolution)
    : directory_(std::move(directory)), real_path_(std::move(real_path)) {
  if (resolution == PathResolution::kWalk) return;
  // Asked once for each root: a sandbox may refuse the call with EPERM, which later could not be told from a real one.
  const auto probe = platform::open_beneath(directory_.get(), ".", directory_flags());
  if (probe && *probe >= 0) {
    ::close(*probe);
    uses_kernel_ = true;
  }
}

Beneath::Opened Beneath::open(std::string_view path, int flags) const {
  if (uses_kernel_ && path.size() <= kMaxPathBytes) {
    const auto result = platform::open_beneath(directory_.get(), std::string(path).c_str(), flags | O_CLOEXEC);
    // The kernel refuses every absolute link (EXDEV), even one that stays inside, and gives up on `..` beside a rename
    // (EAGAIN); a link's text may make a path too long for it. The walk decides these.
    if (result && *result >= 0) return Descriptor(*result);
    if (result && *result != -EXDEV && *result != -EAGAIN && *result != -ENAMETOOLONG) return tl::unexpected(-*result);
  }
  return BeneathWalk(directory_.get(), real_path_, false).run(path, flags | O_CLOEXEC);
}

Beneath::Opened Beneath::open_directory(std::string_view path) const {
  return open(path.empty() ? "." : path, directory_flags());
}

Beneath::Opened Beneath::create_directories(std::string_view path) const {
  // Mostly they exist: one call instead of one per component.
  auto existing = open_directory(path);
  if (existing || existing.error() != ENOENT) return existing;
  return BeneathWalk(directory_.get(), real_path_, true).run(path, directory_flags());
}

Beneath::Opened BeneathWalk::run(std::string_view path, int flags) {
  push_components(path);
  own_pending_ = pending_.size();
  while (!pending_.empty()) {
    const bool own = pending_.size() == own_pending_;
    if (own) --own_pending_;
    const std::string name = std::move(pending_.back());
    pending_.pop_back();
    if (name == ".") continue;
    int error = 0;
    if (name == "..") {
      error = leave();
    } else if (!pending_.empty() || create_) {
      error = enter(name, own && create_);
    } else {
      // The last component. Looked at first, because O_PATH | O_NOFOLLOW would open a link itself. A link that appears
      // between the two calls is not followed by the open but by a second look.
      error = follow_link(name);
      if (error == EINVAL) {
        const int descriptor = ::openat(here(), name.c_str(), flags | O_NOFOLLOW);
        if (descriptor >= 0) return Descriptor(descriptor);
        error = errno;
        if (error == ELOOP || error == ENOTDIR) {
          if (const int second = follow_link(name); second != EINVAL) error = second;
        }
      }
    }
    if (error != 0) return tl::unexpected(error);
  }
  const int descriptor = ::openat(here(), ".", flags);
  if (descriptor < 0) return tl::unexpected(errno);
  return Descriptor(descriptor);
}

void BeneathWalk::push_components(std::string_view path) {
  // In reverse. A slash at the end means a directory: a last "." says so.
  if (!path.empty() && path.back() == '/') pending_.emplace_back(".");
  for (std::size_t end = path.size(); end > 0;) {
    const std::size_t slash = path.rfind('/', end - 1);
    const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    if (begin < end) pending_.emplace_back(path.substr(begin, end - begin));
    end = begin == 0 ? 0 : begin - 1;
  }
}

int BeneathWalk::enter(const std::string& name, bool may_create) {
  int error = enter_directory(name);
  if (error == ENOENT && may_create) {
    // mkdir follows no link in the last component. EEXIST: another thread was faster, or a link dangles (then ENOENT
    // below).
    if (::mkdirat(here(), name.c_str(), 0777) != 0 && errno != EEXIST) return errno;
    error = enter_directory(name);
  }
  // Linux says ENOTDIR for a link under O_NOFOLLOW | O_DIRECTORY, others ELOOP.
  if (error != ENOTDIR && error != ELOOP) return error;
  const int link_error = follow_link(name);
  return link_error == EINVAL ? ENOTDIR : link_error;
}

int BeneathWalk::enter_directory(const std::string& name) {
  Descriptor next(::openat(here(), name.c_str(), directory_flags() | O_NOFOLLOW));
  if (!next) return errno;
  current_ = std::move(next);
  entered_.push_back(name);
  return 0;
}

// EINVAL: not a link.
int BeneathWalk::follow_link(const std::string& name) {
  std::string text(256, '\0');
  for (;;) {
    const ssize_t count = ::readlinkat(here(), name.c_str(), text.data(), text.size());
    if (count < 0) return errno;
    if (static_cast<std::size_t>(count) < text.size()) {
      text.resize(static_cast<std::size_t>(count));
      break;
    }
    if (text.size() >= kMaxLinkBytes) return ENAMETOOLONG;
    text.resize(text.size() * 2);
  }
  if (++links_ > kMaxLinks) return ELOOP;
  if (text.empty()) return ENOENT;
  if (text.front() != '/') {
    push_components(text);
    return 0;
  }

  // Absolute: compare component by component with the root's real path, so that /root2 is not below /root. A `..` on
  // the way is no match: where it leads, only the system could say, and it would look outside.
  if (real_path_.empty()) return EXDEV;
  const auto next_component = [](std::string_view& rest) {
    for (;;) {
      const std::size_t begin = rest.find_first_not_of('/');
      if (begin == std::string_view::npos) return std::exchange(rest, {}).substr(0, 0);
      const std::size_t end = std::min(rest.find('/', begin), rest.size());
      const std::string_view component = rest.substr(begin, end - begin);
      rest.remove_prefix(end);
      if (component != ".") return component;
    }
  };
  std::string_view rest = text;
  for (std::string_view root_rest = real_path_;;) {
    const std::string_view wanted = next_component(root_rest);
    if (wanted.empty()) break;
    if (next_component(rest) != wanted) return EXDEV;
  }
  current_.reset();
  entered_.clear();
  push_components(rest.empty() ? std::string_view(".") : rest);
  return 0;
}

int BeneathWalk::leave() {
  if (entered_.empty()) return EXDEV;
  // Down again from the top by the names that led here, links refused. The kernel's `..` of a directory that someone
  // moved out meanwhile would be outside; a stack of open descriptors would be too many for a deep path.
  entered_.pop_back();
  current_.reset();
  const std::vector<std::string> names = std::exchange(entered_, {});
  for (const std::string& name : names) {
    if (const int error = enter_directory(name); error != 0) return error == ENOTDIR ? ELOOP : error;
  }
  return 0;
}

}  // namespace attache
