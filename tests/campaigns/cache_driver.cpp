#include <attache/base/text.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/cache/hash_cache.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/hash/xxh3.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

// Speaks for the caches in tests of many processes and of exchange with the incumbent.
//
//   attache_cache_driver DIRECTORY store|find|find-trusting      paths of files from standard input, one a line;
//   `store`
//                                                                hashes and stores them, `find` prints a hash or `-`
//                                                                each
//   attache_cache_driver DIRECTORY round NUMBER PROCESS FILES    stores made-up rows in both caches, and finds them
//   attache_cache_driver DIRECTORY check NUMBER PROCESSES FILES  finds the rows of all processes of a round
//
// Exit status 1, with the reason, after any warning of a cache, and if a row is not found that should be.

namespace attache {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kTime = 1'700'000'000 * kSecond;

bool has_failed = false;

void complain(const std::string& message) {
  std::cerr << message << '\n';
  has_failed = true;
}

void complain_of(const Error& error) {
  complain("warning: " + error.to_string());
}

std::unique_ptr<HashCache> open_hashes(const std::string& directory, bool trust_incumbent = false) {
  // An hour later: files that a test has made just now are stored.
  return HashCache::open(
      {.directory = directory, .trust_incumbent = trust_incumbent, .warn = complain_of, .now_ns = [] {
         return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1) + kHour;
       }});
}

/// A file named on standard input.
struct Named {
  std::string directory;
  std::string name;
  FileStatus status;
};

Result<Named> named(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  Named file{path.substr(0, std::max<std::size_t>(slash, 1)), path.substr(slash + 1), {}};
  ATTACHE_ASSIGN(const Directory directory, Directory::open(file.directory));
  ATTACHE_ASSIGN(const std::optional<FileStatus> status, directory.status(file.name));
  if (!status) return fail(ErrorCode::kNotFound, "no file " + printable(path));
  file.status = *status;
  return file;
}

void real_files(const std::string& directory, std::string_view what) {
  const auto cache = open_hashes(directory, what == "find-trusting");
  for (std::string path; std::getline(std::cin, path);) {
    const Result<Named> file = named(path);
    if (!file) {
      complain(file.error().to_string());
      continue;
    }
    const CacheSubject subject{file->name, &file->status};
    if (what == "store") {
      const Result<std::string> content = read_file(path, 1U << 20U);
      if (content) cache->store(file->directory, subject, xxh128(*content));
      continue;
    }
    std::optional<Digest> found;
    cache->look_up(file->directory, {&subject, 1}, {&found, 1});
    std::cout << (found ? found->to_hex() : "-") << '\n';
  }
}

/// Made-up files: all processes of a round share directories, and blocks in them.
struct Rows {
  Rows(std::uint64_t round, std::uint64_t process, std::uint64_t files)
      : directory("/shared/" + std::to_string(round % 7)) {
    for (std::uint64_t i = 0; i < files; ++i) {
      names.push_back("f" + std::to_string(i * 1000 + process) + "-" + std::to_string(round));
    }
    std::sort(names.begin(), names.end());
    status.size = 7;
    status.mtime_ns = kTime + static_cast<std::int64_t>(round) * kSecond;
    status.ctime_ns = status.mtime_ns;
    status.inode = process;
    for (const std::string& name : names) subjects.push_back({name, &status});
  }

  void store(HashCache& cache) const {
    for (const CacheSubject& subject : subjects) cache.store(directory, subject, xxh128(subject.name));
  }
  void record(CheckCache& cache) const {
    for (const std::string& name : names) cache.record("bucket", name);
  }
  void expect_in(HashCache& cache) const {
    std::vector<std::optional<Digest>> found(subjects.size());
    cache.look_up(directory, subjects, found);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i] != xxh128(subjects[i].name)) {
        complain("no hash of " + directory + "/" + names[i]);
      }
    }
  }
  void expect_in(CheckCache& cache) const {
    std::vector<std::optional<AssumedPresent>> found(names.size());
    cache.look_up("bucket", names, found);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!found[i]) complain("nothing known of " + names[i]);
    }
  }

  std::string directory;
  std::vector<std::string> names;
  FileStatus status;
  std::vector<CacheSubject> subjects;
};

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return 2;
  const std::string& directory = arguments[0];
  const std::string& what = arguments[1];
  if (arguments.size() == 2) {
    real_files(directory, what);
    return has_failed ? 1 : 0;
  }
  if (arguments.size() != 5) return 2;
  const std::uint64_t number = std::stoull(arguments[2]);
  const std::uint64_t processes = std::stoull(arguments[3]);
  const std::uint64_t files = std::stoull(arguments[4]);
  const auto hashes = open_hashes(directory);
  const auto checks = CheckCache::open({.directory = directory, .warn = complain_of});
  if (what == "round") {
    const Rows rows(number, processes, files);
    rows.store(*hashes);
    rows.record(*checks);
    hashes->flush();
    checks->flush();
    rows.expect_in(*hashes);
    rows.expect_in(*checks);
  } else {
    for (std::uint64_t process = 0; process < processes; ++process) {
      const Rows rows(number, process, files);
      rows.expect_in(*hashes);
      rows.expect_in(*checks);
    }
  }
  return has_failed ? 1 : 0;
}

}  // namespace
}  // namespace attache

int main(int argc, char** argv) {
  return attache::run({argv + 1, argv + argc});
}
