// Attache's side of bench/scan: one call, measured.
//
//   attache_bench_scan OPERATION ROOT [THREADS]
//
//   snapshot, snapshot-v2025   everything hashed
//   warm, warm-v2025           the same with a hash cache that knows every file, opened and closed; filling it is not
//                              measured, and takes files that are older than its racily-clean limit
//   cold                       with a hash cache that is made and filled
//   collect                    statuses only, as an absolute manifest
//   compare                    fast comparison with a manifest of the same tree; making that is not measured
//   hash FILE BYTES            one file through the reading loop with a buffer of BYTES

#include <attache/cache/hash_cache.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/collect.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/scan/snapshot.hpp>

#include "../measure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace attache;  // NOLINT(google-build-using-namespace): a program of the project's own
using bench::die;
using bench::Proof;

template <typename T>
T check(Result<T> result) {
  if (!result) die(result.error().to_string());
  return *std::move(result);
}

Proof proof_of(const TreeSnapshot& snapshot) {
  return {snapshot.manifest.size(), snapshot.manifest.total_size()};
}

template <typename M>
Proof proof_of(const ScanResult<M>& snapshot) {
  return {snapshot.manifest.totals().files, snapshot.manifest.total_size()};
}

/// A directory for a cache, gone with this object.
class CacheDirectory {
 public:
  CacheDirectory() {
    if (mkdtemp(path_.data()) == nullptr) die("no temporary directory");
  }
  CacheDirectory(const CacheDirectory&) = delete;
  CacheDirectory& operator=(const CacheDirectory&) = delete;
  ~CacheDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::unique_ptr<HashCache> open() const {
    HashCacheOptions options;
    options.directory = path_;
    options.warn = [](const Error& error) { die(error.to_string()); };
    return HashCache::open(std::move(options));
  }

 private:
  std::string path_ = "/tmp/attache-bench-XXXXXX";
};

Proof snapshot_with_cache(SnapshotOptions options, const CacheDirectory& directory, bool v2025) {
  const std::unique_ptr<HashCache> cache = directory.open();
  options.cache = cache.get();
  return v2025 ? proof_of(check(snapshot_tree_v2025(options, {}))) : proof_of(check(snapshot_tree(options, {})));
}

Proof hash_file(const char* path, std::size_t size) {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) die("cannot open the file");
  // On a page, as the library's: see file_hasher.cpp.
  const std::unique_ptr<std::byte[]> memory(new std::byte[size + 4096]);
  auto* buffer = memory.get() + (4096 - reinterpret_cast<std::uintptr_t>(memory.get()) % 4096);
  Xxh128Stream stream;
  Proof proof{1, 0};
  for (;;) {
    const auto part = ::read(descriptor, buffer, size);
    if (part < 0) die("cannot read the file");
    if (part == 0) break;
    stream.update({buffer, static_cast<std::size_t>(part)});
    proof.bytes += static_cast<std::uint64_t>(part);
  }
  ::close(descriptor);
  proof.sum = stream.digest().bytes()[0];
  return proof;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) die("usage: see the top of main.cpp");
  const std::string operation = argv[1];
  SnapshotOptions options;
  options.root = argv[2];
  options.include_hidden = true;
  options.skip_own_manifests = false;
  if (argc > 3) options.threads = static_cast<unsigned>(std::atoi(argv[3]));
  if (operation == "snapshot") {
    bench::begin();
    const TreeSnapshot snapshot = check(snapshot_tree(options, {}));
    bench::report(proof_of(snapshot));
  } else if (operation == "snapshot-v2025") {
    bench::begin();
    const RelativeTreeSnapshot snapshot = check(snapshot_tree_v2025(options, {}));
    bench::report(proof_of(snapshot));
  } else if (operation == "warm" || operation == "warm-v2025" || operation == "cold") {
    const CacheDirectory directory;
    const bool v2025 = operation == "warm-v2025";
    if (operation != "cold") snapshot_with_cache(options, directory, v2025);
    bench::begin();
    bench::report(snapshot_with_cache(options, directory, v2025));
  } else if (operation == "collect") {
    bench::begin();
    const auto collected = check(collect({.directories = {options.root}, .threads = options.threads}, {}));
    bench::report(proof_of(collected));
  } else if (operation == "compare") {
    const TreeSnapshot snapshot = check(snapshot_tree(options, {}));
    bench::begin();
    options.skip_own_manifests = true;
    const TreeComparison comparison = check(compare_tree(snapshot.manifest, {.tree = options}, {}));
    bench::report({comparison.unchanged_count, snapshot.manifest.total_size()});
  } else if (operation == "hash" && argc > 3) {
    bench::begin();
    const Proof proof = hash_file(argv[2], std::strtoull(argv[3], nullptr, 10));
    bench::report(proof);
  } else {
    die("unknown operation");
  }
}
