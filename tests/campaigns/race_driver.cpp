// Snapshots of a tree that another thread changes, for tests/campaigns/mutation_race.py.
//
//   attache_race_driver DIRECTORY COUNT SEED
//
// The writer rewrites, overwrites in place, appends to, truncates, replaces (by rename), deletes and makes files of up
// to 2 MiB, large enough that it often comes between the beginning and the end of a reading. It notes beforehand what a
// file is about to hold. Every entry of a snapshot must be such a content, or a state in the middle of one write(),
// which goes page by page. A snapshot may fail only with an error that names a file and says that it changed (or, if
// the tree is empty for a moment, that nothing is selected).
//
// Prints `SNAPSHOTS COMPLETE REPORTED WRONG WRITES`, after a line for everything that is wrong.

#include <attache/hash/xxh3.hpp>
#include <attache/scan/snapshot.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace attache;  // NOLINT(google-build-using-namespace): a program of the project's own

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kChunk = 300'000;

[[noreturn]] void die(const std::string& what) {
  std::perror(what.c_str());
  std::exit(2);
}

/// Whole pages, each of one repeated number: a short way to keep thousands of large contents.
using Content = std::vector<std::uint64_t>;

std::string bytes_of(std::span<const std::uint64_t> pages) {
  std::string bytes(pages.size() * kPage, '\0');
  for (std::size_t page = 0; page < pages.size(); ++page) {
    for (std::size_t at = 0; at < kPage; at += 8) std::memcpy(bytes.data() + page * kPage + at, &pages[page], 8);
  }
  return bytes;
}

/// What every file has ever held. States in the middle of a write are made only for what is nothing else: the writer is
/// to be fast.
class Register {
 public:
  /// `before` becomes `after` by one write() that begins at page `from`.
  void add(const std::string& path, Content before, Content after, std::size_t from) {
    const std::lock_guard lock(mutex_);
    known_[path].versions.push_back({std::move(before), std::move(after), from});
    ++writes_;
  }
  std::uint64_t writes() const { return writes_; }

  bool holds(const std::string& path, const std::string& text, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    History& history = known_[path];
    if (history.contents.contains(text)) return true;
    // The newest first: a snapshot holds what was there a moment ago.
    for (auto version = history.versions.rbegin(); version != history.versions.rend(); ++version) {
      for (std::size_t end = version->after.size() + 1; end-- > version->from;) {
        if (std::max(end, end == version->after.size() ? 0 : version->before.size()) * kPage != size) continue;
        Content state(version->after.begin(), version->after.begin() + static_cast<std::ptrdiff_t>(end));
        if (end < version->after.size() && version->before.size() > end) {
          state.insert(state.end(), version->before.begin() + static_cast<std::ptrdiff_t>(end), version->before.end());
        }
        if (insert(history, bytes_of(state), text)) return true;
      }
    }
    return false;
  }

  static std::string whole(const Digest& hash, std::uint64_t size) {
    return hash.to_hex() + " " + std::to_string(size);
  }
  static std::string chunked(std::span<const Digest> chunks, std::uint64_t size) {
    std::string text;
    for (const Digest& chunk : chunks) text += chunk.to_hex() + " ";
    return text + std::to_string(size);
  }

 private:
  struct Version {
    Content before;
    Content after;
    std::size_t from;
  };
  struct History {
    std::set<std::string> contents;  // that were asked for, as texts that stand for them
    std::vector<Version> versions;
  };

  // True if it is what is looked for.
  static bool insert(History& history, const std::string& content, const std::string& text) {
    history.contents.insert(whole(xxh128(content), content.size()));
    if (content.size() > kChunk) {
      std::vector<Digest> chunks;
      for (std::size_t at = 0; at < content.size(); at += kChunk) {
        chunks.push_back(xxh128(std::string_view(content).substr(at, kChunk)));
      }
      history.contents.insert(chunked(chunks, content.size()));
    }
    return history.contents.contains(text);
  }

  std::mutex mutex_;
  std::map<std::string, History> known_;
  std::atomic<std::uint64_t> writes_{0};
};

class Writer {
 public:
  Writer(std::string root, unsigned seed, Register& known) : root_(std::move(root)), random_(seed), known_(known) {
    for (int d = 0; d < 3; ++d) {
      const std::string directory = "d" + std::to_string(d);
      if (::mkdir((root_ + "/" + directory).c_str(), 0777) != 0) die("mkdir");
      for (int f = 0; f < 3; ++f) files_.push_back(directory + "/f" + std::to_string(f));
    }
    for (const std::string& file : files_) rewrite(file);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // Bursts, and quiet times in which a snapshot can be taken.
      for (std::size_t burst = random_() % 8; burst > 0; --burst) change(files_[random_() % files_.size()]);
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 8 == 0 ? random_() % 60'000 : random_() % 300));
    }
  }

 private:
  void change(const std::string& file) {
    if (!contents_.contains(file)) return rewrite(file);
    switch (random_() % 8) {
      case 0:
        return rewrite(file);
      case 1:
        return append(file);
      case 2:
        return cut(file);
      case 3:
        return replace(file);
      case 4:
        if (random_() % 4 == 0) remove(file);
        return;
      default:
        return overwrite(file);
    }
  }

  Content make_content(std::size_t most) {
    return Content(random_() % 4 == 0 ? random_() % 3 : random_() % most, ++next_);
  }

  void write(const std::string& file, int flags, const Content& content) {
    const std::string text = bytes_of(content);
    const int descriptor = ::open((root_ + "/" + file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    if (descriptor < 0) die("open " + file);
    if (!text.empty() && ::write(descriptor, text.data(), text.size()) != static_cast<::ssize_t>(text.size())) {
      die("write");
    }
    ::close(descriptor);
  }

  void rewrite(const std::string& file) {
    const Content content = make_content(512);
    known_.add(file, {}, {}, 0);
    known_.add(file, {}, content, 0);
    write(file, O_TRUNC, content);
    contents_[file] = content;
  }
  // A few pages at the beginning: what is read after that, and what was read before, fit together badly.
  void overwrite(const std::string& file) {
    Content& content = contents_[file];
    const Content part(std::min<std::size_t>(1 + random_() % 8, content.size()), ++next_);
    Content after = content;
    std::copy(part.begin(), part.end(), after.begin());
    // And one page at the end, by another write.
    Content last = after;
    if (!last.empty()) last.back() = ++next_;
    known_.add(file, content, after, 0);
    write(file, 0, part);
    if (!last.empty()) {
      known_.add(file, after, last, last.size() - 1);
      write_at(file, last.size() - 1, last.back());
    }
    content = std::move(last);
  }
  void write_at(const std::string& file, std::size_t page, std::uint64_t number) {
    const std::string text = bytes_of({&number, 1});
    const int descriptor = ::open((root_ + "/" + file).c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) die("open " + file);
    if (::pwrite(descriptor, text.data(), kPage, static_cast<::off_t>(page * kPage)) != kPage) die("pwrite");
    ::close(descriptor);
  }
  void append(const std::string& file) {
    Content& content = contents_[file];
    if (content.size() > 768) return rewrite(file);
    const Content part = make_content(64);
    Content after = content;
    after.insert(after.end(), part.begin(), part.end());
    known_.add(file, content, after, content.size());
    write(file, O_APPEND, part);
    content = std::move(after);
  }
  void cut(const std::string& file) {
    Content& content = contents_[file];
    content.resize(content.size() / 2);
    known_.add(file, {}, content, content.size());
    if (::truncate((root_ + "/" + file).c_str(), static_cast<::off_t>(content.size() * kPage)) != 0) die("truncate");
  }
  void replace(const std::string& file) {
    // Made outside of the tree, so that no snapshot meets it under another name.
    const Content content = make_content(512);
    known_.add(file, {}, content, content.size());
    write("../new", O_TRUNC, content);
    if (::rename((root_ + "/../new").c_str(), (root_ + "/" + file).c_str()) != 0) die("rename");
    contents_[file] = content;
  }
  void remove(const std::string& file) {
    if (::unlink((root_ + "/" + file).c_str()) != 0) die("unlink");
    contents_.erase(file);
  }

  const std::string root_;
  std::mt19937 random_;
  Register& known_;
  std::vector<std::string> files_;
  std::map<std::string, Content> contents_;
  std::uint64_t next_ = 0;
};

struct Counts {
  unsigned complete = 0;
  unsigned reported = 0;
  unsigned wrong = 0;
};

void check(bool known, const std::string& path, Counts& counts) {
  if (known) return;
  std::printf("WRONG: %s never had the content that the manifest says\n", path.c_str());
  ++counts.wrong;
}

void check(const Error& error, const std::string& root, Counts& counts) {
  const bool changed = error.code() == ErrorCode::kSourceChanged && error.message().find("d") != std::string::npos;
  const bool empty = error.code() == ErrorCode::kNotFound && error.message().find(root) != std::string::npos;
  if (changed || empty) {
    ++counts.reported;
    return;
  }
  std::printf("WRONG: %s\n", error.to_string().c_str());
  ++counts.wrong;
}

void snapshot_once(const std::string& root, bool v2025, Register& known, Counts& counts) {
  SnapshotOptions options;
  options.root = root;
  options.threads = 3;
  options.chunk_size = kChunk;
  if (v2025) {
    const auto snapshot = snapshot_tree_v2025(options, {});
    if (!snapshot) return check(snapshot.error(), root, counts);
    for (std::size_t i = 0; i < snapshot->manifest.file_count(); ++i) {
      const FileEntry entry = snapshot->manifest.file(i);
      const std::string path = snapshot->manifest.path_of(entry);
      const std::string text = entry.data.content == FileContent::kChunks
                                   ? Register::chunked(entry.data.chunks, entry.data.size)
                                   : Register::whole(entry.data.hash, entry.data.size);
      check(known.holds(path, text, entry.data.size), path, counts);
    }
  } else {
    const auto snapshot = snapshot_tree(options, {});
    if (!snapshot) return check(snapshot.error(), root, counts);
    for (const ManifestEntry entry : snapshot->manifest) {
      const std::string path(entry.path);
      check(known.holds(path, Register::whole(entry.hash, entry.size), entry.size), path, counts);
    }
  }
  ++counts.complete;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: attache_race_driver DIRECTORY COUNT SEED");
  const std::string root = std::string(argv[1]) + "/tree";
  if (::mkdir(root.c_str(), 0777) != 0) die("mkdir");
  const auto count = static_cast<unsigned>(std::atoi(argv[2]));
  Register known;
  Writer writer(root, static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)), known);
  const std::jthread thread([&](const std::stop_token& stop) { writer.run(stop); });
  Counts counts;
  for (unsigned i = 0; i < count; ++i) snapshot_once(root, i % 2 == 1, known, counts);
  std::printf("SNAPSHOTS %u COMPLETE %u REPORTED %u WRONG %u WRITES %llu\n", count, counts.complete, counts.reported,
              counts.wrong, static_cast<unsigned long long>(known.writes()));
  return counts.wrong == 0 ? 0 : 1;
}
