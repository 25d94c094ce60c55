#include "file_hasher.hpp"

#include <attache/base/byte_size.hpp>

#include <algorithm>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kBufferBytes = 256 * kKiB;

// About 1 ms of hashing, as long as 200 small files take.
constexpr std::uint64_t kLarge = 8 * kMiB;

constexpr int kAttempts = 3;

}  // namespace

FileHasher::FileHasher(ProgressReporter& progress) : FileHasher(progress, Options{}) {}

// The buffer is not set to zero: that would touch all of it, for files that need one page.
FileHasher::FileHasher(ProgressReporter& progress, Options options)
    : progress_(progress), options_(std::move(options)), buffer_(new std::byte[kBufferBytes]) {}

bool FileHasher::is_large(std::uint64_t size) {
  return size > kLarge;
}

FileHasher::Outcome FileHasher::failed(int error_number) {
  error_number_ = error_number;
  return Outcome::kFailed;
}

// Five system calls a file, of which the status before is the caller's: status, open, read, status, close. None of them
// can go:
//   - the status before decides whether there is a need to read at all (the cache), and how much;
//   - reading `size` bytes needs no second read that finds the end: if the file grew, its size differs afterwards;
//   - the status after, from the descriptor, says that what was read belongs to the status before: it has the same
//     inode, size and change time, which every write moves. Without it, "changed long ago" could stand for "not changed
//     meanwhile" only if this machine's clock and that of a file server were the same.
FileHasher::Outcome FileHasher::hash(const Directory& directory, const char* name, Links links, FileStatus& status,
                                     Digest& digest, const std::stop_token& stop) {
  const auto file = directory.open_file(name, links);
  if (!file) return failed(file.error());
  // Opened without waiting and without following: no more than a look at what took the file's place.
  const auto cannot_read = [&](int error_number) {
    FileStatus now;
    if (file->status(now) == 0 && now.kind != FileKind::kRegular) return Outcome::kNotRegular;
    return failed(error_number);
  };
  for (int attempt = 1;; ++attempt) {
    bool complete = true;
    if (status.size <= kBufferBytes) {
      const auto part = std::span(buffer_.get(), static_cast<std::size_t>(status.size));
      if (!part.empty()) {
        const auto count = file->read_at(part, 0);
        if (!count) return cannot_read(count.error());
        complete = *count == part.size();
      }
      if (complete) digest = xxh128(part);
    } else {
      const Outcome outcome = hash_range(*file, 0, status.size, digest, stop);
      if (outcome == Outcome::kFailed) return cannot_read(error_number_);
      if (outcome == Outcome::kCancelled) return outcome;
      complete = outcome == Outcome::kDone;
    }
    was_read();
    FileStatus after;
    if (const int error = file->status(after); error != 0) return failed(error);
    if (complete && after.same_version_as(status)) {
      status = after;
      return Outcome::kDone;
    }
    if (complete && status.size > kBufferBytes) progress_.take_back(status.size);
    if (after.kind != FileKind::kRegular) return Outcome::kNotRegular;
    if (attempt == kAttempts) return Outcome::kChanging;
    if (stop.stop_requested()) return Outcome::kCancelled;
    status = after;
  }
}

FileHasher::Outcome FileHasher::hash_range(const OpenFile& file, std::uint64_t offset, std::uint64_t size,
                                           Digest& digest, const std::stop_token& stop) {
  stream_.reset();
  for (std::uint64_t done = 0; done < size;) {
    const auto stopped = [&](Outcome outcome) {
      progress_.take_back(done);
      return outcome;
    };
    if (stop.stop_requested()) return stopped(Outcome::kCancelled);
    const auto part =
        std::span(buffer_.get(), static_cast<std::size_t>(std::min<std::uint64_t>(kBufferBytes, size - done)));
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
