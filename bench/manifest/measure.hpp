#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attache::bench {

/// A file mapped for reading, with all its pages present (what reading takes is not measured, of no program), followed
/// by at least 64 zero bytes: simdjson reads that far.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view text() const { return {data_, size_}; }
  /// Bytes that may be read from text().data().
  std::size_t capacity() const { return mapped_; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

/// What one operation took, printed for run.py as lines `NAME VALUE`: OP and WALL in seconds (CPU time of the process
/// and time on the clock), BEFORE and PEAK in bytes of resident memory (when the operation began, and at most until its
/// end), PROOF a text that any other program must print as well if it did the same work.
class Measurement {
 public:
  /// Returns freed memory to the system, resets the peak, and starts the clocks.
  void begin();
  /// Stops the clocks. What the operation has made must still be alive, for it counts.
  void end();
  /// Prints everything.
  void report(const std::string& proof) const;

 private:
  double cpu_ = 0;
  double wall_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t peak_ = 0;
};

/// Adds up a manifest, so that a wrong or missing value would show: PROOF of everything that decodes.
struct Checksum {
  std::uint64_t entries = 0;
  std::uint64_t path_bytes = 0;  // of full paths
  std::uint64_t sizes = 0;
  std::uint64_t times = 0;
  std::uint64_t hashes = 0;  // their first eight bytes, the first highest, all xored

  void add(std::size_t path_length, const std::uint8_t* hash, std::uint64_t size, std::int64_t mtime_us) {
    ++entries;
    path_bytes += path_length;
    sizes += size;
    times += static_cast<std::uint64_t>(mtime_us);
    std::uint64_t first = 0;
    for (int i = 0; i < 8; ++i) first = first << 8 | hash[i];
    hashes ^= first;
  }
  std::string text() const;
};

/// Ends the program with a message.
[[noreturn]] void die(const std::string& message);

}  // namespace attache::bench
