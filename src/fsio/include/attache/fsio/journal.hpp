#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A file of records that only grows: what a long task has done so far, so that the next process can go on after this
/// one was killed at any moment. One process at a time has it: it is locked as long as it is open, and the lock goes
/// with the process.
///
///   "attache-journal 1 <kind>\n"  then, for each record:  length (4 bytes, LE)  CRC-32C (4 bytes, LE)  bytes
///
/// The CRC is of the length and the bytes. Reading ends at the first record that is not whole or not intact; open()
/// cuts what is behind it, since nothing can be known to follow it. A record is one write(): it survives the death of
/// the process, and a power failure after sync(). Move-only. append() and sync() may be called by any number of threads
/// at a time, everything else by one.
class Journal {
 public:
  static constexpr std::size_t kMaxRecordBytes = std::size_t{16} << 20U;

  /// Opens the journal at `path` (host path; `mode` less the umask if it is made), locks it and reads its records.
  /// Nothing if another process, or another Journal of this one, has it open. `kind` says what the records mean: 1 to
  /// 64 letters, digits, `-`, `_` and `.`; kInvalidArgument for a journal of another kind and for any other file, which
  /// stays as it is. A symbolic link is not followed. kUnsupported: a file system without locks.
  static Result<std::optional<Journal>> open(const std::string& path, std::string_view kind, std::uint32_t mode = 0600);

  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  /// The file stays.
  ~Journal();

  const std::string& path() const;
  /// Those that open() read, in order; until forget_records().
  const std::vector<std::string>& records() const;
  void forget_records();
  /// What open() cut off its end.
  std::uint64_t bytes_cut() const;
  /// Of the file now.
  std::uint64_t size() const;

  /// kInvalidArgument for a record beyond kMaxRecordBytes. After a failure nothing of it is in the file; should even
  /// that not be possible, every later append fails, since it could not be read back.
  Status append(std::string_view record);
  /// The same of many in one write(): all of them, or (after a crash) the first few.
  Status append(std::span<const std::string> records);

  /// Replaces all records at once: written beside the journal (`<path>.new`), flushed and renamed. Until then, and if
  /// it fails, the old ones are there.
  Status rewrite(std::span<const std::string> records);

  /// fsync of what was appended.
  Status sync();

  /// Removes the file while it is still locked. The journal is spent afterwards, whatever the outcome.
  Status remove();

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace attache
