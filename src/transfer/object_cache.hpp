#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/output_file.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/hash/digest.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace attache {

/// A directory of objects that downloads have fetched before: `<2 hex digits>/<hash>.xxh128`, each whole from the
/// moment it has its name. Any number of processes may use one. What is read from it is hashed by the reader, who says
/// drop() if it is not what it should be. The modification time of an object is when it was last used; trim() removes
/// those whose is the oldest. Trouble costs a fetch, never more: nothing here fails a download. Thread-safe.
class ObjectCache {
 public:
  /// Made if missing. Nothing is kept that would leave less than `spare_bytes` free on its file system: it may be that
  /// of the files for which all this is done.
  static Result<std::unique_ptr<ObjectCache>> open(const std::string& path, std::uint64_t most_bytes,
                                                   std::uint64_t spare_bytes = 0);

  /// The object, if it is there with that size.
  std::optional<File> find(const Digest& hash, std::uint64_t size);
  /// It was found to be damaged.
  void drop(const Digest& hash);
  /// Keeps verified bytes. An object that could not be kept is none. After every tenth of the quota it trims, so that
  /// what one run adds cannot be much more than the quota.
  void keep(const Digest& hash, std::span<const std::byte> data, const std::stop_token& stop = {});
  /// The same of a part of a file; shared with it where the file system can.
  void keep(const Digest& hash, const OutputFile& file, std::uint64_t offset, std::uint64_t size, bool is_whole_file,
            const std::stop_token& stop);

  /// Removes what was used longest ago until what is left is nine tenths of the quota, if it is beyond the quota; and
  /// what dead processes left. One process at a time does.
  /// What `stop` keeps it from is for the next one.
  Status trim(const std::stop_token& stop = {});

  /// What keep() has added so far.
  std::uint64_t bytes_added() const { return added_.load(std::memory_order_relaxed); }

 private:
  ObjectCache(RootDirectory root, std::string path, std::uint64_t most_bytes, std::uint64_t spare_bytes);

  std::shared_ptr<const TargetDirectory> directory_of(const Digest& hash, bool create);
  /// Makes an object by `fill`, which gives 0 or an errno value.
  template <typename Fill>
  void add(const Digest& hash, std::uint64_t size, Fill fill, const std::stop_token& stop);

  const RootDirectory root_;
  const std::string path_;
  const std::uint64_t most_bytes_;
  const std::uint64_t spare_bytes_;
  const std::string run_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> added_{0};
  std::atomic<std::uint64_t> untrimmed_{0};  ///< added since the last trim()
  std::mutex mutex_;
  std::array<std::shared_ptr<const TargetDirectory>, 256> directories_;  // guarded by mutex_
};

}  // namespace attache
