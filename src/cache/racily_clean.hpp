#pragma once

#include <attache/fsio/file_status.hpp>

#include <chrono>
#include <cstdint>

namespace attache {

// A file is recognised by size, inode, device, mtime and ctime. A change between hashing and the next look-up is seen
// if it gives the file another mtime or ctime. It does not if both times fall into one step of the clock that stamps
// files: change A, hash, change B, all within a step, leaves the status of A with the content of B. So the hash of a
// file that was stamped within the last step is worth nothing later, and is not stored. How long is a step?
//
//   * Linux stamps with its coarse clock, which moves with the timer tick: 1 to 10 ms (CONFIG_HZ 1000 to 100), whatever
//     the file system can hold. Since 6.13 stamps are finer where somebody looks, never coarser.
//   * The file system keeps less: ext3 and HFS+ whole seconds, FAT two seconds (rounded down, and FAT's ctime was the
//     time of creation before Linux 5.19, so mtime has to be looked at as well). ext4, XFS, btrfs, tmpfs: nanoseconds.
//
// 2 s and 10 ms cover all of these; the rest of kLocal is for the time that passes between the last fstat of the file
// and the look at the clock in store(): a caller that is kept from running for 490 ms in between is still right, and
// one that says when it looked (CacheSubject::seen_at_ns) is right however long it took.
//
//   * On a network file system the server's clock stamps (NFS), or the server's and ours in turn (SMB). If it is behind
//     ours, a file that changed just now looks old. Clocks of a farm that are synchronised differ by milliseconds,
//     those of a domain by less than 5 minutes (Kerberos) and in practice by seconds; kRemote is a minute. A server
//     that is ahead makes files of the future, which are not stored either.
//
// What is lost: a file younger than this is hashed once more the next time. What stays open, as for every tool that
// goes by a file's status: a program that writes through a mapping changes bytes without a new stamp until the kernel
// has written the page back.
struct RacilyClean {
  static constexpr std::chrono::milliseconds kLocal{2'500};
  static constexpr std::chrono::milliseconds kRemote{60'000};
};

/// True if a file of this status, last seen at `seen_at_ns` by this machine's clock, may change without being seen.
bool is_racily_clean(const FileStatus& status, std::int64_t seen_at_ns, std::chrono::nanoseconds limit);

/// The clock that files are compared with: CLOCK_REALTIME in nanoseconds.
std::int64_t current_time_ns();

}  // namespace attache
