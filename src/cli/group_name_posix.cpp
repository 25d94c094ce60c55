#include "group_name.hpp"

#include <grp.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace attache {

std::optional<std::uint32_t> group_of_name(const std::string& name) {
  struct group entry {};
  struct group* found = nullptr;
  std::vector<char> buffer(4096);
  int error = 0;
  // A group's list of members may be long.
  while ((error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) == ERANGE &&
         buffer.size() < (std::size_t{1} << 24U)) {
    buffer.resize(buffer.size() * 2);
  }
  if (error != 0 || found == nullptr) return std::nullopt;
  return static_cast<std::uint32_t>(entry.gr_gid);
}

}  // namespace attache
