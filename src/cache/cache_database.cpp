#include "cache_database.hpp"

#include <attache/fsio/file_system.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>

#include <algorithm>
#include <random>
#include <thread>

namespace attache {

namespace {

using Clock = std::chrono::steady_clock;

// What SQLite itself waits for a lock in one call. Short, and repeated by retry_while_busy: its own pauses grow to 100
// ms, which is long beside a batch of 10 ms, and it gives up at once where it sees a deadlock (the switch to WAL).
constexpr std::chrono::milliseconds kOneWait{100};

SqliteResult<bool> has_tables(SqliteConnection& connection, std::span<const CacheTable> tables) {
  ATTACHE_ASSIGN(SqliteStatement find,
                 connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1"));
  for (const CacheTable& table : tables) {
    find.bind_text(1, table.name);
    ATTACHE_ASSIGN(const bool has, find.step());
    find.reset();
    if (!has) return false;
  }
  return true;
}

SqliteStatus make_tables(SqliteConnection& connection, std::span<const CacheTable> tables) {
  ATTACHE_ASSIGN(SqliteTransaction transaction, SqliteTransaction::begin(connection));
  for (const CacheTable& table : tables) ATTACHE_TRY(connection.execute(table.create));
  return transaction.commit();
}

/// The journal mode that the database has in the end. That it cannot be changed is no failure: another process has it
/// open, or it cannot be written.
SqliteResult<std::string> choose_journal_mode(SqliteConnection& connection, bool is_remote) {
  ATTACHE_ASSIGN(std::string mode, connection.text("PRAGMA journal_mode"));
  const std::string wanted = is_remote ? "delete" : "wal";
  if (mode == wanted) return mode;
  const auto changed = connection.text("PRAGMA journal_mode = " + wanted);
  if (changed) return *changed;
  // Busy: WAL is worth a retry, as it stays. Not for DELETE: where another process has WAL open, it works here, too.
  if (!is_remote && changed.error().problem() == SqliteProblem::kBusy) return fail(changed.error());
  if (changed.error().problem() == SqliteProblem::kCorrupt) return fail(changed.error());
  return mode;
}

/// A database in WAL mode where there is no shared memory: only who has it for himself can read it, and change the
/// mode.
SqliteStatus leave_wal(SqliteConnection& connection) {
  ATTACHE_TRY(connection.execute("PRAGMA locking_mode = EXCLUSIVE"));
  ATTACHE_TRY(connection.text("PRAGMA journal_mode = DELETE"));
  ATTACHE_TRY(connection.execute("PRAGMA locking_mode = NORMAL"));
  return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1");  // lets go of the lock
}

bool may_lack_shared_memory(const SqliteError& error) {
  return error.problem() == SqliteProblem::kCannotOpen || error.problem() == SqliteProblem::kOther;
}

}  // namespace

SqliteStatus retry_while_busy(std::chrono::milliseconds patience, const std::stop_token& stop,
                              const std::function<SqliteStatus()>& work) {
  const auto is_busy = [](const SqliteStatus& status) {
    return !status && status.error().problem() == SqliteProblem::kBusy;
  };
  SqliteStatus status = work();
  if (!is_busy(status)) return status;  // nearly always: before a clock is read, as every look-up comes by here
  const auto deadline = Clock::now() + patience;
  std::minstd_rand random(static_cast<unsigned>(Clock::now().time_since_epoch().count()) ^
                          static_cast<unsigned>(std::hash<std::thread::id>{}(std::this_thread::get_id())));
  while (is_busy(status) && !stop.stop_requested() && Clock::now() < deadline) {
    // At random: processes that were started together do not meet again and again.
    std::this_thread::sleep_for(std::chrono::microseconds(200 + random() % 10'000));
    status = work();
  }
  return status;
}

SqliteResult<CacheDatabase> CacheDatabase::try_open(const CacheDatabaseOptions& options, const std::string& path,
                                                    bool is_remote, const Check& check) {
  const SqliteOptions how{SqliteOptions::Access::kReadWrite, kOneWait, options.vfs};
  const FileIdentity identity = identity_of(path).value_or(FileIdentity{});
  ATTACHE_ASSIGN(SqliteConnection connection, SqliteConnection::open(path, how));
  if (const auto readable = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1");
      !readable && may_lack_shared_memory(readable.error())) {
    if (!leave_wal(connection)) return fail(readable.error());
  }
  CacheDatabase database(std::move(connection), options, identity);
  SqliteConnection& opened = database.connection_;
  ATTACHE_ASSIGN(const std::string mode, choose_journal_mode(opened, is_remote));
  database.uses_wal_ = mode == "wal";
  database.is_read_only_ = opened.is_read_only();
  ATTACHE_TRY(opened.execute("PRAGMA synchronous = NORMAL"));
  ATTACHE_ASSIGN(const bool complete, has_tables(opened, options.tables));
  if (!complete) ATTACHE_TRY(make_tables(opened, options.tables));
  if (check) ATTACHE_TRY(check(opened));
  return database;
}

Result<CacheDatabase::Opened> CacheDatabase::open(const CacheDatabaseOptions& options, const Check& check) {
  ATTACHE_TRY(prepare_cache_directory(options.directory));
  const std::string path = join_path(options.directory, options.file_name);
  const bool is_remote = may_be_remote_file_system(options.directory);
  std::optional<Error> warning;
  // Twice: a damaged file is replaced once. A third time would mean a disk that damages what is written to it.
  for (bool is_second = false;; is_second = true) {
    std::optional<DirectoryLock> lock(std::in_place, options.directory, DirectoryLock::Kind::kShared);
    ATTACHE_TRY(prepare_cache_file(path));
    const auto identity = identity_of(path);
    std::optional<CacheDatabase> database;
    const SqliteStatus status = retry_while_busy(options.patience, options.stop, [&]() -> SqliteStatus {
      auto opened = try_open(options, path, is_remote, check);
      if (!opened) return fail(opened.error());
      database.emplace(*std::move(opened));
      return {};
    });
    if (status) {
      if (database->is_read_only_ && !warning) {
        warning =
            Error(ErrorCode::kPermissionDenied, action_on("cannot write to", path) + ": nothing new is remembered",
                  "give yourself write permission for the file and its directory");
      }
      return Opened{*std::move(database), std::move(warning)};
    }
    if (status.error().problem() != SqliteProblem::kCorrupt || is_second || !identity) {
      return fail(status.error().to_error());
    }
    lock.reset();
    ATTACHE_ASSIGN(const std::string aside, set_aside(path, *identity));
    if (!aside.empty()) {
      warning = Error(ErrorCode::kIntegrity,
                      "the cache " + quoted_path(path) + " was damaged; it is now " + quoted_path(aside) +
                          ", and a new one was made",
                      "delete the damaged file; nothing is lost but time");
    }
  }
}

SqliteResult<SqliteConnection> CacheDatabase::connect() const {
  return SqliteConnection::open(path_, {SqliteOptions::Access::kReadWrite, kOneWait, vfs_});
}

}  // namespace attache
