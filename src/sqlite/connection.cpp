#include <attache/base/text.hpp>
#include <attache/sqlite/connection.hpp>

#include "failure.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <limits>

namespace attache {

namespace {

int flags_of(SqliteOptions::Access access) {
  switch (access) {
    case SqliteOptions::Access::kRead:
      return SQLITE_OPEN_READONLY;
    case SqliteOptions::Access::kReadWrite:
      return SQLITE_OPEN_READWRITE;
    case SqliteOptions::Access::kReadWriteCreate:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

void SqliteConnection::Close::operator()(sqlite3* handle) const {
  // Statements must be gone by then; _v2 would otherwise keep the file open behind our back, close() leaks instead.
  sqlite3_close_v2(handle);
}

SqliteConnection::SqliteConnection(std::unique_ptr<sqlite3, Close> handle, std::string path)
    : handle_(std::move(handle)), path_(std::move(path)) {}
SqliteConnection::SqliteConnection(SqliteConnection&&) noexcept = default;
SqliteConnection& SqliteConnection::operator=(SqliteConnection&&) noexcept = default;
SqliteConnection::~SqliteConnection() = default;

SqliteResult<SqliteConnection> SqliteConnection::open(const std::string& path, const SqliteOptions& options) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, flags_of(options.access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<sqlite3, Close> handle(raw);
  if (code != SQLITE_OK) return fail(sqlite_failure(handle.get(), code, "open"));
  SqliteConnection connection(std::move(handle), path);
  connection.set_busy_timeout(options.busy_timeout);
  return connection;
}

SqliteStatus SqliteConnection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_failure(handle_.get(), code, "change"));
  return {};
}

SqliteResult<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return fail(sqlite_failure(handle_.get(), code, "use"));
  return SqliteStatement(statement);
}

SqliteResult<std::string> SqliteConnection::text(std::string_view sql) {
  ATTACHE_ASSIGN(SqliteStatement statement, prepare(sql));
  ATTACHE_ASSIGN(const bool has_row, statement.step());
  return has_row ? std::string(statement.bytes(0)) : std::string();
}

SqliteResult<std::int64_t> SqliteConnection::integer(std::string_view sql) {
  ATTACHE_ASSIGN(SqliteStatement statement, prepare(sql));
  ATTACHE_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

void SqliteConnection::set_busy_timeout(std::chrono::milliseconds timeout) {
  const auto most = static_cast<std::chrono::milliseconds::rep>(std::numeric_limits<int>::max());
  sqlite3_busy_timeout(handle_.get(),
                       static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(timeout.count(), 0, most)));
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

bool SqliteConnection::is_read_only() const {
  return sqlite3_db_readonly(handle_.get(), "main") == 1;
}

std::int64_t SqliteConnection::changes() const {
  return sqlite3_changes64(handle_.get());
}

SqliteResult<SqliteTransaction> SqliteTransaction::begin(SqliteConnection& connection) {
  ATTACHE_TRY(connection.execute("BEGIN IMMEDIATE"));
  return SqliteTransaction(connection);
}

SqliteTransaction::~SqliteTransaction() {
  // A full disk or an I/O error may have rolled back already; then there is nothing to end.
  if (connection_ != nullptr && connection_->in_transaction()) static_cast<void>(connection_->execute("ROLLBACK"));
}

SqliteStatus SqliteTransaction::commit() {
  ATTACHE_TRY(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace attache
