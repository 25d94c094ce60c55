#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/store/object_store.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Fills size, etag and time of an object from its file.
void describe_file(ObjectInfo& info, const FileStatus& status);

/// The root of a directory store; nothing if there is none yet.
Result<std::optional<RootDirectory>> existing_store_root(const std::string& path);

/// What is in a directory of a store, which is empty (the root) or ends with `/`; nothing in one that is not there.
Result<std::vector<DirectoryEntry>> store_entries(const RootDirectory& root, const std::string& directory);

/// Keys of one directory in byte order, directories with their slash.
struct DirectoryWindow {
  std::string directory;
  std::string prefix;             ///< of all keys; what is no part of it and does not begin so is left out
  FileStatus status;              ///< the directory's, before and after it was read
  std::string after;              ///< all keys are behind this, or hold it
  std::vector<std::string> keys;  ///< ascending
  bool more = false;              ///< others follow
};

/// The keys of a large directory from one page of a listing to the next: to read and sort all of them again for every
/// thousand takes the square of their number. Thread-safe.
class KeptWindow {
 public:
  struct Limits {
    std::size_t keys = 100'000;  ///< of a million some are held, not all
    /// Entries: a smaller directory is read faster than anything about them is looked at.
    std::size_t worth_keeping = 5'000;
    /// How long a directory is to have been as it is. A change in the same tick of the clock as the one before it does
    /// not show in the time, and some file systems keep whole seconds.
    std::chrono::nanoseconds settled = std::chrono::seconds(2);
  };

  KeptWindow() = default;
  explicit KeptWindow(const Limits& limits) : limits_(limits) {}
  const Limits& limits() const { return limits_; }

  /// A window that tells what follows `after` in a directory of that status; null: none is kept. A directory that
  /// holds `after` is wanted if `with_holder`.
  std::shared_ptr<const DirectoryWindow> find(const std::string& directory, std::string_view prefix,
                                              const FileStatus& status, std::string_view after, bool with_holder) const;
  void keep(std::shared_ptr<const DirectoryWindow> window);

 private:
  const Limits limits_{};
  mutable std::mutex mutex_;
  std::shared_ptr<const DirectoryWindow> window_;
};

/// Finds one page of a directory store's keys in byte order. One use, one thread.
class DirectoryListing {
 public:
  /// All arguments must outlive the listing.
  DirectoryListing(const RootDirectory& root, std::string_view prefix, const ListOptions& options, KeptWindow& kept,
                   const std::stop_token& stop)
      : root_(root), prefix_(prefix), options_(options), kept_(kept), stop_(stop) {}

  Result<ListPage> run();

 private:
  Status visit(const std::string& directory);
  Status add(std::string key);
  bool is_full() const { return page_.objects.size() + page_.prefixes.size() == options_.max_keys; }
  /// A common prefix that begins `text` is in the page already, or was in one before: what is below is not wanted.
  bool is_rolled_up(std::string_view text) const;
  Result<std::shared_ptr<const DirectoryWindow>> window_of(const std::string& directory, const std::string& after,
                                                           bool with_holder) const;
  std::optional<FileStatus> status_of(const std::string& directory) const;

  const RootDirectory& root_;
  std::string_view prefix_;
  const ListOptions& options_;
  KeptWindow& kept_;
  const std::stop_token& stop_;
  ListPage page_;
};

}  // namespace attache
