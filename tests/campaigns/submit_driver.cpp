// Submissions of a tree that another thread changes, for tests/campaigns/submit_mutation.py.
//
//   attache_submit_driver DIRECTORY COUNT SEED
//
// A trial submits the tree in one of three ways: hashed and uploaded in one go in either format, or by a snapshot and,
// later, its manifest. The writer overwrites in place, appends to, truncates, replaces, deletes and makes files of up
// to 2 MiB meanwhile, some of them large enough to be read twice. After each trial every object of the store must have
// the bytes of its name, and if the submission succeeded, every content that the manifest names must be there. A
// submission may fail only with an error that says that a file changed (or, if all are gone for a moment, that nothing
// is selected).
//
// Prints `TRIALS COMPLETE REPORTED WRONG OBJECTS WRITES`, after a line for everything that is wrong.

#include <attache/base/byte_size.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/hash_upload.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace attache;  // NOLINT(google-build-using-namespace): a program of the project's own

/// Contents from here on are read once more while they are sent.
constexpr std::uint64_t kLarge = 400'000;
constexpr std::uint64_t kChunk = 300'000;
constexpr int kFiles = 12;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

/// Changes the tree until it is told to stop.
class Writer {
 public:
  Writer(std::string root, unsigned seed) : root_(std::move(root)), random_(seed) {
    for (int i = 0; i < kFiles; ++i) write(path(i), content(), O_CREAT | O_TRUNC);
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      change(path(static_cast<int>(random_() % kFiles)));
      writes_.fetch_add(1, std::memory_order_relaxed);
      // Now and then nothing changes for long enough to let a submission through.
      if (random_() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 20));
    }
  }

  std::uint64_t writes() const { return writes_; }

 private:
  std::string path(int number) const { return root_ + "/f" + std::to_string(number); }

  std::string content() {
    const std::size_t size = random_() % 5 == 0 ? random_() % 2'000'000 : random_() % 5'000;
    return std::string(size, static_cast<char>(random_()));
  }

  void change(const std::string& file) {
    switch (random_() % 6) {
      case 0:
        return write(file, content(), 0);  // in place, what is behind it stays
      case 1:
        return write(file, content(), O_APPEND);
      case 2:
        return write(file, content(), O_TRUNC);
      case 3:
        return static_cast<void>(::truncate(file.c_str(), static_cast<off_t>(random_() % 3'000)));
      case 4:
        write(root_ + "/new", content(), O_CREAT | O_TRUNC);
        return static_cast<void>(::rename((root_ + "/new").c_str(), file.c_str()));
      default:
        if (random_() % 2 == 0) return static_cast<void>(::unlink(file.c_str()));
        return write(file, content(), O_CREAT);
    }
  }

  static void write(const std::string& file, const std::string& content, int flags) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
    if (descriptor < 0) return;  // it was deleted
    for (std::size_t done = 0; done < content.size();) {
      const ssize_t count =
          ::write(descriptor, content.data() + done, std::min<std::size_t>(65'536, content.size() - done));
      if (count <= 0) die("write");
      done += static_cast<std::size_t>(count);
    }
    ::close(descriptor);
  }

  const std::string root_;
  std::mt19937 random_;
  std::atomic<std::uint64_t> writes_{0};
};

struct Counts {
  unsigned complete = 0;
  unsigned reported = 0;
  unsigned wrong = 0;
  std::uint64_t objects = 0;
};

void wrong(Counts& counts, const std::string& what) {
  std::printf("WRONG: %s\n", what.c_str());
  ++counts.wrong;
}

class HashSink final : public ObjectSink {
 public:
  Status begin(const ObjectInfo&) override { return {}; }
  Status write(std::span<const std::byte> data) override {
    hash_.update(data);
    return {};
  }
  Digest digest() const { return hash_.digest(); }

 private:
  Xxh128Stream hash_;
};

void check_objects(ObjectStore& store, Counts& counts) {
  std::string after;
  for (;;) {
    const ListPage page = store.list("Data/", {.start_after = after}, {}).value();
    for (const ObjectInfo& object : page.objects) {
      ++counts.objects;
      HashSink sink;
      if (!store.get(object.key, sink, {}, {}).value()) die("an object disappeared");
      if (data_key(sink.digest()) != object.key) wrong(counts, object.key + " has other bytes");
    }
    if (!page.more) return;
    after = page.last();
  }
}

void check_there(ObjectStore& store, const Digest& hash, std::uint64_t size, Counts& counts) {
  const auto object = store.head(data_key(hash), {}).value();
  if (!object || object->size != size) wrong(counts, "a manifest without its data: " + hash.to_hex());
}

void check(const Manifest& manifest, ObjectStore& store, Counts& counts) {
  for (const ManifestEntry entry : manifest) check_there(store, entry.hash, entry.size, counts);
}

void check(const Snapshot& manifest, ObjectStore& store, Counts& counts) {
  for (std::size_t i = 0; i < manifest.file_count(); ++i) {
    const FileData data = manifest.file(i).data;
    if (data.content == FileContent::kHash) check_there(store, data.hash, data.size, counts);
    for (std::size_t chunk = 0; chunk < data.chunks.size(); ++chunk) {
      check_there(store, data.chunks[chunk], std::min(kChunk, data.size - chunk * kChunk), counts);
    }
  }
}

/// True for success.
bool check(const Error& error, const std::string& root, Counts& counts) {
  const bool changed = error.code() == ErrorCode::kSourceChanged || error.code() == ErrorCode::kNotFound;
  if (changed && error.message().find(root) != std::string::npos) {
    ++counts.reported;
  } else {
    wrong(counts, error.to_string());
  }
  return false;
}

void submit_once(const std::string& root, unsigned way, Counts& counts) {
  const std::unique_ptr<ObjectStore> store = make_memory_store();
  SnapshotOptions scan;
  scan.root = root;
  scan.threads = 2;
  scan.chunk_size = kChunk;
  UploadOptions options;
  options.root = root;
  options.large_from = kLarge;
  options.manifest_key = "Manifests/m";
  bool done = false;
  if (way == 0) {
    const auto result = hash_upload(scan, *store, options, {});
    done = result ? (check(result->scan.manifest, *store, counts), true) : check(result.error(), root, counts);
  } else if (way == 1) {
    const auto result = hash_upload_v2025(scan, *store, options, {});
    done = result ? (check(result->scan.manifest, *store, counts), true) : check(result.error(), root, counts);
  } else {
    const auto snapshot = snapshot_tree(scan, {});
    if (!snapshot) {
      check(snapshot.error(), root, counts);
    } else {
      const auto result = upload_manifest(snapshot->manifest, *store, options, {});
      done = result ? (check(snapshot->manifest, *store, counts), true) : check(result.error(), root, counts);
    }
  }
  if (done != store->head("Manifests/m", {}).value().has_value()) wrong(counts, "a manifest that should not be there");
  if (done) ++counts.complete;
  check_objects(*store, counts);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: attache_submit_driver DIRECTORY COUNT SEED");
  const std::string root = std::string(argv[1]) + "/tree";
  if (::mkdir(root.c_str(), 0777) != 0) die("mkdir");
  const auto count = static_cast<unsigned>(std::atoi(argv[2]));
  Writer writer(root, static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)));
  Counts counts;
  {
    const std::jthread thread([&](const std::stop_token& stop) { writer.run(stop); });
    for (unsigned i = 0; i < count; ++i) submit_once(root, i % 3, counts);
  }
  std::printf("TRIALS %u COMPLETE %u REPORTED %u WRONG %u OBJECTS %llu WRITES %llu\n", count, counts.complete,
              counts.reported, counts.wrong, static_cast<unsigned long long>(counts.objects),
              static_cast<unsigned long long>(writer.writes()));
  return counts.wrong == 0 ? 0 : 1;
}
