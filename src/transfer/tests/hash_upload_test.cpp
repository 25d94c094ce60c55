#include <attache/hash/xxh3.hpp>
#include <attache/scan/testing/memory_hash_cache.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/transfer/hash_upload.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <new>
#include <stop_token>
#include <thread>

namespace attache {
namespace {

namespace fs = std::filesystem;
using attache::testing::FakeS3;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

/// Cancels what takes a minute.
class Watchdog {
 public:
  std::stop_token token() const { return gives_up_.get_token(); }

 private:
  std::stop_source gives_up_;
  std::condition_variable_any ended_;
  std::mutex mutex_;
  std::jthread thread_{[this](const std::stop_token& done) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, done, std::chrono::seconds(60), [] { return false; });
    if (!done.stop_requested()) gives_up_.request_stop();
  }};
};

class HashUploadTest : public ::testing::Test {
 protected:
  SnapshotOptions scan() const { return {.root = directory_.path(), .threads = 2}; }

  /// Every object below Data/ has the bytes of its name.
  static void expect_sound(ObjectStore& store) {
    for (const std::string& key : keys_of(store)) {
      if (!key.starts_with("Data/")) continue;
      std::string content;
      struct Sink final : ObjectSink {
        explicit Sink(std::string& to) : out(to) {}
        Status begin(const ObjectInfo&) override { return {}; }
        Status write(std::span<const std::byte> data) override {
          out.append(reinterpret_cast<const char*>(data.data()), data.size());
          return {};
        }
        std::string& out;
      } sink(content);
      ASSERT_TRUE(store.get(key, sink, {}, {}).value());
      EXPECT_EQ(data_key(xxh128(content)), key);
    }
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
};

std::vector<TestFile> tree() {
  std::vector<TestFile> files{{"a/b.txt", "hello"},
                              {"c", std::string(100'000, 'x')},
                              {"empty", ""},
                              {"copy", "hello"},
                              {"large", std::string(5'000'000, 'L')}};
  for (int i = 0; i < 200; ++i) files.push_back({"many/" + std::to_string(i), "content " + std::to_string(i)});
  return files;
}

TEST_F(HashUploadTest, StoresATreeAndGivesItsManifest) {
  write_tree(directory_.path(), tree());
  UploadOptions options;
  options.manifest_key = "Manifests/m";
  const auto done = hash_upload(scan(), *store_, options, {}).value();
  EXPECT_EQ(done.scan.manifest.size(), tree().size());
  EXPECT_EQ(done.upload.files, tree().size());
  EXPECT_EQ(done.upload.objects_sent, tree().size() - 1);
  EXPECT_EQ(done.upload.duplicates, 1U);
  EXPECT_TRUE(store_->head("Manifests/m", {}).value());
  EXPECT_EQ(keys_of(*store_).size(), tree().size());
  expect_sound(*store_);
}

TEST_F(HashUploadTest, SendsWhatItHashedAlsoIfTheFilesChangeMeanwhile) {
  write_tree(directory_.path(), {{"f", "before"}});
  WatchedStore watched(*store_, [&](const std::string&, const std::string&) -> Status {
    std::ofstream(directory_.path() + std::string("/f"), std::ios::trunc) << "after!";
    return {};
  });
  const auto done = hash_upload(scan(), watched, {}, {}).value();
  EXPECT_EQ(done.scan.manifest[0].hash, xxh128("before"));
  EXPECT_TRUE(store_->head(data_key(xxh128("before")), {}).value());
  expect_sound(*store_);
}

TEST_F(HashUploadTest, DoesNotSayThatNothingWasSentIfSmallFilesWere) {
  write_tree(directory_.path(), {{"f", "small"}, {"large", std::string(9 << 20, 'L')}});
  WatchedStore watched(*store_, [&](const std::string&, const std::string&) -> Status {
    fs::resize_file(directory_.path() + std::string("/large"), 1);
    return {};
  });
  SnapshotOptions one_thread = scan();
  one_thread.threads = 1;
  const auto done = hash_upload(one_thread, watched, {}, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kSourceChanged);
  ASSERT_TRUE(store_->head(data_key(xxh128("small")), {}).value());
  EXPECT_THAT(done.error().remedy(), Not(HasSubstr("nothing was sent")));
}

TEST_F(HashUploadTest, ReadsFilesAgainWhoseHashesWereCached) {
  write_tree(directory_.path(), tree());
  MemoryHashCache cache;
  SnapshotOptions with_cache = scan();
  with_cache.cache = &cache;
  snapshot_tree(with_cache, {}).value();
  const auto done = hash_upload(with_cache, *store_, {}, {}).value();
  EXPECT_EQ(done.scan.files_from_cache, tree().size());
  EXPECT_EQ(done.upload.objects_sent, tree().size() - 1);
  expect_sound(*store_);
}

TEST_F(HashUploadTest, StoresNothingUnderAHashThatACacheInvented) {
  write_tree(directory_.path(), {{"f", "content"}});
  MemoryHashCache cache;
  SnapshotOptions with_cache = scan();
  with_cache.cache = &cache;
  snapshot_tree(with_cache, {}).value();
  cache.poison(xxh128("something else"));
  const auto done = hash_upload(with_cache, *store_, {}, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kSourceChanged);
  EXPECT_TRUE(keys_of(*store_).empty());
}

TEST_F(HashUploadTest, WorksWithLittleMemory) {
  std::vector<TestFile> files;
  for (int i = 0; i < 40; ++i) {
    files.push_back({"f" + std::to_string(i), std::string(300'000 + static_cast<std::size_t>(i) * 1000, 'x')});
    files.push_back({"g" + std::to_string(i), std::string(30'000 + static_cast<std::size_t>(i), 'y')});
  }
  write_tree(directory_.path(), files);
  UploadOptions options;
  options.memory_budget = 1;  // the least is a block
  SnapshotOptions wide = scan();
  wide.threads = 4;
  const auto done = hash_upload(wide, *store_, options, {}).value();
  EXPECT_EQ(done.upload.objects_sent, 80U);
  expect_sound(*store_);
}

// A thread that has read its last file must not keep the memory that the others wait for.
TEST_F(HashUploadTest, GoesOnWhenThreadsThatAreDoneHadAllMemory) {
  std::vector<TestFile> files;
  for (int i = 0; i < 64; ++i) {
    files.push_back({"d" + std::to_string(i) + "/f", std::string(10'000, 'x') + std::to_string(i)});
  }
  write_tree(directory_.path(), files);
  UploadOptions options;
  options.memory_budget = 1;  // one block, which all files would fit into
  SnapshotOptions wide = scan();
  wide.threads = 8;
  Watchdog watchdog;
  const auto done = hash_upload(wide, *store_, options, watchdog.token());
  ASSERT_TRUE(done) << "it stood still: " << done.error().message();
  EXPECT_EQ(done->upload.objects_sent, 64U);
  expect_sound(*store_);
}

// What is under way holds the memory that the scan waits for: whoever sends must not wait for the scan then.
TEST_F(HashUploadTest, GoesOnWhileAllMemoryIsUnderWayToAService) {
  std::vector<TestFile> files;
  for (int i = 0; i < 200; ++i)
    files.push_back({"f" + std::to_string(i), std::string(30'000, 'x') + std::to_string(i)});
  write_tree(directory_.path(), files);
  FakeS3 fake;
  const auto store = fake.store();
  UploadOptions options;
  options.memory_budget = 1;  // one block: 34 files
  Watchdog watchdog;
  const auto done = hash_upload(scan(), *store, options, watchdog.token());
  ASSERT_TRUE(done) << "it stood still: " << done.error().message();
  EXPECT_EQ(done->upload.objects_sent, 200U);
  EXPECT_EQ(fake.objects().size(), 200U);
}

TEST_F(HashUploadTest, TakesOneRequestForEachNewSmallFileOfATree) {
  FakeS3 fake;
  std::vector<TestFile> files;
  for (int i = 0; i < 400; ++i) files.push_back({"d/" + std::to_string(i), "content " + std::to_string(i)});
  write_tree(directory_.path(), files);
  std::atomic<std::size_t> requests{0};
  fake.intercept([&](const attache::testing::SeenRequest&, std::size_t, const std::stop_token&) {
    ++requests;
    return std::optional<Result<HttpResponse>>();
  });
  const auto store = fake.store();
  const auto done = hash_upload(scan(), *store, {}, {}).value();
  EXPECT_EQ(done.upload.objects_sent, 400U);
  EXPECT_LE(requests, 440U);
  EXPECT_EQ(fake.objects().size(), 400U);
  requests = 0;
  const auto again = hash_upload(scan(), *store, {}, {}).value();
  EXPECT_EQ(again.upload.objects_present, 400U);
  EXPECT_EQ(again.upload.objects_sent, 0U);
  EXPECT_LE(requests, 40U);
}

TEST_F(HashUploadTest, EndsTheScanWhenTheStoreFails) {
  write_tree(directory_.path(), tree());
  WatchedStore watched(*store_, [](const std::string& call, const std::string&) -> Status {
    if (call == "put") return fail(ErrorCode::kNetwork, "gone", "again");
    return {};
  });
  UploadOptions options;
  options.manifest_key = "Manifests/m";
  const auto done = hash_upload(scan(), watched, options, {});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kNetwork);
  EXPECT_FALSE(store_->head("Manifests/m", {}).value());
}

TEST_F(HashUploadTest, EndsTheScanWhenASenderHasNoMemory) {
  std::vector<TestFile> files;
  for (int i = 0; i < 200; ++i) {
    files.push_back({"f" + std::to_string(i), std::string(30'000, 'x') + std::to_string(i)});
  }
  write_tree(directory_.path(), files);
  WatchedStore watched(*store_, [](const std::string&, const std::string&) -> Status { throw std::bad_alloc(); });
  UploadOptions options;
  options.memory_budget = 1;  // less than there is to be sent
  Watchdog watchdog;
  const auto done = hash_upload(scan(), watched, options, watchdog.token());
  ASSERT_FALSE(done);
  EXPECT_FALSE(watchdog.token().stop_requested()) << "it stood still";
}

TEST_F(HashUploadTest, StopsWhenItIsAskedTo) {
  write_tree(directory_.path(), tree());
  std::stop_source source;
  WatchedStore watched(*store_, [&](const std::string& call, const std::string&) -> Status {
    if (call == "put") source.request_stop();
    return {};
  });
  const auto done = hash_upload(scan(), watched, {}, source.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kCancelled);
}

TEST_F(HashUploadTest, SendsNothingInADryRun) {
  write_tree(directory_.path(), tree());
  UploadOptions options;
  options.dry_run = true;
  const auto done = hash_upload(scan(), *store_, options, {}).value();
  EXPECT_EQ(done.upload.objects_sent, tree().size() - 1);
  EXPECT_TRUE(keys_of(*store_).empty());
}

TEST_F(HashUploadTest, StoresChunksAndLeavesLinksOut) {
  const std::string large = std::string(1000, 'a') + std::string(1000, 'b') + std::string(1000, 'a') + "tail";
  write_tree(directory_.path(), {{"large", large}, {"same", std::string(1000, 'b')}, {"small", "s"}});
  fs::create_symlink("small", directory_.path() + std::string("/link"));
  SnapshotOptions chunked = scan();
  chunked.chunk_size = 1000;
  const auto done = hash_upload_v2025(chunked, *store_, {}, {}).value();
  EXPECT_THAT(keys_of(*store_),
              UnorderedElementsAre(data_key(xxh128(std::string(1000, 'a'))), data_key(xxh128(std::string(1000, 'b'))),
                                   data_key(xxh128("tail")), data_key(xxh128("s"))));
  EXPECT_EQ(done.upload.files, 3U);
  EXPECT_EQ(done.upload.bytes, 4005U);
  const std::size_t link = *done.scan.manifest.find_file("link");
  EXPECT_EQ(done.upload.outcomes[link], UploadOutcome::kNothing);
  expect_sound(*store_);
  UploadOptions again;
  again.root = directory_.path();
  again.chunk_size = 1000;
  EXPECT_EQ(upload_manifest(done.scan.manifest, *store_, again, {}).value().objects_present, 4U);
}

TEST_F(HashUploadTest, FillsADirectoryWithTheTimesOfTheFiles) {
  write_tree(directory_.path(), {{"tree/f", "hello", 1'600'000'000'000'001}});
  const std::string place = directory_.path() + std::string("/store");
  const auto store = make_directory_store({.path = place});
  SnapshotOptions options = scan();
  options.root += "/tree";
  UploadOptions with_times;
  with_times.keep_times = true;
  hash_upload(options, *store, with_times, {}).value();
  EXPECT_EQ(mtime_us_of(place + "/" + data_key(xxh128("hello"))), 1'600'000'000'000'001);
}

}  // namespace
}  // namespace attache
