#include <attache/fsio/file_system.hpp>

namespace attache {

bool may_be_remote_file_system(const std::string&) {
  return false;
}

}  // namespace attache
