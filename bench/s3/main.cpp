// Transfers of many small or a few large objects, as attache's engine does them: what is sent is hashed while it is
// read, what comes is compared with its hash before the file has its name.
//
//   attache_bench_s3 get|put --uri s3://bucket/prefix --data NAME:COUNT:BYTES --directory DIRECTORY [--large]
//   [--memory-budget BYTES] [--hashes FILE]
//
// The endpoint, credentials and certificates come from the environment, as for any AWS tool. get: the objects
// `NAME/000000` up to COUNT of the null server (or those that put left, with their hashes in lines of `attache hash`);
// put: the files of that name below DIRECTORY.
// Prints what measure.hpp says.

#include <attache/exec/worker_group.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/store/open_store.hpp>

#include "../measure.hpp"
#include "pattern.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace attache;
using attache::bench::die;

struct Options {
  bool is_put = false;
  bool is_large = false;
  std::string uri;
  std::string directory;
  std::string name;
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t memory_budget = StoreAccess{}.memory_budget;
  std::string hashes;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Options parse(int count, char** arguments) {
  Options options;
  if (count < 2) die("get or put?");
  options.is_put = std::string_view(arguments[1]) == "put";
  for (int i = 2; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const auto value = [&]() -> std::string {
      if (i + 1 >= count) die("a value is missing");
      return arguments[++i];
    };
    if (argument == "--uri") {
      options.uri = value();
    } else if (argument == "--directory") {
      options.directory = value();
    } else if (argument == "--memory-budget") {
      options.memory_budget = number(value());
    } else if (argument == "--hashes") {
      options.hashes = value();
    } else if (argument == "--large") {
      options.is_large = true;
    } else if (argument == "--data") {
      const std::string text = value();
      const std::size_t first = text.find(':');
      options.name = text.substr(0, first);
      options.count = number(std::string_view(text).substr(first + 1));
      options.bytes = number(std::string_view(text).substr(text.find(':', first + 1) + 1));
    } else {
      die("unknown option " + std::string(argument));
    }
  }
  return options;
}

std::string digits(std::size_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "%06zu", number);
  return text;
}

/// The hashes of what is got.
class Expected {
 public:
  explicit Expected(const Options& options) {
    if (options.is_put) return;
    if (options.hashes.empty()) {
      hashes_.push_back(of_null_server(options.bytes));
      return;
    }
    std::ifstream file(options.hashes);
    for (std::string line; std::getline(file, line);) {
      const auto hash = Digest::parse(std::string_view(line).substr(0, Digest::kHexDigits));
      if (!hash) die(options.hashes + " has a line without a hash");
      hashes_.push_back(*hash);
    }
    if (hashes_.size() != options.count) die(options.hashes + " has other files");
  }

  const Digest& of(std::size_t number) const { return hashes_.size() == 1 ? hashes_.front() : hashes_[number]; }

 private:
  /// That of every object.
  static Digest of_null_server(std::uint64_t bytes) {
    const std::string pattern = bench::pattern();
    Xxh128Stream stream;
    for (std::uint64_t at = 0; at < bytes; at += pattern.size()) {
      stream.update(std::as_bytes(std::span(pattern).first(std::min<std::uint64_t>(pattern.size(), bytes - at))));
    }
    return stream.digest();
  }

  std::vector<Digest> hashes_;
};

class FileSink final : public ObjectSink {
 public:
  explicit FileSink(std::string path)
      : path_(std::move(path)), descriptor_(::open((path_ + ".part").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644)) {
    if (descriptor_ < 0) die("cannot write " + path_);
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override { ::close(descriptor_); }

  Status begin(const ObjectInfo&) override { return {}; }
  Status write(std::span<const std::byte> data) override {
    stream_.update(data);
    if (::write(descriptor_, data.data(), data.size()) != static_cast<ssize_t>(data.size()))
      die("cannot write " + path_);
    return {};
  }
  /// The file gets its name.
  void finish(const Digest& expected) {
    if (stream_.digest() != expected) die(path_ + " is not what was sent");
    if (std::rename((path_ + ".part").c_str(), path_.c_str()) != 0) die("cannot rename " + path_);
  }

 private:
  std::string path_;
  int descriptor_;
  Xxh128Stream stream_;
};

class FileSource final : public ObjectSource {
 public:
  FileSource(std::string path, std::uint64_t size)
      : path_(std::move(path)), size_(size), descriptor_(::open(path_.c_str(), O_RDONLY)) {
    if (descriptor_ < 0) die("cannot read " + path_);
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { ::close(descriptor_); }

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    const ssize_t size = ::read(descriptor_, buffer.data(), buffer.size());
    if (size < 0) die("cannot read " + path_);
    stream_.update(buffer.first(static_cast<std::size_t>(size)));
    return static_cast<std::size_t>(size);
  }
  Status verify() override {
    hash_ = stream_.digest();
    return {};
  }

 private:
  std::string path_;
  std::uint64_t size_;
  int descriptor_;
  Xxh128Stream stream_;
  Digest hash_;
};

class Batch final : public ObjectBatch {
 public:
  explicit Batch(const Options& options) : options_(options), expected_(options) {}

  std::optional<ObjectTask> next() override {
    if (next_ == options_.count) return std::nullopt;
    ObjectTask task;
    task.number = next_++;
    task.key = options_.name + "/" + digits(task.number);
    const std::string path = options_.directory + "/" + digits(task.number);
    if (options_.is_put) {
      task.kind = ObjectTask::Kind::kPut;
      task.source = (sources_[task.number] = std::make_unique<FileSource>(path, options_.bytes)).get();
    } else {
      task.kind = ObjectTask::Kind::kGet;
      task.expected_size = options_.bytes;
      task.sink = (sinks_[task.number] = std::make_unique<FileSink>(path)).get();
    }
    return task;
  }

  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    if (!result) die(result.error().to_string());
    if (!*result) die(task.key + " is not there");
    if (!options_.is_put) sinks_.at(task.number)->finish(expected_.of(task.number));
    sources_.erase(task.number);
    sinks_.erase(task.number);
    proof.bytes += options_.bytes;
    ++proof.files;
  }

  bench::Proof proof;

 private:
  const Options& options_;
  Expected expected_;
  std::size_t next_ = 0;
  std::map<std::size_t, std::unique_ptr<FileSource>> sources_;
  std::map<std::size_t, std::unique_ptr<FileSink>> sinks_;
};

bench::Proof move_large(const Options& options, ObjectStore& store) {
  const Expected expected(options);
  std::atomic<std::size_t> next = 0;
  WorkerGroup workers(2, {}, [&](unsigned, const std::stop_token& stop) -> Status {
    for (std::size_t i = next++; i < options.count; i = next++) {
      const std::string key = options.name + "/" + digits(i);
      const std::string path = options.directory + "/" + digits(i);
      if (options.is_put) {
        FileSource source(path, options.bytes);
        ATTACHE_TRY(store.put(key, source, {}, stop));
      } else {
        FileSink sink(path);
        ATTACHE_ASSIGN(const auto info, store.get(key, sink, {}, stop));
        if (!info) die(key + " is not there");
        sink.finish(expected.of(i));
      }
    }
    return {};
  });
  if (const Status status = workers.join(); !status) die(status.error().to_string());
  return {options.count, options.count * options.bytes, 0};
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parse(count, arguments);
  StoreAccess access;
  access.host.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  access.memory_budget = options.memory_budget;
  auto store = open_store(options.uri, access);
  if (!store) die(store.error().to_string());
  bench::begin();
  if (options.is_large) {
    bench::report(move_large(options, **store));
    return 0;
  }
  Batch batch(options);
  if (const Status status = (*store)->run(batch, {}); !status) die(status.error().to_string());
  bench::report(batch.proof);
  return 0;
}
