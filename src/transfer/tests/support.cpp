#include "tests/support.hpp"

#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace attache {

namespace fs = std::filesystem;

void must(const Status& status) {
  if (!status) throw std::runtime_error(status.error().to_string());
}

void write_tree(const fs::path& root, const std::vector<TestFile>& files) {
  for (const TestFile& file : files) {
    const fs::path path = root / file.path;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << file.content;
    const struct timespec time = {file.mtime_us / 1'000'000, file.mtime_us % 1'000'000 * 1000};
    const struct timespec times[2] = {time, time};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) throw std::runtime_error("utimensat " + path.string());
  }
}

Manifest manifest_of(const std::vector<TestFile>& files) {
  ManifestBuilder builder;
  for (const TestFile& file : files) {
    must(builder.add(file.path, xxh128(file.content), file.content.size(), file.mtime_us));
  }
  return std::move(builder).build().value();
}

void put_text(ObjectStore& store, std::string_view key, std::string_view content) {
  MemorySource source(std::as_bytes(std::span(content)));
  must(store.put(key, source, {}, {}));
}

void store_contents(ObjectStore& store, const std::vector<TestFile>& files) {
  for (const TestFile& file : files) put_text(store, data_key(xxh128(file.content)), file.content);
}

std::string read_text(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::int64_t mtime_us_of(const fs::path& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) throw std::runtime_error("stat " + path.string());
  return status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1000;
}

std::vector<std::string> names_below(const fs::path& root) {
  std::vector<std::string> names;
  if (!fs::exists(root)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    names.push_back(entry.path().lexically_relative(root));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> keys_of(ObjectStore& store) {
  std::vector<std::string> keys;
  const ListPage page = store.list("", {}, {}).value();
  for (const ObjectInfo& info : page.objects) keys.push_back(info.key);
  return keys;
}

Status WatchedStore::note(const char* call, std::string_view key) {
  const std::string text(key);
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::string(call) + " " + text);
  }
  return hook_ ? hook_(call, text) : Status{};
}

Result<std::optional<ObjectInfo>> WatchedStore::head(std::string_view key, std::stop_token stop) {
  ATTACHE_TRY(note("head", key));
  return inner_.head(key, std::move(stop));
}

Status WatchedStore::put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) {
  ATTACHE_TRY(note("put", key));
  return inner_.put(key, source, options, std::move(stop));
}

Result<std::optional<ObjectInfo>> WatchedStore::get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                                    std::stop_token stop) {
  ATTACHE_TRY(note("get", key));
  return inner_.get(key, sink, options, std::move(stop));
}

Result<ListPage> WatchedStore::list(std::string_view prefix, const ListOptions& options, std::stop_token stop) {
  ATTACHE_TRY(note("list", prefix));
  return inner_.list(prefix, options, std::move(stop));
}

Result<bool> WatchedStore::copy(std::string_view from, std::string_view to, const CopyOptions& options,
                                std::stop_token stop) {
  ATTACHE_TRY(note("copy", to));
  return inner_.copy(from, to, options, std::move(stop));
}

Result<std::vector<KeyFailure>> WatchedStore::remove_all(std::span<const std::string> keys, std::stop_token stop) {
  for (const std::string& key : keys) ATTACHE_TRY(note("remove", key));
  return inner_.remove_all(keys, std::move(stop));
}

Status WatchedStore::remove(std::string_view key, std::stop_token stop) {
  ATTACHE_TRY(note("remove", key));
  return inner_.remove(key, std::move(stop));
}

Status WatchedStore::make_durable(std::stop_token stop) {
  ATTACHE_TRY(note("make_durable", ""));
  return inner_.make_durable(std::move(stop));
}

std::vector<std::string> WatchedStore::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

}  // namespace attache
