#pragma once

#include <attache/base/result.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace attache {

enum class PathKind {
  kMissing,  ///< nothing there; also a link that dangles or leads in a circle
  kFile,
  kDirectory,
  kOther,  ///< a device, FIFO or socket
};

/// What a path leads to, links followed.
struct PathStatus {
  PathKind kind = PathKind::kMissing;
  std::uint64_t size = 0;  ///< bytes of a file
};

/// What grouping has to know of a file system. The rules take it as an argument and touch none themselves; one that
/// asks the system is scan's DiskPathFacts. Paths are absolute and lexically normal, WTF-8. Not thread-safe unless an
/// implementation says so.
class PathFacts {
 public:
  PathFacts() = default;
  PathFacts(const PathFacts&) = delete;
  PathFacts& operator=(const PathFacts&) = delete;
  virtual ~PathFacts() = default;

  /// An error is for what cannot be told, e.g. kPermissionDenied below a directory that may not be entered.
  virtual Result<PathStatus> status(const std::string& path) = 0;

  /// The path without symbolic links, as far as it exists; what follows stays as it is. It may have `..`, which leads
  /// to the parent of what is before it when links are followed.
  virtual std::string resolved(const std::string& path) = 0;
};

/// Facts that are known beforehand: of tests, or of a file system that is elsewhere. Whatever was not said is missing,
/// and without links.
class KnownPathFacts final : public PathFacts {
 public:
  void add(std::string path, PathStatus status) { statuses_.insert_or_assign(std::move(path), status); }
  void add_file(std::string path, std::uint64_t size) { add(std::move(path), {PathKind::kFile, size}); }
  void add_directory(std::string path) { add(std::move(path), {PathKind::kDirectory, 0}); }
  /// Where `path` really is. Of this path alone, not of those below it.
  void add_resolved(std::string path, std::string real) {
    resolved_.insert_or_assign(std::move(path), std::move(real));
  }

  Result<PathStatus> status(const std::string& path) override;
  std::string resolved(const std::string& path) override;

 private:
  std::map<std::string, PathStatus, std::less<>> statuses_;
  std::map<std::string, std::string, std::less<>> resolved_;
};

}  // namespace attache
