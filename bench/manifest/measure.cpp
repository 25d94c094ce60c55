#include "measure.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

namespace attache::bench {

namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A field of /proc/self/status in bytes; there they are in kB.
std::uint64_t status_field(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10) * 1024;
  }
  die(fmt::format("/proc/self/status has no {}", name));
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) die(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  size_ = static_cast<std::size_t>(status.st_size);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mapped_ = (size_ / page + 2) * page;
  // Anonymous pages, and the file over all but the last of them.
  void* room = mmap(nullptr, mapped_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) die("no address space");
  if (size_ > 0 && mmap(room, size_, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, file, 0) == MAP_FAILED) {
    die(fmt::format("cannot map {}: {}", path, std::strerror(errno)));
  }
  close(file);
  data_ = static_cast<char*>(room);
}

MappedFile::~MappedFile() {
  munmap(data_, mapped_);
}

void Measurement::begin() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak becomes what is resident now
  before_ = status_field("VmRSS:");
  wall_ = seconds(CLOCK_MONOTONIC);
  cpu_ = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void Measurement::end() {
  cpu_ = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_;
  wall_ = seconds(CLOCK_MONOTONIC) - wall_;
  peak_ = status_field("VmHWM:");
}

void Measurement::report(const std::string& proof) const {
  fmt::print("OP {:.6f}\nWALL {:.6f}\nBEFORE {}\nPEAK {}\nPROOF {}\n", cpu_, wall_, before_, peak_, proof);
}

std::string Checksum::text() const {
  return fmt::format("entries {} paths {} sizes {} times {} hashes {:016x}", entries, path_bytes, sizes, times, hashes);
}

void die(const std::string& message) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

}  // namespace attache::bench
