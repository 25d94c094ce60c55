#include "object_cache.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/journal.hpp>

#include "content_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <random>
#include <utility>
#include <vector>

namespace attache {

namespace {

constexpr std::string_view kSuffix = ".xxh128";
constexpr std::string_view kTemporaryPrefix = ".attache-";
constexpr const char* kTrimLock = "trim.lock";
/// Whoever may write into the cache may trim it.
constexpr std::uint32_t kTrimLockMode = 0666;
/// A temporary file that nobody has written for so long is nobody's. Objects are written in minutes.
constexpr std::int64_t kAbandonedUs = std::int64_t{24} * 3600 * 1'000'000;

std::string object_name(const Digest& hash) {
  return hash.to_hex() + std::string(kSuffix);
}

std::string random_run() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::int64_t now_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

struct CachedObject {
  std::int64_t mtime_us;
  std::uint64_t size;
  std::string name;
};

}  // namespace

ObjectCache::ObjectCache(RootDirectory root, std::string path, std::uint64_t most_bytes, std::uint64_t spare_bytes)
    : root_(std::move(root)),
      path_(std::move(path)),
      most_bytes_(most_bytes),
      spare_bytes_(spare_bytes),
      run_(random_run()) {}

Result<std::unique_ptr<ObjectCache>> ObjectCache::open(const std::string& path, std::uint64_t most_bytes,
                                                       std::uint64_t spare_bytes) {
  ATTACHE_ASSIGN(RootDirectory root, RootDirectory::open_or_create(path));
  return std::unique_ptr<ObjectCache>(new ObjectCache(std::move(root), path, most_bytes, spare_bytes));
}

std::shared_ptr<const TargetDirectory> ObjectCache::directory_of(const Digest& hash, bool create) {
  const std::size_t index = hash.bytes()[0];
  const std::lock_guard lock(mutex_);
  if (directories_[index]) return directories_[index];
  const std::string name = hash.to_hex().substr(0, 2);
  const auto top = root_.target();
  if (!top) return nullptr;
  auto opened = top->open_directory(name.c_str());
  if (!opened && create && (top->make_directory(name.c_str()) == 0 || opened.error() == EEXIST)) {
    opened = top->open_directory(name.c_str());
  }
  if (!opened) return nullptr;
  directories_[index] = std::make_shared<const TargetDirectory>(*std::move(opened));
  return directories_[index];
}

std::optional<File> ObjectCache::find(const Digest& hash, std::uint64_t size) {
  const auto directory = directory_of(hash, false);
  if (!directory) return std::nullopt;
  const std::string name = object_name(hash);
  static_cast<void>(directory->touch(name.c_str()));
  const auto path = RelativePath::parse(name.substr(0, 2) + "/" + name);
  if (!path) return std::nullopt;
  Result<File> file = root_.open_for_reading(*path);
  if (!file || file->opened_status().size != size) return std::nullopt;
  return *std::move(file);
}

void ObjectCache::drop(const Digest& hash) {
  if (const auto directory = directory_of(hash, false)) directory->remove_file(object_name(hash).c_str());
}

template <typename Fill>
void ObjectCache::add(const Digest& hash, std::uint64_t size, Fill fill, const std::stop_token& stop) {
  if (size > most_bytes_) return;
  const auto directory = directory_of(hash, true);
  if (!directory) return;
  const std::uint64_t available = directory->free_space();
  if (available < size || available - size < spare_bytes_) return;
  const std::string temporary =
      fmt::format("{}{}-{:x}.tmp", kTemporaryPrefix, run_, next_.fetch_add(1, std::memory_order_relaxed));
  auto file = directory->create_file(temporary.c_str());
  if (!file) return;
  // Replacing is right: what is there has the same bytes, or is damaged.
  const bool is_made =
      fill(*file) == 0 && file->close() == 0 && directory->rename(temporary.c_str(), object_name(hash).c_str()) == 0;
  if (!is_made) {
    directory->remove_file(temporary.c_str());
    return;
  }
  added_.fetch_add(size, std::memory_order_relaxed);
  // One run may fetch many times the quota.
  const std::uint64_t most_untrimmed = most_bytes_ / 10;
  if (untrimmed_.fetch_add(size, std::memory_order_relaxed) + size <= most_untrimmed) return;
  if (untrimmed_.exchange(0, std::memory_order_relaxed) <= most_untrimmed) return;  // another thread is at it
  static_cast<void>(trim(stop));  // the last one of a run says what is wrong
}

void ObjectCache::keep(const Digest& hash, std::span<const std::byte> data, const std::stop_token& stop) {
  add(
      hash, data.size(), [data](OutputFile& file) { return file.write(data); }, stop);
}

void ObjectCache::keep(const Digest& hash, const OutputFile& file, std::uint64_t offset, std::uint64_t size,
                       bool is_whole_file, const std::stop_token& stop) {
  const auto fill = [&](OutputFile& to) -> int {
    if (is_whole_file && to.clone_from(file) == 0) return 0;
    if (const int error = to.reserve(size); error != 0) return error;
    int write_error = 0;
    const ReadAt read = [&file](std::span<std::byte> buffer, std::uint64_t at) -> Result<std::size_t> {
      const auto count = file.read_at(buffer, at);
      return count ? *count : 0;
    };
    const auto write = [&](std::span<const std::byte> data) -> Status {
      write_error = to.write(data);
      if (write_error != 0) return cancelled();
      return {};
    };
    const auto copied = read_blocks(read, offset, offset + size, write, stop);
    return copied && *copied ? 0 : std::max(write_error, EIO);
  };
  add(hash, size, fill, stop);
}

Status ObjectCache::trim(const std::stop_token& stop) {
  ATTACHE_ASSIGN(const TargetDirectory top, root_.target());
  // A lock that goes with the process; what is in the file does not matter. One that was damaged, as by a power
  // failure, would else keep the cache from ever being trimmed again. That two may trim at a time then does no harm.
  const auto open_lock = [this] {
    return Journal::open(join_path(path_, kTrimLock), "object-cache-trim", kTrimLockMode);
  };
  auto lock = open_lock();
  if (!lock && lock.error().code() == ErrorCode::kInvalidArgument && top.remove_file(kTrimLock) == 0) {
    lock = open_lock();
  }
  if (!lock) return fail(lock.error());
  if (!*lock) return {};  // another process is at it
  std::vector<CachedObject> objects;
  std::uint64_t total = 0;
  const std::int64_t now = now_us();
  for (unsigned prefix = 0; prefix < 256; ++prefix) {
    // None stays open: with those of add(), the destination's and the connections there would be too many, and what is
    // in a directory that cannot be opened would neither count nor go.
    const auto directory = top.open_directory(fmt::format("{:02x}", prefix).c_str());
    if (!directory) continue;
    const auto names = directory->names();
    if (!names) continue;
    for (const std::string& name : *names) {
      if (stop.stop_requested()) return {};
      FileStatus status;
      if (directory->status(name.c_str(), status) != 0 || status.kind != FileKind::kRegular) continue;
      if (name.starts_with(kTemporaryPrefix)) {
        if (now - status.mtime_us() > kAbandonedUs) directory->remove_file(name.c_str());
        continue;
      }
      if (!name.ends_with(kSuffix)) continue;
      total += status.size;
      objects.push_back({status.mtime_us(), status.size, name});
    }
  }
  if (total <= most_bytes_) return {};
  std::sort(objects.begin(), objects.end(),
            [](const CachedObject& a, const CachedObject& b) { return a.mtime_us < b.mtime_us; });
  const std::uint64_t goal = most_bytes_ / 10 * 9;
  for (const CachedObject& object : objects) {
    if (total <= goal || stop.stop_requested()) break;
    const auto directory = top.open_directory(object.name.substr(0, 2).c_str());
    if (directory && directory->remove_file(object.name.c_str()) == 0) total -= object.size;
  }
  return {};
}

}  // namespace attache
