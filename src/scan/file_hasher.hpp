#pragma once

#include <attache/exec/progress_reporter.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/content_tap.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>

namespace attache {

/// Hashes files, one after the other, with one buffer: memory does not depend on their size. Each worker has its own.
class FileHasher {
 public:
  struct Options {
    /// For tests: called each time after a file was read and before it is looked at again, on the thread that read it.
    std::function<void()> after_reading;
  };

  enum class Outcome {
    kDone,
    kChanging,    ///< it changed during each of three readings
    kNotRegular,  ///< something else took the file's place
    kCancelled,
    kFailed,  ///< error_number() says why
  };

  explicit FileHasher(ProgressReporter& progress);
  FileHasher(ProgressReporter& progress, Options options);

  /// True if the file takes so long that other work should not wait behind it.
  static bool is_large(std::uint64_t size);

  /// Reads the whole file. `status` is what it was just before, from the descriptor or from the name that was opened,
  /// and then what goes with the hash: it was the same before and after all of it was read. If the file changed
  /// meanwhile, it is read again, twice at most. Bytes of large files are reported as they are read.
  /// With a collector the bytes are read to the place that it gives, if it gives one; was_collected() says so.
  Outcome hash(const OpenFile& file, FileStatus& status, Digest& digest, const std::stop_token& stop,
               ContentCollector* collector = nullptr);
  /// After hash() gave kDone: all of the content is where the collector wanted it.
  bool was_collected() const { return was_collected_; }
  /// True if hash() reports the bytes of such a file.
  static bool reports(std::uint64_t size);
  /// Reads `size` bytes from `offset` on; kChanging if the file ends before. The caller looks at its status. Reported
  /// as they are read, and taken back unless kDone.
  Outcome hash_range(const OpenFile& file, std::uint64_t offset, std::uint64_t size, Digest& digest,
                     const std::stop_token& stop);
  /// Waits, mostly not at all, until a change of the file would show in its status; or until it is to stop.
  static void settle(const FileStatus& status, const std::stop_token& stop);
  /// Tells a test that a file was read by hash_range() and is to be looked at again.
  void was_read() const {
    if (options_.after_reading) options_.after_reading();
  }

  /// Of the last kFailed.
  int error_number() const { return error_number_; }

 private:
  Outcome failed(int error_number);
  /// As hash_range(); `to` has place for all, or is empty.
  Outcome read_range(const OpenFile& file, std::uint64_t offset, std::uint64_t size, std::span<std::byte> to,
                     Digest& digest, const std::stop_token& stop);

  ProgressReporter& progress_;
  const Options options_;
  struct Free {
    void operator()(std::byte* buffer) const;
  };
  std::unique_ptr<std::byte, Free> buffer_;
  Xxh128Stream stream_;
  int error_number_ = 0;
  bool was_collected_ = false;
};

}  // namespace attache
