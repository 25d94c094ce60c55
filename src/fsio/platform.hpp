#pragma once

#include <attache/fsio/name_list.hpp>

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

// What differs between Linux (platform_linux.cpp) and other POSIX systems (platform_posix.cpp). Functions that return
// int give 0 or an errno value.

namespace attache::platform {

/// open() flags for a directory that is only passed through, or an object that is only looked at: no read permission
/// needed where the system can do that, and nothing happens to a device or FIFO.
int lookup_flags();

/// Opens `path` below `directory` such that neither `..` nor a link leaves it: a descriptor, or an errno value negated;
/// nothing if the system has no such call.
std::optional<int> open_beneath(int directory, const char* path, int flags);

/// What list() says of a name whose kind the file system did not tell.
inline constexpr auto kUnknownKind = static_cast<FileKind>(255);

/// Appends all names but `.` and `..`, in the file system's order, from the first on. `go_on` (if any) is asked now and
/// then: ECANCELED if it says false.
int list(int descriptor, NameList& names, const std::function<bool()>& go_on);

/// Where what a descriptor is open on lies; empty: not known.
std::string path_of(int descriptor);

/// Renames within one directory unless `to` exists (EEXIST). EINVAL, ENOSYS or EOPNOTSUPP: not here.
int rename_no_replace(int directory, const char* from, const char* to);

/// Keeps room for `size` bytes without changing the file's size. EOPNOTSUPP or ENOSYS: not here.
int reserve(int descriptor, std::uint64_t size);

/// Makes the file `to` share the content of `from`. EOPNOTSUPP: not here.
int clone(int from, int to);

/// Flushes the file system that the descriptor is on.
int sync_file_system(int descriptor);
/// The same so that this process can end meanwhile.
int sync_file_system_apart(int descriptor);

/// The umask of this process. Safe beside other threads where the system shows the value without changing it.
mode_t current_umask();

}  // namespace attache::platform
