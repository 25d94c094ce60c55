#include "file_hasher.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/fsio/system_error.hpp>

#include <algorithm>
#include <utility>

namespace attache {

namespace {

// Hashing a cached file of 1 GiB, GB/s of CPU time on a busy machine: 64 KiB 5.7-8.0, 256 KiB to 1 MiB 6.8-8.2, 2 and 4
// MiB 6.2-7.6 (a core's second-level cache is 1 MiB). Of the equal ones the largest, for network file systems; a stop
// request is seen within 1 ms of reading from memory. Most files of a scene are smaller, and take one read.
constexpr std::size_t kBufferBytes = 1 * kMiB;

// About 1 ms of hashing, as long as 200 small files take.
constexpr std::uint64_t kLarge = 8 * kMiB;

constexpr int kAttempts = 3;

}  // namespace

FileHasher::FileHasher(ProgressReporter& progress) : FileHasher(progress, Options{}) {}

FileHasher::FileHasher(ProgressReporter& progress, Options options)
    : progress_(progress), options_(std::move(options)), buffer_(kBufferBytes) {}

bool FileHasher::is_large(std::uint64_t size) {
  return size > kLarge;
}

Result<HashedFile> FileHasher::hash(const File& file, const std::stop_token& stop) {
  FileStatus before = file.opened_status();
  for (int attempt = 1;; ++attempt) {
    Digest digest;
    ATTACHE_ASSIGN(const bool complete, read(file, before.size, digest, stop));
    if (options_.after_reading) options_.after_reading();
    ATTACHE_ASSIGN(const FileStatus after, file.status());
    // `size` bytes were there and the size is still the same: no need to look for an end.
    if (complete && after.same_version_as(before)) return HashedFile{digest, before.size, before.mtime_us()};
    if (attempt == kAttempts) {
      return fail(ErrorCode::kSourceChanged, quoted_path(file.path()) + " changes while it is read",
                  "wait until the program that writes it has finished, then run the command again");
    }
    before = after;
  }
}

Result<bool> FileHasher::read(const File& file, std::uint64_t size, Digest& digest, const std::stop_token& stop) {
  if (size <= buffer_.size()) {
    const auto part = std::span(buffer_).first(static_cast<std::size_t>(size));
    ATTACHE_ASSIGN(const std::size_t count, file.read_at(part, 0));
    if (count < size) return false;
    digest = xxh128(part);
    progress_.add(0, size);
    return true;
  }
  stream_.reset();
  for (std::uint64_t offset = 0; offset < size;) {
    if (stop.stop_requested()) return cancelled();
    const auto part =
        std::span(buffer_).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), size - offset)));
    ATTACHE_ASSIGN(const std::size_t count, file.read_at(part, offset));
    if (count < part.size()) {
      progress_.take_back(offset);
      return false;
    }
    stream_.update(part);
    offset += count;
    progress_.add(0, count);
  }
  digest = stream_.digest();
  return true;
}

}  // namespace attache
