// Downloads into a tree in which another thread swaps directories and files with links that lead outside, for
// tests/campaigns/symlink_swap.py.
//
//   attache_swap_driver DIRECTORY COUNT SEED
//
// The swapper exchanges, by single renames, `root/d` and `root/d/e` with links to directories outside, and files with
// links to a file there. The downloads (of both formats, with every way to resolve conflicts, with deletions, links,
// group and modes) may succeed or be refused; outside, nothing may ever appear, change or go.
//
// Prints `DOWNLOADS n DONE n REFUSED n SWAPS n OUTSIDE n` after a line for everything that is wrong outside.

#include <attache/hash/xxh3.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace attache;  // NOLINT(google-build-using-namespace): a program of the project's own
namespace fs = std::filesystem;

[[noreturn]] void die(const std::string& what) {
  std::perror(what.c_str());
  std::exit(2);
}

void must(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  std::exit(2);
}

const std::string& small() {
  static const std::string text = "small";
  return text;
}
const std::string& large() {
  static const std::string text(20'000, 'l');
  return text;
}

/// Everything that could be seen of a change outside.
struct Outside {
  std::string path;
  std::vector<struct stat> before;

  std::vector<std::string> places() const {
    return {path, path + "/d", path + "/d/e", path + "/d/e/f", path + "/d/f", path + "/f"};
  }
  void make() {
    fs::create_directories(path + "/d/e");
    for (const char* file : {"/d/e/f", "/d/f", "/f"}) std::ofstream(path + file) << "precious";
    for (const std::string& place : places()) before.push_back(status_of(place));
  }
  static struct stat status_of(const std::string& place) {
    struct stat status {};
    if (::lstat(place.c_str(), &status) != 0) status.st_ino = 0;
    return status;
  }
  /// The number of places that are not as they were.
  int changes() {
    int changed = 0;
    std::size_t index = 0;
    for (const std::string& place : places()) {
      const struct stat now = status_of(place);
      struct stat& was = before[index++];
      // The change time shows whatever is done to an inode, and a name that comes into a directory or leaves it.
      if (now.st_ino == was.st_ino && now.st_ctim.tv_sec == was.st_ctim.tv_sec &&
          now.st_ctim.tv_nsec == was.st_ctim.tv_nsec && now.st_mode == was.st_mode && now.st_gid == was.st_gid) {
        continue;
      }
      std::printf("changed outside: %s\n", place.c_str());
      was = now;
      ++changed;
    }
    return changed;
  }
};

class Swapper {
 public:
  explicit Swapper(std::string root, const std::string& outside) : root_(std::move(root)) {
    fs::create_directories(root_ + "/d/e");
    fs::create_directories(root_ + "/swap");
    const auto link = [&](const char* name, const char* target) {
      if (::symlink((outside + target).c_str(), (root_ + "/swap/" + name).c_str()) != 0) die("symlink");
    };
    link("d", "/d");
    link("e", "/d/e");
    link("f", "/f");
  }

  void run(const std::stop_token& stop, unsigned seed) {
    std::minstd_rand random(seed);
    while (!stop.stop_requested()) {
      switch (random() % 4) {
        case 0:
        case 1:
          exchange("d", "d");
          break;
        case 2:
          exchange("d/e", "e");
          break;
        default:
          exchange("d/f", "f");
      }
      for (auto spin = random() % 200; spin > 0; --spin) std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }
  std::uint64_t swaps() const { return swaps_.load(); }

 private:
  void exchange(const char* place, const char* link) {
    const std::string in_tree = root_ + "/" + place;
    const std::string aside = root_ + "/swap/" + link;
    for (int i = 0; i < 2; ++i) {
      // Through a link that stands there already, nothing is exchanged: that would be this program's own doing.
      const int parent = ::open(fs::path(in_tree).parent_path().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (parent < 0) return;
      if (::renameat2(parent, fs::path(in_tree).filename().c_str(), AT_FDCWD, aside.c_str(), RENAME_EXCHANGE) == 0) {
        swaps_.fetch_add(1);
      }
      ::close(parent);
    }
  }

  const std::string root_;
  std::atomic<std::uint64_t> swaps_{0};
};

void put(ObjectStore& store, const std::string& text) {
  MemorySource source(std::as_bytes(std::span(text)));
  must(store.put(data_key(xxh128(text)), source, {}, {}));
}

Manifest old_format() {
  ManifestBuilder builder;
  must(builder.add("d/f", xxh128(small()), small().size(), 1));
  must(builder.add("d/e/f", xxh128(large()), large().size(), 2));
  must(builder.add("d/e/g", xxh128(small()), small().size(), 3));
  must(builder.add("d/new/h", xxh128(large()), large().size(), 4));
  return std::move(builder).build().value();
}

SnapshotDiff new_format() {
  TreeBuilder<SnapshotDiff> builder;
  must(builder.add_file("d/e/g", FileData::hashed(xxh128(small()), small().size(), 1, true)));
  must(builder.add_file("d/link", FileData::link("d/e/g")));
  must(builder.add_file("d/e/up", FileData::link("f")));
  must(builder.add_directory("d/e/empty"));
  must(builder.add_file("d/f", FileData::deleted()));
  must(builder.add_file("d/e/f", FileData::deleted()));
  must(builder.add_deleted_directory("d/new"));
  return std::move(builder).build(xxh128("parent")).value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: attache_swap_driver DIRECTORY COUNT SEED\n");
    return 2;
  }
  const std::string root = std::string(argv[1]) + "/root";
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  const auto seed = static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10));
  Outside outside{std::string(argv[1]) + "/outside", {}};
  outside.make();
  Swapper swapper(root, outside.path);
  const auto store = make_memory_store();
  put(*store, small());
  put(*store, large());
  const Manifest manifest = old_format();
  const SnapshotDiff diff = new_format();

  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  int wrong = 0;
  {
    const std::jthread thread([&](const std::stop_token& stop) { swapper.run(stop, seed); });
    std::mt19937 random(seed);
    for (std::uint64_t i = 0; i < count; ++i) {
      DownloadOptions options;
      options.destination = root;
      options.conflict = random() % 4 == 0 ? ConflictResolution::kSkip : ConflictResolution::kOverwrite;
      options.small_bytes = random() % 2 == 0 ? 8 * kMiB : 1000;  // by memory, or by a temporary file
      options.workers = 1;
      options.journal = random() % 8 == 0;
      options.verify = random() % 8 == 0;
      options.apply_deletions = true;
      if (random() % 4 == 0) {
        options.permissions = {.group = ::getegid(), .file_mode = 0020, .directory_mode = 0020};
      }
      const auto report = random() % 3 == 0 ? download_manifest(diff, *store, options, {})
                                            : download_manifest(manifest, *store, options, {});
      (report ? done : refused) += 1;
      wrong += outside.changes();
    }
  }
  std::printf("DOWNLOADS %llu DONE %llu REFUSED %llu SWAPS %llu OUTSIDE %d\n", static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(done), static_cast<unsigned long long>(refused),
              static_cast<unsigned long long>(swapper.swaps()), wrong);
  return wrong == 0 ? 0 : 1;
}
