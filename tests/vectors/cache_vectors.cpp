#include <attache/base/text.hpp>
#include <attache/cache/cache_directory.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/cache/hash_cache.hpp>
#include <attache/cache/hash_range.hpp>
#include <attache/cache/sampling_check.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/sqlite/connection.hpp>

#include "kinds.hpp"

#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// This process' time zone, for the life of the object; UTC afterwards, like most vectors.
class TimeZone {
 public:
  explicit TimeZone(const std::string& name) { set(name); }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
  ~TimeZone() { set("UTC"); }

 private:
  // NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread
  static void set(const std::string& name) {
    ::setenv("TZ", name.c_str(), 1);
    ::tzset();
  }
};

/// A cache directory of a case, and what was warned of.
class Caches {
 public:
  std::unique_ptr<HashCache> hashes(bool trust_incumbent = true) {
    return HashCache::open({.directory = dir_.path(),
                            .trust_incumbent = trust_incumbent,
                            .warn = [this](const Error& error) { warnings.push_back(error.to_string()); },
                            .now_ns = [] { return std::int64_t{9'200'000'000} * kSecond; }});
  }
  std::unique_ptr<CheckCache> checks(double now) {
    return CheckCache::open({.directory = dir_.path(),
                             .warn = [this](const Error& error) { warnings.push_back(error.to_string()); },
                             .now = [now] { return now; }});
  }
  std::string path(std::string_view name) const { return dir_ / name; }
  std::string file() const { return path(kHashCacheFile); }
  /// A database of the cases' folder, copied: opening one writes to it.
  void copy(const VectorCase& vector, std::string_view name) const {
    std::filesystem::copy_file(std::filesystem::path(vector.file).parent_path() / name, path(name));
    std::filesystem::permissions(path(name), std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
  }
  SqliteConnection database(std::string_view name = kHashCacheFile) const {
    auto opened = SqliteConnection::open(path(name), {SqliteOptions::Access::kReadWriteCreate, {}, {}});
    if (!opened) throw MalformedCase(opened.error().message());
    return *std::move(opened);
  }
  /// Values of the first column.
  std::vector<std::string> column(const std::string& sql, std::string_view name = kHashCacheFile) const {
    SqliteConnection connection = database(name);
    auto rows = connection.prepare(sql);
    if (!rows) throw MalformedCase(rows.error().message());
    std::vector<std::string> values;
    while (rows->step().value_or(false)) values.emplace_back(rows->bytes(0));
    return values;
  }
  std::optional<std::string> first(const std::string& sql) const {
    const std::vector<std::string> values = column(sql);
    return values.empty() ? std::nullopt : std::optional(values[0]);
  }

  std::vector<std::string> warnings;

 private:
  TemporaryDirectory dir_;
};

FileStatus status_of(std::int64_t mtime_ns, std::uint64_t size) {
  FileStatus status;
  status.kind = FileKind::kRegular;
  status.size = size;
  status.mtime_ns = mtime_ns;
  status.ctime_ns = mtime_ns;
  status.inode = 1;
  return status;
}

std::optional<Digest> look_up(HashCache& cache, const std::string& path, const FileStatus& status) {
  const std::size_t slash = path.rfind('/');
  const CacheSubject subject{std::string_view(path).substr(slash + 1), &status};
  std::optional<Digest> found;
  cache.look_up(std::string_view(path).substr(0, std::max<std::size_t>(slash, 1)), {&subject, 1}, {&found, 1});
  return found;
}

std::int64_t mtime_of(const VectorCase& vector) {
  const std::optional<std::int64_t> mtime = int64_of(vector.input.at("mtime_ns"));
  if (!mtime) throw MalformedCase("a time out of range");
  return *mtime;
}

// --- hash_cache_mtime, hash_cache_entry

Outcome check_hash_cache_mtime(const VectorCase& vector) {
  const TimeZone zone(vector.input.at("tz").get<std::string>());
  Caches caches;
  const FileStatus status = status_of(mtime_of(vector), 1);
  caches.hashes()->store("/d", {"f", &status}, xxh128("f"));
  const std::optional<std::string> text = caches.first("SELECT last_modified_time FROM hashesV4");
  if (!caches.warnings.empty() || !text) return failure(vector.expected.dump(), "no row");
  return compare(text_of(vector.expected), *text);
}

Outcome check_hash_cache_entry(const VectorCase& vector) {
  const auto range = HashRange::make(vector.input.at("range_start").get<std::int64_t>(),
                                     vector.input.at("range_end").get<std::int64_t>());
  if (expects_error(vector.expected)) return range ? failure("refusal", "accepted") : pass();
  return compare(vector.expected.at("ok"), range ? Json(range->is_whole_file()) : Json("refused"));
}

// --- hash_cache_use: what a scanner does with one file, and with trust in the incumbent's row

Outcome check_hash_cache_use(const VectorCase& vector) {
  const TimeZone zone("UTC");
  Caches caches;
  const std::string content = text_of(vector.input.at("content"));
  const FileStatus status = status_of(mtime_of(vector), content.size());
  const std::optional<std::string> cached = optional_text_of(vector.input.at("cached_hash"));
  caches.hashes()->flush();
  if (cached) {
    SqliteConnection connection = caches.database();
    auto insert =
        connection.prepare("INSERT INTO hashesV4 VALUES(CAST('/r/sub/f.bin' AS BLOB), 'xxh128', 0, -1, ?1, ?2)");
    const std::string hash = digest_of(*cached).to_hex();
    const std::string time = text_of(vector.input.at("cached_mtime"));
    insert->bind_text(1, hash);
    insert->bind_text(2, time);
    if (!insert->run()) throw MalformedCase("no row");
  }
  std::string state = cached ? "MODIFIED" : "NEW";
  Digest hash = xxh128(content);
  {
    const auto cache = caches.hashes();
    if (const auto found = look_up(*cache, "/r/sub/f.bin", status)) {
      state = "UNCHANGED";
      hash = *found;
    } else if (vector.input.at("update").get<bool>()) {
      cache->store("/r/sub", {"f.bin", &status}, hash);
    }
  }
  const auto row_hash = caches.first("SELECT file_hash FROM hashesV4");
  const auto row_time = caches.first("SELECT last_modified_time FROM hashesV4");
  const Json& expected = vector.expected;
  Json wanted{{"status", expected.at("status")},
              {"hash", digest_of(expected.at("entry").at("hash").get<std::string>()).to_hex()},
              {"mtime", expected.at("entry").at("mtime")},
              {"size", expected.at("entry").at("size")},
              {"row", nullptr}};
  if (!expected.at("row").is_null()) {
    // The column's affinity makes a number of a text that looks like one.
    const Json& time = expected.at("row")[1];
    wanted["row"] = {digest_of(expected.at("row")[0].get<std::string>()).to_hex(),
                     time.is_number() ? Json(time.dump()) : time};
  }
  Json got{{"status", state},
           {"hash", hash.to_hex()},
           {"mtime", status.mtime_us()},
           {"size", status.size},
           {"row", nullptr}};
  if (row_hash) got["row"] = {*row_hash, *row_time};
  if (!caches.warnings.empty()) got["warnings"] = caches.warnings;
  return compare(wanted, got);
}

// --- cache_open

Outcome check_cache_open(const VectorCase& vector) {
  Caches caches;
  const std::string state = vector.input.at("state").get<std::string>();
  if (state == "empty file") {
    const std::ofstream make(caches.file());
  } else if (state == "not a database") {
    std::ofstream(caches.file()) << std::string(5000, 'x');
  } else if (state == "directory") {
    std::filesystem::create_directory(caches.file());
  } else if (state == "older schema table hashesV2") {
    static_cast<void>(caches.database().execute("CREATE TABLE hashesV2(x)"));
  } else if (state != "absent") {
    throw MalformedCase("unknown state " + state);
  }
  const FileStatus status = status_of(kSecond, 1);
  bool is_remembered = false;
  {
    const auto cache = caches.hashes();
    cache->store("/d", {"f", &status}, xxh128("f"));
    cache->flush();
    is_remembered = look_up(*cache, "/d/f", status).has_value();
  }
  if (expects_error(vector.expected)) {
    if (caches.warnings.size() != 1) return failure("one warning", Json(caches.warnings).dump());
    if (is_remembered != (state != "directory")) return failure("a new file", "none");
    return deviation(Deviation::kCacheNeverFails);
  }
  Json tables = Json::array();
  for (const std::string& name : caches.column("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
    if (!name.starts_with("attache")) tables.push_back(name);
  }
  if (!caches.warnings.empty()) return failure("no warning", caches.warnings[0]);
  return compare(vector.expected, Json{{is_remembered ? "ok" : "forgotten", tables}});
}

// --- s3_check_integrity

Outcome check_s3_check_integrity(const VectorCase& vector) {
  Caches caches;
  const auto cache = caches.checks(1'750'000'000);
  const auto keys_of = [&](const char* member) {
    std::vector<std::string> keys = texts_of(vector.input.at(member));
    for (std::string& key : keys) key = "root/Data/" + digest_of(key).to_hex() + ".xxh128";
    return keys;
  };
  for (const std::string& key : keys_of("cached")) cache->record("b", key);
  const std::vector<std::string> present = keys_of("present");
  const SampleResult result = check_sample(*cache, "b", keys_of("manifest"), {}, [&](const std::string& key) {
    return std::find(present.begin(), present.end(), key) != present.end() ? SampledPresence::kThere
                                                                           : SampledPresence::kMissing;
  });
  if (result.asked > vector.expected.at("heads_at_most").get<std::size_t>()) {
    return failure(vector.expected.dump(), "asked " + std::to_string(result.asked));
  }
  return compare(vector.expected.at("result"), Json(result.verdict == SampleVerdict::kHolds));
}

// --- caches/*

/// A time that the incumbent writes as `text`, in UTC; nothing if it writes none so.
std::optional<std::int64_t> time_of(const std::string& text) {
  struct tm parts {};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::int64_t microseconds = 0;
  if (*rest != '\0') {
    if (*rest != '.' || std::string_view(rest + 1).size() != 6) return std::nullopt;
    microseconds = std::stoll(rest + 1);
  }
  return (std::int64_t{::timegm(&parts)} * 1'000'000 + microseconds) * 1000;
}

/// One look-up of a recorded file; adds why it deviates.
std::optional<std::string> check_hash_look_up(HashCache& cache, const Json& item, std::set<Deviation>& deviations) {
  const std::string text = text_of(item.at("path"));
  const std::optional<std::string> path = to_posix_bytes(text);
  if (!path || !path->starts_with('/')) {
    deviations.insert(Deviation::kCachePathForm);
    return std::nullopt;
  }
  const Json& hit = item.at("hit");
  const std::string time_text =
      hit.is_null() ? "2024-05-22 22:17:03.409012" : hit.at("last_modified_time").get<std::string>();
  const std::optional<std::int64_t> time = time_of(time_text);
  std::optional<Digest> expected;
  if (!hit.is_null()) expected = Digest::parse(hit.at("file_hash").get<std::string>());
  if (!hit.is_null() && !time) deviations.insert(Deviation::kCacheTimeForm);
  if (!hit.is_null() && !expected) deviations.insert(Deviation::kCacheHashForm);
  if (!time) expected.reset();

  const std::int64_t start = item.at("range")[0].get<std::int64_t>();
  const std::int64_t end = item.at("range")[1].get<std::int64_t>();
  // Ranges are asked for as the chunks of a file: those of 256 MiB of one that ends where the last recorded one does.
  const FileStatus status = status_of(time.value_or(1'700'000'000 * kSecond), 300'000'000);
  if (end == -1) {
    const auto found = look_up(cache, *path, status);
    if (found == expected) return std::nullopt;
    return item.dump() + " gave " + (found ? found->to_hex() : "a miss");
  }
  constexpr std::uint64_t kChunk = 268'435'456;
  std::vector<Digest> chunks;
  const std::size_t slash = path->rfind('/');
  const bool has_all = cache.look_up_chunks(path->substr(0, slash),
                                            {std::string_view(*path).substr(slash + 1), &status}, kChunk, chunks);
  if (!expected) return std::nullopt;  // a range that no file of this chunk size has
  const std::size_t index = static_cast<std::size_t>(start) / kChunk;
  if (has_all && index < chunks.size() && chunks[index] == *expected) return std::nullopt;
  return item.dump() + " gave no such chunk";
}

Outcome check_cache_files(const VectorCase& vector) {
  const TimeZone zone("UTC");
  Caches caches;
  std::set<Deviation> deviations;
  const Json& hashes = vector.input.at("hash_cache");
  caches.copy(vector, hashes.at("file").get<std::string>());
  {
    const auto cache = caches.hashes();
    for (const Json& item : hashes.at("lookups")) {
      if (const auto wrong = check_hash_look_up(*cache, item, deviations)) return failure("the recorded hash", *wrong);
    }
    if (!caches.warnings.empty()) return failure("no warning", caches.warnings[0]);
    const auto doubting = caches.hashes(false);
    const FileStatus status = status_of(*time_of("2024-05-22 22:17:03.409012"), 1);
    if (look_up(*doubting, "/home/user/a/plain.txt", status)) return failure("no hit without trust", "a hit");
  }
  const auto sql_of = [&](const Json& cache) {
    return caches.column("SELECT sql FROM sqlite_master WHERE name = '" + cache.at("table").get<std::string>() + "'",
                         cache.at("file").get<std::string>());
  };
  if (sql_of(hashes) != std::vector<std::string>{hashes.at("sql").get<std::string>()}) {
    return failure(hashes.at("sql").get<std::string>(), "another table");
  }

  const Json& checks = vector.input.at("s3_check_cache");
  caches.copy(vector, checks.at("file").get<std::string>());
  const auto cache = caches.checks(checks.at("now").get<double>());
  for (const Json& item : checks.at("lookups")) {
    const std::string row = text_of(item.at("s3_key"));
    const std::size_t slash = row.find('/');
    const std::string key = row.substr(slash + 1);
    std::optional<AssumedPresent> found;
    cache->look_up(std::string_view(row).substr(0, slash), {&key, 1}, {&found, 1});
    if (found.has_value() == item.at("result").is_null()) return failure(item.dump(), found ? "fresh" : "nothing");
  }
  if (caches.warnings.size() != 1) return failure("one warning of times that are none", Json(caches.warnings).dump());
  // A new file has the tables that the incumbent makes.
  Caches own;
  own.hashes()->flush();
  own.checks(0)->flush();
  const auto own_sql = own.column("SELECT sql FROM sqlite_master WHERE name = 'hashesV4'");
  const auto own_checks = own.column("SELECT sql FROM sqlite_master WHERE name = 's3checkV1'", kCheckCacheFile);
  if (own_sql != sql_of(hashes) || own_checks != sql_of(checks)) return failure("the incumbent's tables", "others");
  return deviations.empty() ? pass() : deviation(std::vector<Deviation>(deviations.begin(), deviations.end()));
}

Outcome check_v2025_cache_file(const VectorCase& vector) {
  Caches caches;
  const std::string name = vector.input.at("db").get<std::string>();
  caches.copy(vector, name);
  const std::string table = name == kHashCacheFile ? "hash_cache_v1" : "s3_check_cache_v1";
  const auto rows = [&] { return caches.column("SELECT count(*) FROM " + table, name); };
  const auto before = rows();
  if (name == kHashCacheFile) {
    const FileStatus status = status_of(kSecond, 1);
    const auto cache = caches.hashes();
    cache->store("/d", {"f", &status}, xxh128("f"));
    cache->flush();
    if (!look_up(*cache, "/d/f", status)) return failure("a hit", "a miss");
  } else {
    const auto cache = caches.checks(1'750'000'000);
    cache->record("bkt", "k");
    const std::string key = "k";
    std::optional<AssumedPresent> found;
    cache->look_up("bkt", {&key, 1}, {&found, 1});
    if (!found) return failure("a hit", "a miss");
  }
  if (!caches.warnings.empty()) return failure("no warning", caches.warnings[0]);
  if (rows() != before) return failure("the other table as it was", "a change");
  return deviation(Deviation::kOtherCaches);
}

constexpr Kind kKinds[] = {{"cache_files", check_cache_files},
                           {"cache_open", check_cache_open},
                           {"hash_cache_entry", check_hash_cache_entry},
                           {"hash_cache_mtime", check_hash_cache_mtime},
                           {"hash_cache_use", check_hash_cache_use},
                           {"s3_check_integrity", check_s3_check_integrity},
                           {"v2025-12/cache_file", check_v2025_cache_file}};

}  // namespace

std::span<const Kind> cache_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
