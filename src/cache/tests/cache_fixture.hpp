#pragma once

#include <attache/cache/hash_cache.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/sqlite/connection.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace attache {

/// A cache directory, and a clock that stands long after every file of the test.
class HashCacheFixture : public ::testing::Test {
 protected:
  static constexpr std::int64_t kSecond = 1'000'000'000;
  static constexpr std::int64_t kFileTime = 1'700'000'000 * kSecond + 123'456'789;

  HashCacheOptions options() {
    HashCacheOptions options;
    options.directory = directory();
    options.warn = [this](const Error& error) { warnings_.push_back(error.to_string()); };
    options.now_ns = [] { return kFileTime + 3600 * kSecond; };
    options.patience = std::chrono::milliseconds(300);
    return options;
  }
  std::unique_ptr<HashCache> open() { return HashCache::open(options()); }
  std::unique_ptr<HashCache> open_trusting() {
    HashCacheOptions trusting = options();
    trusting.trust_incumbent = true;
    return HashCache::open(std::move(trusting));
  }

  std::string directory() const { return dir_ / "cache"; }
  std::string file() const { return directory() + "/hash_cache.db"; }

  static FileStatus status_of(std::uint64_t number = 1) {
    FileStatus status;
    status.kind = FileKind::kRegular;
    status.size = 100 + number;
    status.mtime_ns = kFileTime + static_cast<std::int64_t>(number) * 1000;
    status.ctime_ns = kFileTime + static_cast<std::int64_t>(number) * 1000 + 1;
    status.inode = number;
    status.device = 42;
    return status;
  }

  static void store(HashCache& cache, std::string_view name, const FileStatus& status, const Digest& hash,
                    std::string_view in = "/d") {
    cache.store(in, {name, &status}, hash);
  }
  static std::optional<Digest> find(HashCache& cache, std::string_view name, const FileStatus& status,
                                    std::string_view in = "/d") {
    const CacheSubject subject{name, &status};
    std::optional<Digest> found = xxh128("not reset");
    cache.look_up(in, {&subject, 1}, {&found, 1});
    return found;
  }

  /// A connection past the cache, to look at its rows and to damage them.
  SqliteConnection database() const {
    auto opened = SqliteConnection::open(file(), {SqliteOptions::Access::kReadWriteCreate, {}, {}});
    if (!opened) throw std::runtime_error(opened.error().message());
    return *std::move(opened);
  }
  void execute(const std::string& sql) const {
    if (const auto status = database().execute(sql.c_str()); !status)
      throw std::runtime_error(status.error().message());
  }
  std::string text(const std::string& sql) const {
    auto connection = database();
    const auto value = connection.text(sql);
    return value ? *value : value.error().message();
  }

  TemporaryDirectory dir_;
  std::vector<std::string> warnings_;
};

}  // namespace attache
