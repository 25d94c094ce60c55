#pragma once

#include <attache/base/glob.hpp>
#include <attache/fsio/file_status.hpp>

#include "chunked_file.hpp"
#include "scan_tree.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>
#include <vector>

namespace attache {

/// A directory to be listed.
struct ListTask {
  ScanDirectory* directory = nullptr;
  GlobState state;                       ///< inside it
  GlobMatch as_file = GlobMatch::kNone;  ///< what the patterns say of its own name: whether it is worth a word if empty
};

/// Files [first, last) of a directory to be looked at and, if the scan hashes, hashed.
struct LookTask {
  ScanDirectory* directory = nullptr;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// A file that was looked at and whose hash nobody knows.
struct PendingFile {
  std::uint32_t index = 0;
  FileStatus status;
};

/// Files of one directory to be read.
struct ReadTask {
  ScanDirectory* directory = nullptr;
  std::vector<PendingFile> files;
};

/// A file whose chunks several workers read.
struct ChunkTask {
  std::shared_ptr<ChunkedFile> file;
};

/// What is still to do. Directories come first, the newest of them first, so that the number of files is known early,
/// unreadable directories show before hours of hashing, and the list of open work stays short. Then what is to be read,
/// because it takes memory while it waits and because large files should not begin last; then what is to be looked at.
///
/// Memory: a file that waits to be read takes 64 bytes. When kMaxWaiting of them wait, they come before directories.
///
/// The queue holds no descriptors: a directory that is not at hand any more is opened again by its path below the root
/// (about 2 us), so that no tree, however wide or deep, can exhaust them.
class WorkQueue {
 public:
  using Task = std::variant<ListTask, LookTask, ReadTask, ChunkTask>;
  static constexpr std::size_t kMaxWaiting = std::size_t{1} << 18U;

  void push(ListTask task);
  void push(LookTask task);
  void push(ReadTask task);
  /// The same for `helpers` workers at once.
  void push(const ChunkTask& task, unsigned helpers);
  /// Once per file, when its directory is listed.
  void count_files(std::uint64_t files);

  /// Waits for work; nothing when all is done or `stop` fires. What was popped must be finished with done().
  std::optional<Task> pop(const std::stop_token& stop);
  void done(const Task& task);

  /// True while directories wait and reading can wait, too: what is found should be pushed, not read at once.
  bool listing() const;
  /// The number of files once every directory was listed.
  std::optional<std::uint64_t> total_files() const;

 private:
  bool empty() const { return lists_.empty() && looks_.empty() && reads_.empty() && chunks_.empty(); }
  bool finished() const { return active_ == 0 && empty(); }
  Task take();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<ListTask> lists_;
  std::deque<LookTask> looks_;
  std::deque<ReadTask> reads_;
  std::deque<ChunkTask> chunks_;
  std::size_t waiting_ = 0;  ///< files in reads_
  std::size_t active_ = 0;
  std::size_t active_lists_ = 0;
  std::uint64_t file_count_ = 0;
  unsigned sleepers_ = 0;  ///< workers in pop(): nobody is woken if there are none, which saves a system call
};

}  // namespace attache
