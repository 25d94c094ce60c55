#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file_status.hpp>
#include <attache/hash/digest.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>

namespace attache {

/// Takes the contents that one worker of a scan has read. Used by one thread at a time.
class ContentCollector {
 public:
  virtual ~ContentCollector() = default;
  /// Where a file of that many bytes is to be read to; empty: it is not wanted, and read elsewhere. May wait for
  /// memory, but not when `stop` fires. The same memory may be given again unless keep() was called since.
  virtual std::span<std::byte> place(std::uint64_t size, const std::stop_token& stop) = 0;
  /// What was read to the place that was given last is all of a file, which has this hash and status. An error ends the
  /// scan.
  virtual Status keep(const Digest& hash, const FileStatus& status) = 0;
  /// The worker turns to something else: what was kept should not wait for more.
  virtual void pause() = 0;
};

/// Lets somebody have the bytes of the files that a scan reads, in the moment when their hash is known: whoever sends
/// them need not read them again, and what was hashed is what is sent. Files whose hash a cache knows are not read, and
/// those in chunks are not offered.
class ContentTap {
 public:
  virtual ~ContentTap() = default;
  /// One for each worker; called before the scan begins. They go before the scan returns.
  virtual std::unique_ptr<ContentCollector> collector() = 0;
};

}  // namespace attache
