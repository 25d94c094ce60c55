#pragma once

#include <attache/sqlite/sqlite_error.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

struct sqlite3_stmt;

namespace attache {

/// What a value is stored as.
enum class SqliteType { kInteger, kReal, kText, kBlob, kNull };

/// A prepared statement: bind, step until false, reset, again. Move-only. Views that are bound must live until reset();
/// views of columns live until the next step() or reset(). Parameters count from 1, columns from 0, as in SQLite.
///
/// Binding cannot fail for a parameter that the statement has; a wrong index is a mistake in the program (asserted).
class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&&) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) noexcept;
  ~SqliteStatement();

  void bind_integer(int parameter, std::int64_t value);
  void bind_real(int parameter, double value);
  void bind_text(int parameter, std::string_view utf8);
  void bind_blob(int parameter, std::string_view bytes);

  /// True: there is a row. False: the statement is done.
  SqliteResult<bool> step();
  /// Runs a statement without rows and resets it.
  SqliteStatus run();
  /// Ends the execution, and with it a read transaction of its own. Bindings stay.
  void reset() noexcept;

  SqliteType type(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  /// Bytes of a text or blob; numbers are converted to text.
  std::string_view bytes(int column) const;

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// Resets a statement at the end of a scope, so that no early return leaves a read transaction open.
class SqliteReset {
 public:
  explicit SqliteReset(SqliteStatement& statement) : statement_(statement) {}
  SqliteReset(const SqliteReset&) = delete;
  SqliteReset& operator=(const SqliteReset&) = delete;
  ~SqliteReset() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

}  // namespace attache
