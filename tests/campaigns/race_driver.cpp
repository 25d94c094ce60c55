// Snapshots of a tree that another thread changes, for tests/campaigns/mutation_race.py.
//
//   attache_race_driver DIRECTORY COUNT SEED
//
// The writer rewrites, overwrites in place, appends to, truncates, replaces (by rename), deletes and makes files, and
// notes beforehand every content that a file is about to have, in all the states that a single write() goes through:
// page by page. Every entry of a snapshot must be one of these. A snapshot may fail only with an error that names a
// file of the tree and says that it changed (or, if the tree is empty for a moment, that nothing is selected).
//
// Prints `SNAPSHOTS COMPLETE REPORTED WRONG`, after a line for everything that is wrong.

#include <attache/hash/xxh3.hpp>
#include <attache/scan/snapshot.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace attache;  // NOLINT(google-build-using-namespace): a program of the project's own

constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kChunk = 10'000;

[[noreturn]] void die(const std::string& what) {
  std::perror(what.c_str());
  std::exit(2);
}

/// What every file has ever held, as texts that stand for the content in either format.
class Register {
 public:
  void add(const std::string& path, const std::string& content) {
    const std::lock_guard lock(mutex_);
    std::set<std::string>& known = known_[path];
    known.insert(whole(xxh128(content), content.size()));
    std::vector<Digest> chunks;
    for (std::size_t at = 0; at < content.size(); at += kChunk) chunks.push_back(xxh128(content.substr(at, kChunk)));
    if (content.size() > kChunk) known.insert(chunked(chunks, content.size()));
  }
  bool holds(const std::string& path, const std::string& text) const {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(path);
    return known != known_.end() && known->second.contains(text);
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
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string>> known_;
};

class Writer {
 public:
  Writer(std::string root, unsigned seed, Register& known) : root_(std::move(root)), random_(seed), known_(known) {
    for (int d = 0; d < 4; ++d) {
      const std::string directory = "d" + std::to_string(d);
      if (::mkdir((root_ + "/" + directory).c_str(), 0777) != 0) die("mkdir");
      for (int f = 0; f < 12; ++f) files_.push_back(directory + "/f" + std::to_string(f));
    }
    for (const std::string& file : files_) rewrite(file);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      // Bursts, and quiet times in which a snapshot can be taken.
      for (std::size_t burst = random_() % 6; burst > 0; --burst) change(files_[random_() % files_.size()]);
      std::this_thread::sleep_for(
          std::chrono::microseconds(random_() % 12 == 0 ? random_() % 80'000 : random_() % 300));
    }
  }

 private:
  void change(const std::string& file) {
    if (!contents_.contains(file)) return rewrite(file);
    switch (random_() % 6) {
      case 0:
        return rewrite(file);
      case 1:
        return overwrite(file);
      case 2:
        return append(file);
      case 3:
        return cut(file);
      case 4:
        return replace(file);
      default:
        if (random_() % 4 == 0) remove(file);
    }
  }

  std::string make_content() {
    std::string content(random_() % 3 == 0 ? random_() % 100 : random_() % 40'000, '\0');
    const auto first = static_cast<unsigned>(random_());
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(first + i * 31 + i / 251);
    return content;
  }

  // `before` becomes `after` by one write() at `from`: page by page.
  void note(const std::string& file, const std::string& before, const std::string& after, std::size_t from) {
    known_.add(file, after);
    for (std::size_t end = from - from % kPage + kPage; end < after.size(); end += kPage) {
      std::string state = after.substr(0, end);
      if (before.size() > end) state += before.substr(end);
      known_.add(file, state);
    }
  }

  void write(const std::string& file, int flags, std::string_view text) {
    const int descriptor = ::open((root_ + "/" + file).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
    if (descriptor < 0) die("open " + file);
    if (!text.empty() && ::write(descriptor, text.data(), text.size()) != static_cast<::ssize_t>(text.size()))
      die("write");
    ::close(descriptor);
  }

  void rewrite(const std::string& file) {
    const std::string content = make_content();
    known_.add(file, "");
    note(file, "", content, 0);
    write(file, O_TRUNC, content);
    contents_[file] = content;
  }
  void overwrite(const std::string& file) {
    std::string& content = contents_[file];
    std::string part = make_content();
    part.resize(std::min(part.size(), content.size()));
    std::string after = part + content.substr(part.size());
    note(file, content, after, 0);
    write(file, 0, part);
    content = std::move(after);
  }
  void append(const std::string& file) {
    std::string& content = contents_[file];
    const std::string part = make_content();
    std::string after = content + part;
    note(file, content, after, content.size());
    write(file, O_APPEND, part);
    content = std::move(after);
    if (content.size() > 200'000) rewrite(file);
  }
  void cut(const std::string& file) {
    std::string& content = contents_[file];
    content.resize(content.size() / 2);
    known_.add(file, content);
    if (::truncate((root_ + "/" + file).c_str(), static_cast<::off_t>(content.size())) != 0) die("truncate");
  }
  void replace(const std::string& file) {
    // Made outside of the tree, so that no snapshot meets it under another name.
    const std::string content = make_content();
    known_.add(file, content);
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
  std::map<std::string, std::string> contents_;
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

void snapshot_once(const std::string& root, bool v2025, const Register& known, Counts& counts) {
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
      check(known.holds(path, entry.data.content == FileContent::kChunks
                                  ? Register::chunked(entry.data.chunks, entry.data.size)
                                  : Register::whole(entry.data.hash, entry.data.size)),
            path, counts);
    }
  } else {
    const auto snapshot = snapshot_tree(options, {});
    if (!snapshot) return check(snapshot.error(), root, counts);
    for (const ManifestEntry entry : snapshot->manifest) {
      const std::string path(entry.path);
      check(known.holds(path, Register::whole(entry.hash, entry.size)), path, counts);
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
  std::printf("SNAPSHOTS %u COMPLETE %u REPORTED %u WRONG %u\n", count, counts.complete, counts.reported, counts.wrong);
  return counts.wrong == 0 ? 0 : 1;
}
