#include <attache/base/byte_size.hpp>
#include <attache/cache/cache_directory.hpp>
#include <attache/cache/hash_cache.hpp>
#include <attache/fsio/file_system.hpp>
#include <attache/fsio/system_error.hpp>

#include "cache_database.hpp"
#include "hash_cache_reader.hpp"
#include "hash_cache_tables.hpp"
#include "hash_cache_writer.hpp"
#include "racily_clean.hpp"

#include <atomic>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

namespace attache {

namespace {

// A batch of 4,096 rows takes some 10 ms to write (2.6 us a row), which is how long other writers wait.
constexpr std::size_t kRowsOfBatch = 4096;

class SqliteHashCache final : public HashCache {
 public:
  explicit SqliteHashCache(HashCacheOptions options) : options_(std::move(options)), warn_(options_.warn) {
    const std::lock_guard lock(writer_mutex_);
    open_database();
  }
  SqliteHashCache(const SqliteHashCache&) = delete;
  SqliteHashCache& operator=(const SqliteHashCache&) = delete;

  ~SqliteHashCache() override {
    flush();
    if (!is_damaged_ || !database_) return;
    // All connections must be closed before a new file takes the name; then the next run starts anew.
    const std::string path = database_->path();
    const FileIdentity identity = database_->identity();
    idle_readers_.clear();
    writer_.reset();
    database_.reset();
    static_cast<void>(set_aside(path, identity));
  }

  bool may_know(std::string_view directory) override {
    bool knows = false;
    read([&](HashCacheReader& reader, bool&) -> SqliteStatus {
      ATTACHE_ASSIGN(knows, reader.may_know(directory));
      return {};
    });
    return knows;
  }

  void look_up(std::string_view directory, std::span<const CacheSubject> subjects,
               std::span<std::optional<Digest>> found) override {
    for (std::optional<Digest>& each : found) each.reset();
    read([&](HashCacheReader& reader, bool& damaged) { return reader.look_up(directory, subjects, found, damaged); });
  }

  bool look_up_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                      std::vector<Digest>& hashes) override {
    hashes.clear();
    bool has_all = false;
    if (chunk_size == 0) return false;
    read([&](HashCacheReader& reader, bool& damaged) -> SqliteStatus {
      ATTACHE_ASSIGN(has_all, reader.look_up_chunks(directory, subject, chunk_size, hashes, damaged));
      return {};
    });
    return has_all;
  }

  void store(std::string_view directory, const CacheSubject& subject, const Digest& hash) override {
    buffer(directory, subject, [&](HashCacheBatch& batch) {
      batch.add_file(directory, subject.name, FileStamp::of(*subject.status), hash);
    });
  }

  void store_chunks(std::string_view directory, const CacheSubject& subject, std::uint64_t chunk_size,
                    std::span<const Digest> hashes) override {
    if (chunk_size == 0 || chunk_size > std::numeric_limits<std::int64_t>::max() || hashes.empty() ||
        hashes.size() != chunk_count(subject.status->size, chunk_size)) {
      return;
    }
    buffer(directory, subject, [&](HashCacheBatch& batch) {
      batch.add_chunks(directory, subject.name, FileStamp::of(*subject.status), chunk_size, hashes.data(),
                       hashes.size());
    });
  }

  void flush() override {
    guarded([&] { write(take_batch()); });
  }

 private:
  /// A cache never fails: neither does memory that is not there.
  template <typename Work>
  void guarded(Work work) {
    try {
      work();
    } catch (const std::exception& error) {
      reads_ = false;
      writes_ = false;
      warn_(Error(ErrorCode::kOutOfMemory, std::string("the hash cache is not used any more: ") + error.what(),
                  "give the process more memory"));
    }
  }

  /// With writer_mutex_ held.
  void open_database() {
    reads_ = false;
    writes_ = false;
    writer_.reset();
    {
      const std::lock_guard lock(readers_mutex_);
      idle_readers_.clear();
      ++generation_;  // readers at work are closed when they come back
      database_.reset();
    }
    // A reader and a writer that can be made are proof of tables that have the right columns and keys.
    const auto check = [](SqliteConnection& connection) -> SqliteStatus {
      ATTACHE_TRY(HashCacheWriter::make(connection));
      return {};
    };
    auto opened = CacheDatabase::open({.directory = options_.directory,
                                       .file_name = std::string(kHashCacheFile),
                                       .tables = kHashCacheTables,
                                       .patience = options_.patience,
                                       .stop = options_.stop},
                                      check);
    if (!opened) return do_without(opened.error());
    if (opened->warning) warn_(*opened->warning);
    {
      const std::lock_guard lock(readers_mutex_);
      database_.emplace(std::move(opened->database));
    }
    if (!database_->is_read_only()) {
      auto writer = HashCacheWriter::make(database_->connection());
      if (!writer) return do_without(writer.error().to_error());
      writer_.emplace(*std::move(writer));
      writes_ = true;
    }
    reads_ = true;
  }

  void do_without(const Error& error) {
    reads_ = false;
    writes_ = false;
    warn_(error.within("working without the hash cache"));
  }

  void failed(const SqliteError& error) {
    if (error.problem() == SqliteProblem::kCorrupt) is_damaged_ = true;
    do_without(error.to_error());
  }

  // --- reading

  struct PooledReader {
    HashCacheReader reader;
    unsigned generation;
  };

  template <typename Work>
  void read(Work work) {
    if (!reads_) return;
    guarded([&] {
      bool damaged = false;
      std::unique_ptr<PooledReader> pooled;
      const SqliteStatus status = retry_while_busy(options_.patience, options_.stop, [&]() -> SqliteStatus {
        if (!pooled) {
          if (!reads_) return {};  // being opened again, or given up: a miss
          ATTACHE_ASSIGN(pooled, take_reader());
        }
        SqliteStatus done = work(pooled->reader, damaged);
        if (!done) pooled->reader.abandon();
        return done;
      });
      if (!status) {
        // Who was told to stop has not learnt that the cache is unusable.
        const bool gave_up = options_.stop.stop_requested() && status.error().problem() == SqliteProblem::kBusy;
        if (!gave_up) failed(status.error());
        return;
      }
      if (!pooled) return;
      if (damaged) {
        warn_(Error(ErrorCode::kIntegrity,
                    "the hash cache has damaged rows, which are not used: " +
                        quoted_path(join_path(options_.directory, kHashCacheFile)),
                    "check the disk; the files in question are hashed again"));
      }
      give_back(std::move(pooled));
    });
  }

  SqliteResult<std::unique_ptr<PooledReader>> take_reader() {
    std::unique_lock lock(readers_mutex_);
    if (!idle_readers_.empty()) {
      std::unique_ptr<PooledReader> reader = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return reader;
    }
    if (!database_) return fail(SqliteError(SqliteProblem::kBusy, 0, "the database is being opened again"));
    const unsigned generation = generation_;
    const bool uses_wal = database_->uses_wal();
    ATTACHE_ASSIGN(SqliteConnection connection, database_->connect());
    lock.unlock();
    ATTACHE_ASSIGN(HashCacheReader reader,
                   HashCacheReader::make(std::move(connection), options_.trust_incumbent, uses_wal));
    return std::make_unique<PooledReader>(PooledReader{std::move(reader), generation});
  }

  void give_back(std::unique_ptr<PooledReader> reader) {
    const std::lock_guard lock(readers_mutex_);
    if (reader->generation == generation_) idle_readers_.push_back(std::move(reader));
  }

  void let_readers_go() {
    const std::lock_guard lock(readers_mutex_);
    for (const auto& pooled : idle_readers_) pooled->reader.let_go();
  }

  // --- writing

  template <typename Add>
  void buffer(std::string_view directory, const CacheSubject& subject, Add add) {
    constexpr std::size_t kLongestName = std::numeric_limits<std::uint16_t>::max();
    if (!writes_ || subject.name.empty() || subject.name.size() > kLongestName) return;
    guarded([&] {
      const std::int64_t seen_at = subject.seen_at_ns != 0 ? subject.seen_at_ns
                                   : options_.now_ns       ? options_.now_ns()
                                                           : current_time_ns();
      HashCacheBatch full;
      {
        const std::lock_guard lock(batch_mutex_);
        const auto limit = is_remote(directory, *subject.status) ? RacilyClean::kRemote : RacilyClean::kLocal;
        if (is_racily_clean(*subject.status, seen_at, limit)) return;
        add(batch_);
        if (batch_.rows() >= kRowsOfBatch) std::swap(full, batch_);
      }
      if (!full.empty()) write(full);
    });
  }

  /// One question to the system for each file system, not for each file. With batch_mutex_ held.
  bool is_remote(std::string_view directory, const FileStatus& status) {
    const auto known = remote_devices_.find(status.device);
    if (known != remote_devices_.end()) return known->second;
    return remote_devices_[status.device] = may_be_remote_file_system(std::string(directory));
  }

  HashCacheBatch take_batch() {
    HashCacheBatch batch;
    const std::lock_guard lock(batch_mutex_);
    std::swap(batch, batch_);
    return batch;
  }

  void write(const HashCacheBatch& batch) {
    const std::lock_guard lock(writer_mutex_);
    let_readers_go();
    if (batch.empty() || !writes_) return;
    // Deleted (by the user, or by the incumbent, which deletes a cache that it does not believe) or set aside: a new
    // one is made, and has warned if it cannot be.
    if (!database_->is_current()) open_database();
    if (!writes_) return;
    const SqliteStatus status =
        retry_while_busy(options_.patience, options_.stop, [&] { return writer_->write(batch); });
    if (status) return;
    const SqliteError& error = status.error();
    if (error.problem() == SqliteProblem::kCorrupt) return failed(error);
    if (error.problem() == SqliteProblem::kBusy && options_.stop.stop_requested()) return;
    writes_ = false;  // what is there can still be read
    warn_(error.to_error().within("nothing new goes into the hash cache"));
  }

  HashCacheOptions options_;
  WarnOnce warn_;
  std::atomic<bool> reads_ = false;
  std::atomic<bool> writes_ = false;
  std::atomic<bool> is_damaged_ = false;

  std::mutex batch_mutex_;
  HashCacheBatch batch_;
  std::map<std::uint64_t, bool> remote_devices_;

  std::mutex writer_mutex_;  // before readers_mutex_; one transaction at a time
  std::optional<CacheDatabase> database_;
  std::optional<HashCacheWriter> writer_;

  std::mutex readers_mutex_;
  std::vector<std::unique_ptr<PooledReader>> idle_readers_;
  unsigned generation_ = 0;
};

}  // namespace

HashCache::~HashCache() = default;

std::unique_ptr<HashCache> HashCache::open(HashCacheOptions options) {
  return std::make_unique<SqliteHashCache>(std::move(options));
}

}  // namespace attache
