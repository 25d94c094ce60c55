#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/fsio/file.hpp>
#include <attache/hash/xxh3.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace attache {

/// What was read of a file, all of one version of it.
struct HashedFile {
  Digest hash;
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;
};

/// Hashes files, one after the other, with one buffer: memory does not depend on their size. Each worker has its own.
class FileHasher {
 public:
  struct Options {
    /// For tests: called each time after a file was read and before it is looked at again.
    std::function<void()> after_reading;
  };

  explicit FileHasher(ProgressReporter& progress);
  FileHasher(ProgressReporter& progress, Options options);

  /// True if the file takes so long that other work should not wait behind it.
  static bool is_large(std::uint64_t size);

  /// The hash of the whole file and the size and time that go with it: its status is the same before and after. If it
  /// changed meanwhile, it is read again, twice at most; then kSourceChanged. Bytes are reported as they are read.
  Result<HashedFile> hash(const File& file, const std::stop_token& stop);

 private:
  /// False if the file ended before `size` bytes.
  Result<bool> read(const File& file, std::uint64_t size, Digest& digest, const std::stop_token& stop);

  ProgressReporter& progress_;
  const Options options_;
  std::vector<std::byte> buffer_;
  Xxh128Stream stream_;
};

}  // namespace attache
