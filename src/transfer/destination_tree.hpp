#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/fsio/target_directory.hpp>

#include "download_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// The directories of a plan in the destination, opened when they are first asked for and kept open: everything that is
/// looked at or made there is reached by one system call with one component. Links that were there before and stay
/// below the root are followed. Thread-safe; handles stay usable when they are no longer kept.
class DestinationTree {
 public:
  using Handle = std::shared_ptr<const TargetDirectory>;

  /// The plan must outlive it.
  DestinationTree(const DownloadPlan& plan, std::string path, std::size_t open_directories);

  /// Opens the root, if it is there.
  Status open();
  /// Makes it otherwise.
  Status open_or_create();
  /// Of a tree whose root is open.
  const RootDirectory& root() const { return *root_; }
  bool has_root() const { return root_.has_value(); }

  /// The directory, or none if it is not there. kAlreadyExists if something else is there (unless the plan deletes it,
  /// or the directory), kOutsideRoot if a link leads out.
  Result<Handle> find(std::uint32_t directory);
  /// The same; made with those above it if it is not there.
  Result<Handle> make(std::uint32_t directory);
  /// It was removed.
  void forget(std::uint32_t directory);
  /// After find() or make(): a link is on the way to it.
  bool is_reached_by_link(std::uint32_t directory) const;

  std::uint64_t directories_created() const;

  /// "cannot write '/destination/a/b': ..." for an errno value.
  Error error(std::string_view action, std::uint32_t directory, std::string_view name, int error_number) const;
  /// A path for messages, printable.
  std::string shown(std::uint32_t directory, std::string_view name) const;

 private:
  enum class State : std::uint8_t { kUnknown, kAbsent, kPresent };
  struct Entry {
    State state = State::kUnknown;
    bool by_link = false;
    Handle handle;
  };

  Result<Handle> find_locked(std::uint32_t directory, bool create);
  Result<Handle> enter(std::uint32_t directory, const Handle& parent, bool create);
  Result<Handle> enter_link(std::uint32_t directory);
  Handle keep(std::uint32_t directory, TargetDirectory opened, bool by_link);
  bool deletes(std::uint32_t directory) const;

  const DownloadPlan& plan_;
  const std::string path_;
  const std::size_t most_open_;
  std::optional<RootDirectory> root_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;      // guarded by mutex_; by directory of the plan
  std::deque<std::uint32_t> open_;  // guarded by mutex_; kept handles, the oldest first
  std::uint64_t created_ = 0;       // guarded by mutex_
};

}  // namespace attache
