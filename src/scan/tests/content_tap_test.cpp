#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/content_tap.hpp>
#include <attache/scan/snapshot.hpp>
#include <attache/scan/testing/memory_hash_cache.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// Takes what is not larger than `limit`.
class Tap final : public ContentTap {
 public:
  explicit Tap(std::uint64_t limit = UINT64_MAX) : limit_(limit) {}

  std::unique_ptr<ContentCollector> collector() override { return std::make_unique<Collector>(*this); }

  std::vector<std::string> contents() const {
    std::vector<std::string> result;
    for (const auto& [hash, content] : kept) {
      EXPECT_EQ(xxh128(content), hash);
      result.push_back(content);
    }
    return result;
  }

  std::multimap<Digest, std::string> kept;
  Status answer;

 private:
  class Collector final : public ContentCollector {
   public:
    explicit Collector(Tap& tap) : tap_(tap) {}
    std::span<std::byte> place(std::uint64_t size, const std::stop_token&) override {
      if (size > tap_.limit_) return {};
      memory_.assign(static_cast<std::size_t>(size), '?');
      return std::as_writable_bytes(std::span(memory_));
    }
    Status keep(const Digest& hash, const FileStatus& status) override {
      EXPECT_EQ(status.size, memory_.size());
      const std::lock_guard lock(tap_.mutex_);
      tap_.kept.emplace(hash, memory_);
      return tap_.answer;
    }
    void pause() override {}

   private:
    Tap& tap_;
    std::string memory_;
  };

  const std::uint64_t limit_;
  std::mutex mutex_;
};

class TappedScan : public testing::Test {
 protected:
  TreeSnapshot scan(Tap& tap, HashCache* cache = nullptr) {
    SnapshotOptions options;
    options.root = dir_.path();
    options.tap = &tap;
    options.cache = cache;
    return snapshot_tree(options, {}).value();
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(TappedScan, GivesTheBytesOfEveryFileThatItReads) {
  const std::string large(3'000'000, 'l');
  builder_.file("a", "hello").file("d/b", "world").file("d/large", large);
  Tap tap;
  const TreeSnapshot snapshot = scan(tap);
  EXPECT_EQ(snapshot.manifest.size(), 3U);
  EXPECT_THAT(tap.contents(), UnorderedElementsAre("hello", "world", large));
}

TEST_F(TappedScan, ReadsWhatIsNotWantedAsEver) {
  builder_.file("a", "hello").file("b", "more than five");
  Tap tap(5);
  const TreeSnapshot snapshot = scan(tap);
  EXPECT_EQ(snapshot.manifest[1].hash, xxh128("more than five"));
  EXPECT_THAT(tap.contents(), UnorderedElementsAre("hello"));
}

TEST_F(TappedScan, GivesNothingOfFilesWhoseHashIsKnown) {
  builder_.file("a", "hello");
  MemoryHashCache cache;
  Tap first;
  scan(first, &cache);
  Tap second;
  const TreeSnapshot again = scan(second, &cache);
  ASSERT_EQ(again.files_from_cache, 1U);
  EXPECT_THAT(second.contents(), IsEmpty());
}

TEST_F(TappedScan, EndsWhenTheCollectorFails) {
  builder_.file("a", "hello");
  Tap tap;
  tap.answer = fail(ErrorCode::kNetwork, "gone");
  SnapshotOptions options;
  options.root = dir_.path();
  options.tap = &tap;
  const auto snapshot = snapshot_tree(options, {});
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code(), ErrorCode::kNetwork);
}

}  // namespace
}  // namespace attache
