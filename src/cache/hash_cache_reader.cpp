#include "hash_cache_reader.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/fsio/host_path.hpp>

#include "hash_cache_tables.hpp"
#include "incumbent_time.hpp"

#include <algorithm>
#include <utility>

namespace attache {

namespace {

// A transaction costs 2 us (locks on the index of the log), a look-up in one of 100 files 3 to 5 us. After 64 the rest
// is noise, and rows that other processes write meanwhile are seen soon enough.
constexpr int kLookUpsOfTransaction = 64;

// Rows of chunks are found by the whole path: those of subdirectories count, too, which costs a few statuses at worst.
constexpr const char* kAny =
    "SELECT EXISTS(SELECT 1 FROM attacheFilesV1 WHERE directory = ?1) OR "
    "EXISTS(SELECT 1 FROM attacheChunksV1 WHERE path > ?2 AND path < ?3)";
constexpr const char* kBlocks =
    "SELECT bound, files FROM attacheFilesV1 WHERE directory = ?1 AND bound <= ?2 ORDER BY bound DESC";
constexpr const char* kChunks = "SELECT file FROM attacheChunksV1 WHERE path = ?1 AND chunk_size = ?2";
constexpr const char* kIncumbentRow =
    "SELECT file_hash, last_modified_time FROM hashesV4 WHERE file_path = ?1 AND hash_algorithm = 'xxh128' AND "
    "range_start = ?2 AND range_end = ?3";

bool same_time_text(std::int64_t a_ns, std::int64_t b_ns) {
  return a_ns == b_ns || IncumbentTime(a_ns).text() == IncumbentTime(b_ns).text();
}

}  // namespace

HashCacheReader::HashCacheReader(SqliteConnection connection, SqliteStatement any, SqliteStatement blocks,
                                 SqliteStatement chunks, SqliteStatement incumbent_row, bool trust_incumbent,
                                 bool keep_transactions)
    : connection_(std::move(connection)),
      any_(std::move(any)),
      blocks_(std::move(blocks)),
      chunks_(std::move(chunks)),
      incumbent_row_(std::move(incumbent_row)),
      trust_incumbent_(trust_incumbent),
      keep_transactions_(keep_transactions) {}

SqliteResult<HashCacheReader> HashCacheReader::make(SqliteConnection connection, bool trust_incumbent,
                                                    bool keep_transactions) {
  ATTACHE_ASSIGN(SqliteStatement any, connection.prepare(kAny));
  ATTACHE_ASSIGN(SqliteStatement blocks, connection.prepare(kBlocks));
  ATTACHE_ASSIGN(SqliteStatement chunks, connection.prepare(kChunks));
  ATTACHE_ASSIGN(SqliteStatement incumbent_row, connection.prepare(kIncumbentRow));
  return HashCacheReader(std::move(connection), std::move(any), std::move(blocks), std::move(chunks),
                         std::move(incumbent_row), trust_incumbent, keep_transactions);
}

SqliteStatus HashCacheReader::enter() {
  if (keep_transactions_ && look_ups_in_transaction_++ == 0) return connection_.execute("BEGIN");
  return {};
}

SqliteStatus HashCacheReader::leave() {
  if (look_ups_in_transaction_ < kLookUpsOfTransaction) return {};
  look_ups_in_transaction_ = 0;
  return connection_.execute("COMMIT");
}

void HashCacheReader::let_go() {
  if (look_ups_in_transaction_ == 0) return;
  look_ups_in_transaction_ = 0;
  static_cast<void>(connection_.execute("COMMIT"));
}

void HashCacheReader::abandon() {
  look_ups_in_transaction_ = 0;
  if (connection_.in_transaction()) static_cast<void>(connection_.execute("ROLLBACK"));
}

SqliteResult<bool> HashCacheReader::may_know(std::string_view directory) {
  if (trust_incumbent_) return true;  // its rows are not ordered by directory
  ATTACHE_TRY(enter());
  bool knows = false;
  {
    const SqliteReset reset(any_);
    join_path(key_, directory, "");
    any_.bind_blob(1, directory);
    any_.bind_blob(2, key_);
    std::string end = key_;
    ++end.back();  // behind all that begins with "directory/"
    any_.bind_blob(3, end);
    ATTACHE_ASSIGN(const bool has_row, any_.step());
    knows = !has_row || any_.integer(0) != 0;
  }
  ATTACHE_TRY(leave());
  return knows;
}

SqliteStatus HashCacheReader::look_up(std::string_view directory, std::span<const CacheSubject> subjects,
                                      std::span<std::optional<Digest>> found, bool& damaged) {
  if (subjects.empty()) return {};
  if (trust_incumbent_) refuted_.assign(subjects.size(), 0);
  ATTACHE_TRY(enter());
  ATTACHE_TRY(own_rows(directory, subjects, found, damaged));
  if (trust_incumbent_) ATTACHE_TRY(incumbent_rows(directory, subjects, found));
  return leave();
}

// From the last block to the first: then it is known where a block ends, and one that no subject is in is passed over
// without reading its value. A look-up of one file in a directory of a million reads one block.
SqliteStatus HashCacheReader::own_rows(std::string_view directory, std::span<const CacheSubject> subjects,
                                       std::span<std::optional<Digest>> found, bool& damaged) {
  const SqliteReset reset(blocks_);
  blocks_.bind_blob(1, directory);
  blocks_.bind_blob(2, subjects.back().name);
  std::size_t end = subjects.size();
  while (end > 0) {
    ATTACHE_ASSIGN(const bool has_block, blocks_.step());
    if (!has_block) break;
    const std::string_view bound = blocks_.bytes(0);
    std::size_t first = 0;  // of the subjects that belong to this block
    if (!bound.empty()) {
      const auto begins = std::partition_point(subjects.begin(), subjects.begin() + static_cast<std::ptrdiff_t>(end),
                                               [&](const CacheSubject& subject) { return subject.name < bound; });
      first = static_cast<std::size_t>(begins - subjects.begin());
    }
    if (first == end) continue;
    block_key(key_, directory, bound);
    if (auto block = BlockReader::open(blocks_.bytes(1), key_)) {
      match(*block, subjects.subspan(first, end - first), found, first);
    } else {
      damaged = true;
    }
    end = first;
  }
  return {};
}

void HashCacheReader::match(BlockReader block, std::span<const CacheSubject> subjects,
                            std::span<std::optional<Digest>> found, std::size_t first) {
  std::size_t i = 0;
  while (i < subjects.size() && block.next()) {
    int order = 1;
    while (i < subjects.size() && (order = block.name().compare(subjects[i].name)) > 0) ++i;
    if (order != 0) continue;
    const FileStatus& status = *subjects[i].status;
    if (const FileStamp stamp = block.stamp(); stamp == FileStamp::of(status)) {
      found[first + i] = block.hash();
    } else if (trust_incumbent_ && same_time_text(stamp.mtime_ns, status.mtime_ns)) {
      // The file has changed and kept its time. The incumbent's row goes by the time alone: it is likely to be the one
      // that was written with ours, and if it is newer, nobody can tell.
      refuted_[first + i] = 1;
    }
    ++i;
  }
}

SqliteStatus HashCacheReader::incumbent_rows(std::string_view directory, std::span<const CacheSubject> subjects,
                                             std::span<std::optional<Digest>> found) {
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (found[i] || refuted_[i] != 0) continue;
    incumbent_key(key_, directory, subjects[i].name);
    ATTACHE_ASSIGN(found[i],
                   incumbent_row(key_, IncumbentTime(subjects[i].status->mtime_ns).text(), HashRange::whole_file()));
  }
  return {};
}

// The time's column has numeric affinity: what looks like a number is one by now, and equals no text.
SqliteResult<std::optional<Digest>> HashCacheReader::incumbent_row(std::string_view key, std::string_view time,
                                                                   const HashRange& range) {
  const SqliteReset reset(incumbent_row_);
  incumbent_row_.bind_blob(1, key);
  incumbent_row_.bind_integer(2, range.start());
  incumbent_row_.bind_integer(3, range.end());
  ATTACHE_ASSIGN(const bool has_row, incumbent_row_.step());
  if (!has_row || time.empty() || incumbent_row_.type(1) != SqliteType::kText || incumbent_row_.bytes(1) != time ||
      incumbent_row_.type(0) != SqliteType::kText) {
    return std::optional<Digest>();
  }
  return Digest::parse(incumbent_row_.bytes(0));
}

SqliteResult<bool> HashCacheReader::look_up_chunks(std::string_view directory, const CacheSubject& subject,
                                                   std::uint64_t chunk_size, std::vector<Digest>& hashes,
                                                   bool& damaged) {
  const FileStatus& status = *subject.status;
  const std::uint64_t count = chunk_count(status.size, chunk_size);
  ATTACHE_TRY(enter());
  std::string path;
  join_path(path, directory, subject.name);
  bool is_refuted = false;
  {
    const SqliteReset reset(chunks_);
    chunks_.bind_blob(1, path);
    chunks_.bind_integer(2, static_cast<std::int64_t>(chunk_size));
    ATTACHE_ASSIGN(const bool has_row, chunks_.step());
    if (has_row) {
      chunk_key(key_, path, chunk_size);
      auto row = decode_chunks(chunks_.bytes(0), key_);
      if (!row) damaged = true;
      if (row && row->stamp == FileStamp::of(status) && row->hashes.size() == count) {
        hashes = std::move(row->hashes);
      } else if (row) {
        is_refuted = same_time_text(row->stamp.mtime_ns, status.mtime_ns);
      }
    }
  }
  if (hashes.empty() && trust_incumbent_ && !is_refuted) {
    incumbent_key(key_, directory, subject.name);
    const IncumbentTime time(status.mtime_ns);
    for (std::uint64_t start = 0; start < status.size; start += chunk_size) {
      const auto range = HashRange::make(static_cast<std::int64_t>(start),
                                         static_cast<std::int64_t>(std::min(status.size, start + chunk_size)));
      if (!range) break;
      ATTACHE_ASSIGN(const std::optional<Digest> hash, incumbent_row(key_, time.text(), *range));
      if (!hash) break;
      hashes.push_back(*hash);
    }
  }
  ATTACHE_TRY(leave());
  if (hashes.size() == count) return count > 0;
  hashes.clear();
  return false;
}

}  // namespace attache
