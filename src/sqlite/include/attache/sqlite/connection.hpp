#pragma once

#include <attache/sqlite/sqlite_error.hpp>
#include <attache/sqlite/statement.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;

namespace attache {

struct SqliteOptions {
  enum class Access {
    kRead,             ///< existing files only
    kReadWrite,        ///< existing files only
    kReadWriteCreate,  ///< made if missing, with the mode that SQLite and the umask give it
  };
  Access access = Access::kReadWrite;
  /// How long a call waits for a lock of another connection before it fails with kBusy. Some deadlocks (a reader that
  /// wants to write) and the switch to WAL fail at once: see SqliteTransaction.
  std::chrono::milliseconds busy_timeout{5000};
  /// Name of SQLite's file layer; empty: the default. Tests use one without shared memory ("unix-dotfile").
  std::string vfs{};
};

/// An open SQLite database. Move-only; closes itself. One thread at a time (SQLITE_OPEN_NOMUTEX): threads that work at
/// the same time have connections of their own. Whoever has a connection must not open and close the same file by
/// other means in the same process: POSIX takes all of the process' locks on it away.
class SqliteConnection {
 public:
  /// `path` is a host path; no URI. Nothing is read yet: that a file is no database shows with the first statement.
  static SqliteResult<SqliteConnection> open(const std::string& path, const SqliteOptions& options);

  SqliteConnection(SqliteConnection&&) noexcept;
  SqliteConnection& operator=(SqliteConnection&&) noexcept;
  ~SqliteConnection();

  /// One or more statements whose rows, if any, are not wanted.
  SqliteStatus execute(const char* sql);
  /// One statement for many executions. It must not outlive the connection.
  SqliteResult<SqliteStatement> prepare(std::string_view sql);
  /// The first column of the first row as text; empty if there is no row or it is NULL. For pragmas.
  SqliteResult<std::string> text(std::string_view sql);
  /// The same as an integer, 0 if there is none.
  SqliteResult<std::int64_t> integer(std::string_view sql);

  void set_busy_timeout(std::chrono::milliseconds timeout);
  /// True while a transaction is open: some failures end one by themselves.
  bool in_transaction() const;
  /// True if the file may not be written: SQLite opens it nevertheless.
  bool is_read_only() const;
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;
  const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  SqliteConnection(std::unique_ptr<sqlite3, Close> handle, std::string path);

  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// A write transaction: BEGIN IMMEDIATE, which takes the write lock at once (or is kBusy), so that nothing inside can
/// fail for a lock. Rolled back when destroyed without commit().
class SqliteTransaction {
 public:
  /// The connection must outlive the transaction.
  static SqliteResult<SqliteTransaction> begin(SqliteConnection& connection);

  SqliteTransaction(SqliteTransaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  /// A failed commit is rolled back.
  SqliteStatus commit();

 private:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(&connection) {}
  SqliteConnection* connection_;
};

}  // namespace attache
