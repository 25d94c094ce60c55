#pragma once

#include <attache/base/result.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace attache {

/// The files and directories that could not be read: all are counted, the first hundred by path are kept. Thread-safe.
class Unreadable {
 public:
  /// `path`: native bytes or WTF-8, relative to the root.
  void add(std::string path, const Error& error);
  bool any() const { return count_ > 0; }
  std::uint64_t count() const { return count_; }
  /// "'a' (Permission denied), 'b' (...) and 3 more"
  std::string list() const;
  /// The error that lists them. `root` for the message.
  Error to_error(const std::string& root) const;

 private:
  struct Offender {
    std::string path;
    std::string reason;
    ErrorCode code;
    bool operator<(const Offender& other) const { return path < other.path; }
  };

  mutable std::mutex mutex_;
  std::set<Offender> first_;
  std::atomic<std::uint64_t> count_{0};  ///< asked for before every file: without the lock
};

}  // namespace attache
