#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/store/object_store.hpp>

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// Fills size, etag and time of an object from its file.
void describe_file(ObjectInfo& info, const FileStatus& status);

/// The root of a directory store; nothing if there is none yet.
Result<std::optional<RootDirectory>> existing_store_root(const std::string& path);

/// Finds one page of a directory store's keys in byte order. One use, one thread.
class DirectoryListing {
 public:
  /// All arguments must outlive the listing.
  DirectoryListing(const RootDirectory& root, std::string_view prefix, const ListOptions& options,
                   const std::stop_token& stop)
      : root_(root), prefix_(prefix), options_(options), stop_(stop) {}

  Result<ListPage> run();

 private:
  Status visit(const std::string& directory);
  Status add(std::string key);
  bool is_full() const { return page_.objects.size() + page_.prefixes.size() == options_.max_keys; }
  /// A common prefix that begins `text` is in the page already, or was in one before: what is below is not wanted.
  bool is_rolled_up(std::string_view text) const;
  Result<std::vector<DirectoryEntry>> entries(const std::string& directory) const;
  bool may_hold_wanted_keys(std::string_view directory) const;

  const RootDirectory& root_;
  std::string_view prefix_;
  const ListOptions& options_;
  const std::stop_token& stop_;
  ListPage page_;
};

}  // namespace attache
