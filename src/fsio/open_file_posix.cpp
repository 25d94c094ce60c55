#include <attache/fsio/open_file.hpp>

#include "stat_posix.hpp"

#include <unistd.h>

#include <cerrno>

namespace attache {

OpenFile::~OpenFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int OpenFile::status(FileStatus& out) const {
  return read_status(descriptor_, out);
}

tl::expected<std::size_t, int> OpenFile::read_at(std::span<std::byte> buffer, std::uint64_t offset) const {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ::ssize_t count =
        ::pread(descriptor_, buffer.data() + filled, buffer.size() - filled, static_cast<::off_t>(offset + filled));
    if (count == 0) break;
    if (count < 0) {
      if (errno == EINTR) continue;
      return tl::unexpected(errno);
    }
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

}  // namespace attache
