#include <attache/base/text.hpp>
#include <attache/sqlite/sqlite_error.hpp>

#include "failure.hpp"

#include <sqlite3.h>

namespace attache {

namespace {

constexpr int kPrimary = 0xff;  // an extended code's low byte is the primary code

ErrorCode code_of(SqliteProblem problem, int extended_code) {
  switch (problem) {
    case SqliteProblem::kFull:
      return ErrorCode::kNoSpace;
    case SqliteProblem::kReadOnly:
      return ErrorCode::kPermissionDenied;
    case SqliteProblem::kCorrupt:
      return ErrorCode::kIntegrity;
    case SqliteProblem::kSchema:
      return ErrorCode::kUnsupported;
    case SqliteProblem::kBusy:
    case SqliteProblem::kCannotOpen:
    case SqliteProblem::kOther:
      break;
  }
  return (extended_code & kPrimary) == SQLITE_NOMEM ? ErrorCode::kOutOfMemory : ErrorCode::kIo;
}

const char* remedy_of(SqliteProblem problem) {
  switch (problem) {
    case SqliteProblem::kCorrupt:
      return "move the file away; a new one is made";
    case SqliteProblem::kBusy:
      return "end the program that holds the file, or wait for it";
    case SqliteProblem::kFull:
      return "free space on this file system or in the quota";
    case SqliteProblem::kReadOnly:
      return "give yourself write permission for the file and its directory";
    case SqliteProblem::kCannotOpen:
      return "check that the directory exists and that you may write to it and to the file";
    case SqliteProblem::kSchema:
      return "another program or version has made this file; use another directory, or move it away";
    case SqliteProblem::kOther:
      break;
  }
  return "check the disk that holds the file, or move the file away";
}

}  // namespace

SqliteProblem problem_of_sqlite_code(int code) {
  switch (code & kPrimary) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return SqliteProblem::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // WAL's locks were lost in a race too often
      return SqliteProblem::kBusy;
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return SqliteProblem::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return SqliteProblem::kReadOnly;
    case SQLITE_CANTOPEN:
      return SqliteProblem::kCannotOpen;
    case SQLITE_ERROR:  // "no such column", "no such table": all that prepare says of a statement of ours
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
      return SqliteProblem::kSchema;
    default:
      return SqliteProblem::kOther;
  }
}

std::string_view to_string(SqliteProblem problem) {
  switch (problem) {
    case SqliteProblem::kCorrupt:
      return "corrupt";
    case SqliteProblem::kBusy:
      return "busy";
    case SqliteProblem::kFull:
      return "full";
    case SqliteProblem::kReadOnly:
      return "read-only";
    case SqliteProblem::kCannotOpen:
      return "cannot-open";
    case SqliteProblem::kSchema:
      return "schema";
    case SqliteProblem::kOther:
      break;
  }
  return "other";
}

Error SqliteError::to_error() const {
  return {code_of(problem_, extended_code_), message_, remedy_of(problem_)};
}

SqliteError sqlite_failure(sqlite3* handle, int code, std::string_view action) {
  const int extended = handle != nullptr ? sqlite3_extended_errcode(handle) : code;
  const char* file = handle != nullptr ? sqlite3_db_filename(handle, "main") : nullptr;
  const char* reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  std::string message = "cannot " + std::string(action) + " the database";
  if (file != nullptr && *file != '\0') message += " '" + printable(file) + "'";
  message += ": " + printable(reason) + " (SQLite code " + std::to_string(extended) + ")";
  // The call's own code says what failed; the connection's may be that of a later clean-up.
  return {problem_of_sqlite_code(code), extended, std::move(message)};
}

}  // namespace attache
