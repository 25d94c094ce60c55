#pragma once

#include <attache/fsio/file_status.hpp>

#include <sys/stat.h>

namespace attache {

FileStatus to_file_status(const struct stat& status);

/// fstat; 0 or an errno value.
int read_status(int descriptor, FileStatus& out);

}  // namespace attache
