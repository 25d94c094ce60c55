#pragma once

#include <attache/sqlite/sqlite_error.hpp>

struct sqlite3;

namespace attache {

/// The error of a call that returned `code` just now; `action` completes "cannot ... the database".
SqliteError sqlite_failure(sqlite3* handle, int code, std::string_view action);

}  // namespace attache
