#pragma once

#include <attache/fsio/file_status.hpp>

#include <sys/stat.h>

#include <cstdint>

namespace attache {

FileStatus to_file_status(const struct stat& status);

/// fstat; 0 or an errno value.
int read_status(int descriptor, FileStatus& out);

/// Access and modification time, exactly `mtime_us` * 1000 ns, also before 1970; 0 or an errno value.
int set_times(int descriptor, std::int64_t mtime_us);

}  // namespace attache
