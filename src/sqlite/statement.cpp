#include <attache/sqlite/statement.hpp>

#include "failure.hpp"

#include <sqlite3.h>

#include <cassert>

namespace attache {

namespace {

void expect_bound([[maybe_unused]] int code) {
  assert(code == SQLITE_OK);
}

// SQLite takes a null pointer for NULL, whatever the length says.
const char* not_null(std::string_view view) {
  return view.data() != nullptr ? view.data() : "";
}

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteStatement::SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}
SqliteStatement::SqliteStatement(SqliteStatement&&) noexcept = default;
SqliteStatement& SqliteStatement::operator=(SqliteStatement&&) noexcept = default;
SqliteStatement::~SqliteStatement() = default;

void SqliteStatement::bind_integer(int parameter, std::int64_t value) {
  expect_bound(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void SqliteStatement::bind_real(int parameter, double value) {
  expect_bound(sqlite3_bind_double(statement_.get(), parameter, value));
}

// SQLITE_STATIC: nothing is copied; the header asks callers to keep what they bind.
void SqliteStatement::bind_text(int parameter, std::string_view utf8) {
  expect_bound(
      sqlite3_bind_text64(statement_.get(), parameter, not_null(utf8), utf8.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteStatement::bind_blob(int parameter, std::string_view bytes) {
  expect_bound(sqlite3_bind_blob64(statement_.get(), parameter, not_null(bytes), bytes.size(), SQLITE_STATIC));
}

SqliteResult<bool> SqliteStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(sqlite_failure(sqlite3_db_handle(statement_.get()), code,
                             sqlite3_stmt_readonly(statement_.get()) != 0 ? "read" : "write"));
}

SqliteStatus SqliteStatement::run() {
  const SqliteReset reset(*this);
  ATTACHE_TRY(step());
  return {};
}

void SqliteStatement::reset() noexcept {
  sqlite3_reset(statement_.get());
}

SqliteType SqliteStatement::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return SqliteType::kInteger;
    case SQLITE_FLOAT:
      return SqliteType::kReal;
    case SQLITE_TEXT:
      return SqliteType::kText;
    case SQLITE_BLOB:
      return SqliteType::kBlob;
    default:
      return SqliteType::kNull;
  }
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string_view SqliteStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data != nullptr ? std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size))
                         : std::string_view();
}

}  // namespace attache
