#include <attache/base/text.hpp>
#include <attache/cache/cache_directory.hpp>
#include <attache/cache/cache_upkeep.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/hash/xxh3.hpp>

#include "cache_database.hpp"
#include "cache_files.hpp"
#include "check_cache_tables.hpp"
#include "file_block.hpp"
#include "hash_cache_tables.hpp"
#include "seen_time.hpp"

#include <algorithm>

namespace attache {

namespace {

constexpr std::chrono::milliseconds kPatience{15'000};

SqliteResult<SqliteConnection> open_existing(const std::string& path) {
  return SqliteConnection::open(path, {SqliteOptions::Access::kReadWrite, std::chrono::milliseconds(1000), {}});
}

/// A name as SQL has it.
std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + "\"";
}

SqliteResult<std::vector<std::string>> table_names(SqliteConnection& connection) {
  ATTACHE_ASSIGN(
      SqliteStatement find,
      connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
                         "ESCAPE '\\' ORDER BY name"));
  std::vector<std::string> names;
  for (;;) {
    ATTACHE_ASSIGN(const bool has_row, find.step());
    if (!has_row) return names;
    names.emplace_back(find.bytes(0));
  }
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

SqliteResult<std::uint64_t> count_rows(SqliteConnection& connection, std::string_view table) {
  ATTACHE_ASSIGN(const std::int64_t rows, connection.integer("SELECT count(*) FROM " + quoted_name(table)));
  return static_cast<std::uint64_t>(rows);
}

SqliteStatus inspect_seen(SqliteConnection& connection, double now, CacheFileFacts& facts) {
  ATTACHE_ASSIGN(SqliteStatement all, connection.prepare("SELECT last_seen_time FROM s3checkV1"));
  for (;;) {
    ATTACHE_ASSIGN(const bool has_row, all.step());
    if (!has_row) return {};
    const std::optional<double> seen = seen_time(all, 0);
    if (!seen) continue;
    facts.oldest_seen = std::min(facts.oldest_seen.value_or(*seen), *seen);
    facts.newest_seen = std::max(facts.newest_seen.value_or(*seen), *seen);
    if (!is_fresh(*seen, now, CheckCache::kExpiry)) ++facts.expired;
  }
}

/// Calls `visit(directory, files, key)` for each block, those of a directory in a row; see block_key().
template <typename Visit>
SqliteStatus for_each_block(SqliteConnection& connection, Visit visit) {
  ATTACHE_ASSIGN(SqliteStatement all, connection.prepare("SELECT directory, bound, files FROM attacheFilesV1 "
                                                         "ORDER BY directory, bound"));
  std::string key;
  for (;;) {
    ATTACHE_ASSIGN(const bool has_row, all.step());
    if (!has_row) return {};
    block_key(key, all.bytes(0), all.bytes(1));
    visit(all.bytes(0), all.bytes(2), key);
  }
}

SqliteStatus inspect(SqliteConnection& connection, double now, CacheFileFacts& facts) {
  ATTACHE_ASSIGN(facts.journal_mode, connection.text("PRAGMA journal_mode"));
  ATTACHE_ASSIGN(const std::vector<std::string> names, table_names(connection));
  for (const std::string& name : names) {
    ATTACHE_ASSIGN(const std::uint64_t rows, count_rows(connection, name));
    facts.tables.push_back({name, rows});
  }
  if (has(names, "attacheFilesV1")) {
    ATTACHE_TRY(for_each_block(connection, [&](std::string_view, std::string_view files, std::string_view key) {
      facts.files += decode_block(files, key).size();
    }));
  }
  if (has(names, "attacheChunksV1")) {
    ATTACHE_ASSIGN(const std::int64_t chunked, connection.integer("SELECT count(DISTINCT path) FROM attacheChunksV1"));
    facts.files += static_cast<std::uint64_t>(chunked);
  }
  return has(names, "s3checkV1") ? inspect_seen(connection, now, facts) : SqliteStatus();
}

SqliteStatus clear(SqliteConnection& connection, ClearedCache& cleared) {
  ATTACHE_ASSIGN(const std::vector<std::string> names, table_names(connection));
  ATTACHE_ASSIGN(SqliteTransaction transaction, SqliteTransaction::begin(connection));
  cleared.rows = 0;
  for (const std::span<const CacheTable> tables :
       {std::span<const CacheTable>(kHashCacheTables), std::span<const CacheTable>(kCheckCacheTables)}) {
    for (const CacheTable& table : tables) {
      if (!has(names, table.name)) continue;
      ATTACHE_ASSIGN(const std::uint64_t rows, count_rows(connection, table.name));
      cleared.rows += rows;
      ATTACHE_TRY(connection.execute(("DELETE FROM " + quoted_name(table.name)).c_str()));
    }
  }
  return transaction.commit();
}

}  // namespace

CacheFileFacts inspect_cache_file(const std::string& directory, std::string_view file, double now) {
  CacheFileFacts facts;
  facts.path = join_path(directory, file);
  const auto there = Directory::open(directory);
  if (!there) {
    if (there.error().code() != ErrorCode::kNotFound) facts.problem = there.error();
    return facts;
  }
  const auto status = there->status(std::string(file));
  if (!status) facts.problem = status.error();
  if (!status || !*status) return facts;
  facts.exists = true;
  facts.bytes = (*status)->size;
  facts.modified_ns = (*status)->mtime_ns;
  if (const auto log = there->status(std::string(file) + "-wal"); log && *log) {
    facts.log_bytes = (*log)->size;
    if ((*log)->size > 0) facts.modified_ns = std::max(facts.modified_ns, (*log)->mtime_ns);
  }
  if (const Status usable = check_cache_file(facts.path); !usable) {
    facts.problem = usable.error();
    return facts;
  }
  auto connection = open_existing(facts.path);
  SqliteStatus inspected;
  if (connection) inspected = inspect(*connection, now, facts);
  if (!connection) facts.problem = connection.error().to_error();
  if (!inspected) facts.problem = inspected.error().to_error();
  return facts;
}

Result<ClearedCache> clear_cache_file(const std::string& directory, std::string_view file, std::stop_token stop) {
  ClearedCache cleared;
  const std::string path = join_path(directory, file);
  const auto identity = identity_of(path);
  if (!identity) {
    ATTACHE_TRY(check_cache_directory(directory));
    return cleared;
  }
  ATTACHE_TRY(check_cache_file(path));
  SqliteStatus status;
  {
    auto connection = open_existing(path);
    status = connection ? retry_while_busy(kPatience, stop, [&] { return clear(*connection, cleared); })
                        : SqliteStatus(fail(connection.error()));
    // Space is given back where nobody is in the way; that is no condition.
    if (status) connection->set_busy_timeout(std::chrono::milliseconds(50));
    if (status && connection->execute("VACUUM")) {
      static_cast<void>(connection->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
  }
  if (status) return cleared;
  if (status.error().problem() != SqliteProblem::kCorrupt) return fail(status.error().to_error());
  ATTACHE_ASSIGN(const std::string aside, set_aside(path, *identity));
  cleared.removed_file = true;
  if (!aside.empty()) ATTACHE_TRY(remove_database(aside));
  return cleared;
}

namespace {

class Verification {
 public:
  Verification(const VerifyCacheOptions& options, VerifiedCache& result)
      : options_(options), result_(result), buffer_(std::size_t{1} << 20U) {}

  void file(const Directory* directory, const std::string& path, const FileRow& row) {
    const std::string name(row.name);
    std::optional<FileStatus> status;
    if (directory != nullptr) {
      const auto read = directory->status(name);
      if (!read) {
        ++result_.unreadable;
        return;
      }
      status = *read;
    }
    if (!status) return note(path, CacheRowState::kMissing, result_.missing);
    if (FileStamp::of(*status) != row.stamp) return note(path, CacheRowState::kStale, result_.stale);
    if (!options_.hash) {
      ++result_.current;
      return;
    }
    const Result<std::optional<Digest>> hash = hash_of(*directory, name, row.stamp);
    if (!hash) {
      ++result_.unreadable;
    } else if (!*hash) {
      note(path, CacheRowState::kStale, result_.stale);
    } else if (**hash != row.hash) {
      note(path, CacheRowState::kWrong, result_.wrong);
    } else {
      ++result_.current;
    }
  }

 private:
  void note(const std::string& path, CacheRowState state, std::uint64_t& count) {
    ++count;
    if (options_.found) options_.found(path, state);
  }

  /// Nothing if the file changes while it is read.
  Result<std::optional<Digest>> hash_of(const Directory& directory, const std::string& name, const FileStamp& stamp) {
    ATTACHE_ASSIGN(File file, directory.open_for_reading(name));
    stream_.reset();
    for (;;) {
      if (options_.stop.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(const std::size_t count, file.read(buffer_));
      if (count == 0) break;
      stream_.update(std::span<const std::byte>(buffer_).first(count));
    }
    ATTACHE_ASSIGN(const FileStatus after, file.status());
    if (FileStamp::of(after) != stamp) return std::optional<Digest>();
    return std::optional<Digest>(stream_.digest());
  }

  const VerifyCacheOptions& options_;
  VerifiedCache& result_;
  std::vector<std::byte> buffer_;
  Xxh128Stream stream_;
};

}  // namespace

Result<VerifiedCache> verify_hash_cache(const std::string& directory, const VerifyCacheOptions& options) {
  const std::string path = join_path(directory, kHashCacheFile);
  if (!identity_of(path)) {
    return fail(ErrorCode::kNotFound, "there is no hash cache " + quoted_path(path),
                "name the directory that holds one (--cache-dir)");
  }
  ATTACHE_TRY(check_cache_file(path));
  auto connection = open_existing(path);
  if (!connection) return fail(connection.error().to_error());
  const auto names = table_names(*connection);
  if (!names) return fail(names.error().to_error());
  VerifiedCache result;
  if (!has(*names, "attacheFilesV1")) return result;  // only the incumbent has written to it

  // Blocks are collected before the first file is read: hashing takes its time, and a read transaction of that length
  // would make the log grow.
  struct Block {
    std::string directory;
    std::string bytes;
    std::string key;
  };
  std::vector<Block> blocks;
  const SqliteStatus collected =
      for_each_block(*connection, [&](std::string_view in, std::string_view files, std::string_view key) {
        blocks.push_back({std::string(in), std::string(files), std::string(key)});
      });
  if (!collected) return fail(collected.error().to_error());
  Verification verification(options, result);
  std::optional<Directory> opened;
  std::string opened_path;
  std::string file_path;
  for (const Block& block : blocks) {
    if (options.stop.stop_requested()) return cancelled();
    auto files = BlockReader::open(block.bytes, block.key);
    if (!files) {
      ++result.damaged;
      continue;
    }
    if (!opened || opened_path != block.directory) {
      opened.reset();
      opened_path = block.directory;
      if (auto directory_of_block = Directory::open(block.directory)) opened.emplace(*std::move(directory_of_block));
    }
    while (files->next()) {
      if (options.stop.stop_requested()) return cancelled();
      join_path(file_path, block.directory, files->name());
      verification.file(opened ? &*opened : nullptr, file_path, {files->name(), files->stamp(), files->hash()});
    }
  }
  if (options.stop.stop_requested()) return cancelled();
  return result;
}

}  // namespace attache
