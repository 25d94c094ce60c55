#pragma once

#include <attache/base/glob.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

namespace attache {

/// A directory on the way of the walk. Immutable, shared by everything found below it. It knows its name only: whole
/// paths in every node would take memory by the square of the depth.
struct DirectoryNode {
  std::shared_ptr<const DirectoryNode> parent;  ///< none: this is the root
  std::string name;                             ///< native bytes
  unsigned depth = 0;                           ///< of the root: 0
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  /// Native bytes, relative to the root; empty for the root.
  std::string path() const;
};

/// `directory/name`, or `name` alone in the root.
std::string join(const std::string& directory, const std::string& name);

/// A directory to be listed.
struct DirectoryTask {
  std::shared_ptr<const DirectoryNode> parent;
  std::string name;     ///< native bytes
  GlobState state;      ///< inside it
  GlobMatch as_file{};  ///< what the patterns say of its own name: whether it is worth a word if it is empty
};

/// Files of one directory to be hashed.
struct FileBatch {
  std::shared_ptr<const DirectoryNode> directory;
  std::vector<std::string> names;  ///< native bytes
};

/// What is still to do. Directories come first, the newest of them first, so that the number of files is known early,
/// unreadable directories show before hours of hashing, and the list of open work stays short. It holds no descriptors:
/// a directory that is not at hand any more is opened again by its path below the root (about 2 µs), so that no tree,
/// however wide or deep, can exhaust them.
class WorkQueue {
 public:
  using Task = std::variant<DirectoryTask, FileBatch>;

  void push(DirectoryTask task);
  /// Counts the files.
  void push(FileBatch batch);
  /// Files taken out of the queue and not done: next in line.
  void give_back(FileBatch batch);

  /// Waits for work; nothing when all is done or `stop` fires. What was popped must be finished with done().
  std::optional<Task> pop(const std::stop_token& stop);
  void done(const Task& task);

  /// The number of files once every directory was listed.
  std::optional<std::uint64_t> total_files() const;

 private:
  bool finished() const { return active_ == 0 && directories_.empty() && files_.empty(); }

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<DirectoryTask> directories_;
  std::deque<FileBatch> files_;
  std::size_t active_ = 0;
  std::size_t active_directories_ = 0;
  std::uint64_t file_count_ = 0;
};

}  // namespace attache
