#include <attache/base/text.hpp>
#include <attache/cache/cache_directory.hpp>
#include <attache/cache/check_cache.hpp>

#include "cache_database.hpp"
#include "check_cache_tables.hpp"
#include "racily_clean.hpp"
#include "seen_time.hpp"

#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

namespace attache {

namespace {

// As for the hash cache: some 10 ms of writing.
constexpr std::size_t kRowsOfBatch = 4096;

struct Statements {
  SqliteStatement find;
  SqliteStatement write;
  SqliteStatement remove;

  static SqliteResult<Statements> make(SqliteConnection& connection) {
    ATTACHE_ASSIGN(SqliteStatement find, connection.prepare("SELECT last_seen_time FROM s3checkV1 WHERE s3_key = ?1"));
    ATTACHE_ASSIGN(SqliteStatement write,
                   connection.prepare("INSERT INTO s3checkV1(s3_key, last_seen_time) VALUES(?1, ?2) "
                                      "ON CONFLICT(s3_key) DO UPDATE SET last_seen_time = excluded.last_seen_time"));
    ATTACHE_ASSIGN(SqliteStatement remove, connection.prepare("DELETE FROM s3checkV1 WHERE s3_key = ?1"));
    return Statements{std::move(find), std::move(write), std::move(remove)};
  }
};

/// `<bucket>/<key>`; empty if it cannot be one: the column holds text.
std::string row_key(std::string_view bucket, std::string_view key) {
  std::string text(bucket);
  text.append(1, '/').append(key);
  return is_utf8(text) && text.find('\0') == std::string::npos ? text : std::string();
}

class SqliteCheckCache final : public CheckCache {
 public:
  explicit SqliteCheckCache(CheckCacheOptions options) : options_(std::move(options)), warn_(options_.warn) {
    const std::lock_guard lock(mutex_);
    open_database();
  }
  SqliteCheckCache(const SqliteCheckCache&) = delete;
  SqliteCheckCache& operator=(const SqliteCheckCache&) = delete;

  ~SqliteCheckCache() override {
    flush();
    if (!is_damaged_ || !database_) return;
    const std::string path = database_->path();
    const FileIdentity identity = database_->identity();
    close();
    static_cast<void>(set_aside(path, identity));
  }

  void look_up(std::string_view bucket, std::span<const std::string> keys,
               std::span<std::optional<AssumedPresent>> found) override {
    for (std::optional<AssumedPresent>& each : found) each.reset();
    guarded([&] {
      write_pending();  // what was recorded is known
      const double now = current_time();
      run([&] { return find_all(bucket, keys, found, now); });
    });
  }

  void record(std::string_view bucket, std::string_view key) override {
    guarded([&] {
      std::string text = row_key(bucket, key);
      if (text.empty() || !can_write_) return;
      pending_[std::move(text)] = current_time();
      if (pending_.size() >= kRowsOfBatch) write_pending();
    });
  }

  void drop(std::string_view bucket, std::span<const std::string> keys) override {
    guarded([&] {
      for (const std::string& key : keys) pending_.erase(row_key(bucket, key));
      if (can_write_) run([&] { return remove_all(bucket, keys); });
    });
  }

  void flush() override {
    guarded([&] { write_pending(); });
  }

 private:
  template <typename Work>
  void guarded(Work work) {
    try {
      const std::lock_guard lock(mutex_);
      work();
    } catch (const std::exception& error) {
      warn_(Error(ErrorCode::kOutOfMemory, std::string("the check cache is not used: ") + error.what(),
                  "give the process more memory"));
    }
  }

  void close() {
    statements_.reset();
    database_.reset();
    can_write_ = false;
  }

  void open_database() {
    close();
    const auto check = [](SqliteConnection& connection) -> SqliteStatus {
      ATTACHE_TRY(Statements::make(connection));
      return {};
    };
    auto opened = CacheDatabase::open({.directory = options_.directory,
                                       .file_name = std::string(kCheckCacheFile),
                                       .tables = kCheckCacheTables,
                                       .patience = options_.patience,
                                       .stop = options_.stop},
                                      check);
    if (!opened) return warn_(opened.error().within("working without the check cache"));
    if (opened->warning) warn_(*opened->warning);
    database_.emplace(std::move(opened->database));
    auto statements = Statements::make(database_->connection());
    if (!statements) {
      warn_(statements.error().to_error().within("working without the check cache"));
      return close();
    }
    statements_.emplace(*std::move(statements));
    can_write_ = !database_->is_read_only();
  }

  /// Runs work on the database, if there is one; what fails has warned and ends the use of it.
  template <typename Work>
  void run(Work work) {
    // The incumbent deletes the whole file when it does not believe it: what was in it is not to be believed here.
    if (statements_ && !database_->is_current()) open_database();
    if (!statements_) return;
    const SqliteStatus status = retry_while_busy(options_.patience, options_.stop, [&]() -> SqliteStatus {
      SqliteStatus done = work();
      if (!done && database_->connection().in_transaction()) {
        static_cast<void>(database_->connection().execute("ROLLBACK"));
      }
      return done;
    });
    if (status) return;
    const SqliteError& error = status.error();
    if (error.problem() == SqliteProblem::kBusy && options_.stop.stop_requested()) return;
    can_write_ = false;
    if (error.problem() == SqliteProblem::kFull || error.problem() == SqliteProblem::kReadOnly) {
      return warn_(error.to_error().within("nothing new goes into the check cache"));
    }
    is_damaged_ = error.problem() == SqliteProblem::kCorrupt;
    statements_.reset();
    warn_(error.to_error().within("working without the check cache"));
  }

  SqliteStatus find_all(std::string_view bucket, std::span<const std::string> keys,
                        std::span<std::optional<AssumedPresent>> found, double now) {
    // One transaction: a look-up of its own for each key would take three times as long.
    ATTACHE_TRY(database_->connection().execute("BEGIN"));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      found[i].reset();
      const std::string key = row_key(bucket, keys[i]);
      if (key.empty()) continue;
      SqliteStatement& find = statements_->find;
      const SqliteReset reset(find);
      find.bind_text(1, key);
      ATTACHE_ASSIGN(const bool has_row, find.step());
      if (!has_row) continue;
      const std::optional<double> seen = seen_time(find, 0);
      if (!seen) {
        warn_(Error(ErrorCode::kIntegrity,
                    "the check cache has times that are none, which are ignored: '" + printable(find.bytes(0)) +
                        "' of '" + printable(key) + "'",
                    "nothing has to be done; 'attache cache clear' removes them"));
      } else if (is_fresh(*seen, now, kExpiry)) {
        found[i] = AssumedPresent{std::chrono::seconds(static_cast<std::int64_t>(std::floor(now - *seen)))};
      }
    }
    return database_->connection().execute("COMMIT");
  }

  SqliteStatus remove_all(std::string_view bucket, std::span<const std::string> keys) {
    ATTACHE_ASSIGN(SqliteTransaction transaction, SqliteTransaction::begin(database_->connection()));
    for (const std::string& each : keys) {
      const std::string key = row_key(bucket, each);
      if (key.empty()) continue;
      statements_->remove.bind_text(1, key);
      ATTACHE_TRY(statements_->remove.run());
    }
    return transaction.commit();
  }

  void write_pending() {
    if (pending_.empty() || !can_write_) return;
    std::map<std::string, double> rows;
    std::swap(rows, pending_);
    run([&]() -> SqliteStatus {
      ATTACHE_ASSIGN(SqliteTransaction transaction, SqliteTransaction::begin(database_->connection()));
      for (const auto& [key, seen] : rows) {
        statements_->write.bind_text(1, key);
        statements_->write.bind_real(2, seen);
        ATTACHE_TRY(statements_->write.run());
      }
      return transaction.commit();
    });
  }

  double current_time() const {
    if (options_.now) return options_.now();
    const std::int64_t now_us = current_time_ns() / 1000;  // the incumbent's times have no more digits
    return static_cast<double>(now_us) / 1e6;
  }

  CheckCacheOptions options_;
  WarnOnce warn_;
  std::mutex mutex_;
  std::optional<CacheDatabase> database_;
  std::optional<Statements> statements_;
  bool can_write_ = false;
  bool is_damaged_ = false;
  std::map<std::string, double> pending_;  ///< in the order of keys, as the index has them
};

}  // namespace

CheckCache::~CheckCache() = default;

std::unique_ptr<CheckCache> CheckCache::open(CheckCacheOptions options) {
  return std::make_unique<SqliteCheckCache>(std::move(options));
}

}  // namespace attache
