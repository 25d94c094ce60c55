#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace attache {

/// What an SQLite call failed of, as far as a caller does something else about it.
enum class SqliteProblem {
  kCorrupt,     ///< damaged, or not a database at all: it will not get better by itself
  kBusy,        ///< another connection holds a lock; trying again may help
  kFull,        ///< the disk, a quota or the database's own limit
  kReadOnly,    ///< the file or its directory may not be written
  kCannotOpen,  ///< the file, or one that belongs to it (-wal, -shm, journal), cannot be opened
  kSchema,      ///< the statement does not fit the tables: another program, or another version, made them
  kOther,       ///< I/O, memory, misuse
};

/// A failed SQLite call.
class SqliteError {
 public:
  SqliteError(SqliteProblem problem, int extended_code, std::string message)
      : problem_(problem), extended_code_(extended_code), message_(std::move(message)) {}

  SqliteProblem problem() const { return problem_; }
  /// SQLite's own extended result code, for logs.
  int extended_code() const { return extended_code_; }
  /// What was done, on which file, and SQLite's reason; UTF-8 without a final full stop.
  const std::string& message() const { return message_; }

  /// The same as an Error; the remedy fits the problem.
  Error to_error() const;

 private:
  SqliteProblem problem_;
  int extended_code_;
  std::string message_;
};

template <typename T>
using SqliteResult = tl::expected<T, SqliteError>;
using SqliteStatus = SqliteResult<void>;

/// So that ATTACHE_TRY and ATTACHE_ASSIGN work in functions that return an SqliteResult.
inline tl::unexpected<SqliteError> fail(SqliteError error) {
  return tl::unexpected<SqliteError>(std::move(error));
}

/// The problem that belongs to a result code of SQLite, primary or extended.
SqliteProblem problem_of_sqlite_code(int code);

/// The problem's name for logs and JSON, e.g. "read-only". Stable.
std::string_view to_string(SqliteProblem problem);

}  // namespace attache
