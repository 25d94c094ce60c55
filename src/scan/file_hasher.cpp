#include "file_hasher.hpp"

#include <attache/base/byte_size.hpp>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>
#include <utility>

namespace attache {

namespace {

// Reading and hashing 2 GiB of page cache, CPU s (medians of 5, one core of an AMD Zen 4 with 1 MiB of second-level
// cache; the bare loop reads only):
//
//   buffer                  64 KiB  256 KiB  512 KiB   1 MiB   2 MiB   4 MiB
//   bare, at malloc + 16     0.265    0.245        -   0.247       -   0.26
//   bare, on a page          0.180    0.157        -   0.108   0.107   0.110
//   hashed, at malloc + 16       -    0.301    0.305   0.298       -   0.310
//   hashed, on a page        0.220    0.199    0.183   0.155   0.147   0.151
//   mmap, hashed: 0.130 whole, 0.160 in windows of 8 MiB with MAP_POPULATE; memory bandwidth: 0.29 for one pass
//
// So alignment matters more than size: the kernel's copy is half as fast into a buffer that is not on a cache line, and
// what malloc gives for more than 128 KiB never is. 1 MiB, because larger buffers gain 5 % and evict more of what
// others need; and files of that size take one read.
//
// Not mmap: it saves a sixth to a third (4 GiB on an AMD EPYC: 0.133, against 0.14 for reading and 0.05 for hashing
// what is in the second-level cache, 0.19 in all), but a file that is truncated while it is mapped, or whose disk
// fails, kills the process (SIGBUS), which a library must not risk, and its windows would have to be small to stop in
// time. Not posix_fadvise: the same within noise from the page cache (0.266 and 0.247 at 256 KiB), and the kernel reads
// ahead of a sequential reader by itself. Not io_uring, which is switched off on many farms: from the page cache it
// copies the same bytes. 4 GiB read into registered buffers of 1 MiB take 1.02, 1.04 and 1.08 times the CPU of read()
// with 1, 2 and 4 in flight; 50,000 files of 4 KiB opened, read and closed in linked batches of 8 and of 32 files 1.03
// and 0.96 times that of the three calls.
constexpr std::size_t kBufferBytes = 1 * kMiB;
constexpr std::align_val_t kAlignment{4096};

// About 1 ms of hashing, as long as 200 small files take.
constexpr std::uint64_t kLarge = 8 * kMiB;

constexpr int kAttempts = 3;

}  // namespace

FileHasher::FileHasher(ProgressReporter& progress) : FileHasher(progress, Options{}) {}

// The buffer is not set to zero: that would touch all of it, for files that need one page.
FileHasher::FileHasher(ProgressReporter& progress, Options options)
    : progress_(progress),
      options_(std::move(options)),
      buffer_(static_cast<std::byte*>(::operator new(kBufferBytes, kAlignment))) {}

void FileHasher::Free::operator()(std::byte* buffer) const {
  ::operator delete(buffer, kAlignment);
}

bool FileHasher::is_large(std::uint64_t size) {
  return size > kLarge;
}

bool FileHasher::reports(std::uint64_t size) {
  return size > kBufferBytes;
}

FileHasher::Outcome FileHasher::failed(int error_number) {
  error_number_ = error_number;
  return Outcome::kFailed;
}

// A change shows in the change time only if that moves: file systems take it from the kernel's clock, which ticks every
// 1 to 10 ms, or keep whole seconds (ext3, NFS version 2 servers; FAT two). A file that was changed a moment ago can be
// changed again, in the middle of the reading, and bear the same time before and after. So it is read only when its
// time is further back than a tick: whatever changes it from then on bears a later one. A tree that was written 20 ms
// ago waits for none of its files.
//
// What remains: a single write() sets the time when it begins. One that copies for longer than a tick while the file is
// read cannot be seen in the status; the bytes are those that the file had, some of them before and some after. And a
// file server whose clock goes ahead of ours seems to have changed its files in the future; its files are not waited
// for.
void FileHasher::settle(const FileStatus& status, const std::stop_token& stop) {
  constexpr std::int64_t kTick = 20'000'000;
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t granule = status.ctime_ns % kSecond == 0 ? 2 * kSecond : kTick;
  while (!stop.stop_requested()) {
    const auto clock = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(clock).count();
    std::int64_t age = 0;
    if (__builtin_sub_overflow(now, status.ctime_ns, &age) || age >= granule || age < -granule) return;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(granule - age, kTick)));
  }
}

// Five system calls a file: open, status, read, status, close; the first status may be that of the name, before it is
// opened, if the cache is to be asked. None of them can go:
//   - the status before says how much to read; reading exactly that needs no second read that finds the end: if the
//     file grew, its size differs afterwards;
//   - the status after says that what was read belongs to the status before: it has the same inode, size and change
//     time, which every write moves (see settle). Without it, "changed long ago" could stand for "not changed
//     meanwhile" only if this machine's clock and that of a file server were the same.
FileHasher::Outcome FileHasher::hash(const OpenFile& file, FileStatus& status, Digest& digest,
                                     const std::stop_token& stop, ContentCollector* collector) {
  was_collected_ = false;
  // Opened without waiting and without following: no more than a look at what took the file's place.
  const auto cannot_read = [&](int error_number) {
    FileStatus now;
    if (file.status(now) == 0 && now.kind != FileKind::kRegular) return Outcome::kNotRegular;
    return failed(error_number);
  };
  for (int attempt = 1;; ++attempt) {
    bool complete = true;
    settle(status, stop);
    const std::span<std::byte> place =
        collector != nullptr && status.size > 0 ? collector->place(status.size, stop) : std::span<std::byte>();
    if (status.size <= kBufferBytes) {
      const auto part = place.empty() ? std::span(buffer_.get(), static_cast<std::size_t>(status.size)) : place;
      if (!part.empty()) {
        const auto count = file.read_at(part, 0);
        if (!count) return cannot_read(count.error());
        complete = *count == part.size();
      }
      if (complete) digest = xxh128(part);
    } else {
      const Outcome outcome = read_range(file, 0, status.size, place, digest, stop);
      if (outcome == Outcome::kFailed) return cannot_read(error_number_);
      if (outcome == Outcome::kCancelled) return outcome;
      complete = outcome == Outcome::kDone;
    }
    was_read();
    FileStatus after;
    if (const int error = file.status(after); error != 0) return failed(error);
    if (complete && after.same_version_as(status)) {
      status = after;
      was_collected_ = !place.empty();
      return Outcome::kDone;
    }
    if (complete && reports(status.size)) progress_.take_back(status.size);
    if (after.kind != FileKind::kRegular) return Outcome::kNotRegular;
    if (attempt == kAttempts) return Outcome::kChanging;
    if (stop.stop_requested()) return Outcome::kCancelled;
    status = after;
  }
}

FileHasher::Outcome FileHasher::hash_range(const OpenFile& file, std::uint64_t offset, std::uint64_t size,
                                           Digest& digest, const std::stop_token& stop) {
  return read_range(file, offset, size, {}, digest, stop);
}

FileHasher::Outcome FileHasher::read_range(const OpenFile& file, std::uint64_t offset, std::uint64_t size,
                                           std::span<std::byte> to, Digest& digest, const std::stop_token& stop) {
  stream_.reset();
  for (std::uint64_t done = 0; done < size;) {
    const auto stopped = [&](Outcome outcome) {
      progress_.take_back(done);
      return outcome;
    };
    if (stop.stop_requested()) return stopped(Outcome::kCancelled);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, size - done));
    const auto part =
        to.empty() ? std::span(buffer_.get(), wanted) : to.subspan(static_cast<std::size_t>(done), wanted);
    const auto count = file.read_at(part, offset + done);
    if (!count) return stopped(failed(count.error()));
    if (*count < part.size()) return stopped(Outcome::kChanging);
    stream_.update(part);
    done += part.size();
    progress_.add(0, part.size());
  }
  digest = stream_.digest();
  return Outcome::kDone;
}

}  // namespace attache
