#pragma once

#include <string>

namespace attache {

/// True if the files below `path` (a directory; links followed) are, or may be, on another machine: NFS, SMB, FUSE and
/// their like. Such a file's times come from another clock, and memory cannot be shared through it with other
/// machines. False for what is local and for what this system does not tell.
bool may_be_remote_file_system(const std::string& path);

}  // namespace attache
