#pragma once

#include <attache/base/result.hpp>
#include <attache/sqlite/connection.hpp>

#include "cache_files.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

namespace attache {

/// A table that a cache file must have. `create` begins with CREATE TABLE IF NOT EXISTS: SQLite keeps the statement's
/// text from the name on, so that it reads like the incumbent's, which makes it without the condition.
struct CacheTable {
  const char* name;
  const char* create;
};

struct CacheDatabaseOptions {
  std::string directory;  ///< host path
  std::string file_name;
  std::span<const CacheTable> tables;
  /// How long all waits for other processes may take before the cache is done without.
  std::chrono::milliseconds patience{15'000};
  /// When it fires, nothing waits for other processes any more.
  std::stop_token stop{};
  std::string vfs{};  ///< see SqliteOptions
};

/// An open cache file, and the one routine that opens all of them: it makes what is missing, sets a damaged file aside
/// and makes a new one, chooses the journal mode, and sees the races of several processes through that do the same.
///
/// Journal mode. WAL, as the incumbent has it: readers and the writer do not wait for each other. Its index is shared
/// memory, which works on one machine only: on a network file system, and where there is no shared memory, the mode is
/// DELETE, in which a writer waits for readers.
///
/// Durability. synchronous=NORMAL: with WAL a power failure may take the last rows, not the database. FULL, the
/// incumbent's, adds an fsync to each transaction for rows that can be had again.
class CacheDatabase {
 public:
  /// Checks that the tables have the columns that are needed, by preparing statements: the error is the reason to do
  /// without.
  using Check = std::function<SqliteStatus(SqliteConnection&)>;

  struct Opened;
  /// The error says why there is no cache.
  static Result<Opened> open(const CacheDatabaseOptions& options, const Check& check);

  /// Another connection to the same file, for another thread. Its calls wait for locks only shortly: see
  /// retry_while_busy().
  SqliteResult<SqliteConnection> connect() const;

  SqliteConnection& connection() { return connection_; }
  const std::string& path() const { return path_; }
  bool uses_wal() const { return uses_wal_; }
  bool is_read_only() const { return is_read_only_; }
  /// False once the path leads to another file, or to none: it was deleted or set aside, and what is written to this
  /// one is lost.
  bool is_current() const { return identity_of(path_) == identity_; }
  const FileIdentity& identity() const { return identity_; }

 private:
  CacheDatabase(SqliteConnection connection, const CacheDatabaseOptions& options, const FileIdentity& identity)
      : connection_(std::move(connection)), path_(connection_.path()), vfs_(options.vfs), identity_(identity) {}
  static SqliteResult<CacheDatabase> try_open(const CacheDatabaseOptions& options, const std::string& path,
                                              bool is_remote, const Check& check);

  SqliteConnection connection_;
  std::string path_;
  std::string vfs_;
  FileIdentity identity_;
  bool uses_wal_ = false;
  bool is_read_only_ = false;
};

struct CacheDatabase::Opened {
  CacheDatabase database;
  /// What the user should know although there is a cache: that a damaged file was set aside, or that nothing can be
  /// written.
  std::optional<Error> warning;
};

/// Runs `work` again while it fails with kBusy, with pauses of random length, until `patience` is over or `stop` fires.
SqliteStatus retry_while_busy(std::chrono::milliseconds patience, const std::stop_token& stop,
                              const std::function<SqliteStatus()>& work);

/// Passes the first of several warnings on, and no other. Thread-safe.
class WarnOnce {
 public:
  explicit WarnOnce(std::function<void(const Error&)> warn) : warn_(std::move(warn)) {}
  void operator()(const Error& error) {
    if (!warned_.exchange(true) && warn_) warn_(error);
  }

 private:
  std::function<void(const Error&)> warn_;
  std::atomic<bool> warned_ = false;
};

}  // namespace attache
