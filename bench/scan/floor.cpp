// The least that any program must do to see, or to read, every file of a tree: the system calls and nothing else. No
// name is kept, nothing is ordered, nothing is hashed. One thread.
//
//   attache_bench_scan_floor stat|read ROOT            getdents64, fstatat; read: also openat, read, close
//   attache_bench_scan_floor loop BYTES FILE           read with one buffer of BYTES
//   attache_bench_scan_floor loop-page BYTES FILE      the same with the buffer on a page
//   attache_bench_scan_floor loop-ahead BYTES FILE     the same after posix_fadvise(SEQUENTIAL, WILLNEED)
//   attache_bench_scan_floor map FILE                  mmap, one byte of every page
//   attache_bench_scan_floor map-populate FILE         the same with MAP_POPULATE
//   attache_bench_scan_floor memory BYTES              one pass over BYTES of memory: its bandwidth

#include "../measure.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using attache::bench::die;
using attache::bench::Proof;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kListBytes = std::size_t{32} * 1024;

class Walk {
 public:
  Walk(bool read, Proof& proof) : read_(read), proof_(proof), content_(new char[std::size_t{1} << 20U]) {}

  void directory(int descriptor) {
    const std::unique_ptr<char[]> list(new char[kListBytes]);
    for (;;) {
      const auto filled = ::getdents64(descriptor, list.get(), kListBytes);
      if (filled < 0) die("cannot list a directory");
      if (filled == 0) return;
      for (::ssize_t at = 0; at < filled;) {
        const auto* entry = reinterpret_cast<const struct dirent64*>(list.get() + at);
        at += entry->d_reclen;
        if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
        if (entry->d_type == DT_DIR) {
          const int child = ::openat(descriptor, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
          if (child < 0) die("cannot open a directory");
          directory(child);
          ::close(child);
        } else {
          file(descriptor, entry->d_name);
        }
      }
    }
  }

 private:
  void file(int directory, const char* name) {
    struct stat status {};
    if (::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) die("cannot look at a file");
    ++proof_.files;
    proof_.bytes += static_cast<std::uint64_t>(status.st_size);
    if (!read_) return;
    const int descriptor = ::openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) die("cannot open a file");
    for (auto left = status.st_size; left > 0;) {
      const auto part =
          ::read(descriptor, content_.get(), std::min<std::size_t>(static_cast<std::size_t>(left), 1U << 20U));
      if (part <= 0) die("cannot read a file");
      left -= part;
    }
    ::close(descriptor);
  }

  bool read_;
  Proof& proof_;
  std::unique_ptr<char[]> content_;
};

void loop(std::size_t size, const char* path, bool on_page, bool ahead, Proof& proof) {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) die("cannot open the file");
  if (ahead) {
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED);
  }
  // As malloc gives it: 16 bytes behind the start of a page, for sizes such as these.
  const std::unique_ptr<char[]> memory(new char[size + kPage]);
  char* buffer = memory.get();
  if (on_page) buffer += kPage - reinterpret_cast<std::uintptr_t>(buffer) % kPage;
  for (;;) {
    const auto part = ::read(descriptor, buffer, size);
    if (part < 0) die("cannot read the file");
    if (part == 0) break;
    proof.bytes += static_cast<std::uint64_t>(part);
  }
  ::close(descriptor);
  ++proof.files;
}

void map(const char* path, int flags, Proof& proof) {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) die("cannot open the file");
  const auto size = static_cast<std::size_t>(status.st_size);
  const auto* data = static_cast<const char*>(::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | flags, descriptor, 0));
  if (data == MAP_FAILED) die("cannot map the file");
  for (std::size_t at = 0; at < size; at += 4096) proof.sum += static_cast<unsigned char>(data[at]);
  proof.bytes += size;
  ++proof.files;
  ::munmap(const_cast<char*>(data), size);
  ::close(descriptor);
}

void memory(std::size_t size, Proof& proof) {
  std::vector<std::uint64_t> words(size / sizeof(std::uint64_t), 1);
  attache::bench::begin();  // what filling it took does not count
  std::uint64_t sum = 0;
  for (const std::uint64_t word : words) sum += word;
  proof.bytes = sum * sizeof(std::uint64_t);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  if (arguments.size() < 2) die("usage: see the top of floor.cpp");
  const std::string_view what = arguments[0];
  Proof proof;
  attache::bench::begin();
  if (what == "stat" || what == "read") {
    const int root = ::open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) die("cannot open the root");
    Walk(what == "read", proof).directory(root);
  } else if (what == "loop" || what == "loop-page" || what == "loop-ahead") {
    loop(std::strtoull(argv[2], nullptr, 10), argv[3], what == "loop-page", what == "loop-ahead", proof);
  } else if (what == "map" || what == "map-populate") {
    map(argv[2], what == "map" ? 0 : MAP_POPULATE, proof);
  } else if (what == "memory") {
    memory(std::strtoull(argv[2], nullptr, 10), proof);
  } else {
    die("unknown operation");
  }
  attache::bench::report(proof);
}
