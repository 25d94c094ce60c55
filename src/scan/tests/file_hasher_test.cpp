#include "file_hasher.hpp"

#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include <gtest/gtest.h>

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>

namespace attache {
namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 + i / 251);
  return text;
}

using Outcome = FileHasher::Outcome;

struct Hashed {
  Outcome outcome = Outcome::kFailed;
  FileStatus status;
  Digest hash;
};

class FileHasherTest : public testing::Test {
 protected:
  Hashed hash(FileHasher& hasher, const std::string& name, const std::stop_token& stop = {}) {
    const Directory directory = Directory::open(dir_.path()).value();
    Hashed result;
    EXPECT_EQ(directory.status(name.c_str(), Links::kNoFollow, result.status), 0);
    if (before_opening_) before_opening_();
    const auto file = directory.open_file(name.c_str(), Links::kNoFollow);
    if (file) {
      result.outcome = hasher.hash(*file, result.status, result.hash, stop);
    } else {
      open_error_ = file.error();
    }
    return result;
  }
  Hashed hash(const std::string& name, FileHasher::Options options = {}, const std::stop_token& stop = {}) {
    FileHasher hasher(progress_, std::move(options));
    return hash(hasher, name, stop);
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
  ProgressReporter progress_{{}};
  std::function<void()> before_opening_;
  int open_error_ = 0;
};

TEST_F(FileHasherTest, HashesFilesOfEverySizeAroundItsBuffer) {
  std::uint64_t reported = 0;
  for (const std::size_t size : {0U, 1U, 4096U, (1U << 20U) - 1, 1U << 20U, (1U << 20U) + 1, 5U << 20U}) {
    const std::string content = pattern(size);
    builder_.file_at("f", content, 1'700'000'000'000'001'999);
    const auto hashed = hash("f");
    ASSERT_EQ(hashed.outcome, Outcome::kDone);
    EXPECT_EQ(hashed.hash, xxh128(content)) << size;
    EXPECT_EQ(hashed.status.size, size);
    EXPECT_EQ(hashed.status.mtime_us(), 1'700'000'000'000'001);
    if (size > 1U << 20U) reported += size;
  }
  EXPECT_EQ(progress_.progress().bytes_done, reported) << "of what takes more than one reading";
}

TEST_F(FileHasherTest, CanBeUsedForManyFiles) {
  const std::string small = pattern(10);
  const std::string large = pattern(3 << 20);
  builder_.file("small", small).file("large", large);
  FileHasher hasher(progress_);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(hash(hasher, "large").hash, xxh128(large));
    EXPECT_EQ(hash(hasher, "small").hash, xxh128(small));
  }
}

TEST_F(FileHasherTest, ReadsAFileAgainThatChangedMeanwhile) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{3} << 20U}) {
    builder_.file("f", pattern(size));
    for (const int changes : {1, 2}) {
      int reads = 0;
      const std::string last = "the content after change " + std::to_string(changes);
      const auto hashed =
          hash("f", {.after_reading = [&] {
                 if (++reads <= changes) {
                   builder_.file("f", reads == changes ? last : pattern(size + static_cast<std::size_t>(reads)));
                 }
               }});
      ASSERT_EQ(hashed.outcome, Outcome::kDone);
      EXPECT_EQ(reads, changes + 1);
      EXPECT_EQ(hashed.hash, xxh128(last));
      EXPECT_EQ(hashed.status.size, last.size());
    }
  }
}

TEST_F(FileHasherTest, GivesUpAfterThreeReadings) {
  builder_.file("f", "x");
  int reads = 0;
  const auto hashed = hash(
      "f", {.after_reading = [&] { builder_.file("f", std::string(static_cast<std::size_t>(++reads) + 1, 'x')); }});
  EXPECT_EQ(hashed.outcome, Outcome::kChanging);
  EXPECT_EQ(reads, 3);
}

TEST_F(FileHasherTest, NoticesAFileThatIsTruncatedBeforeItIsRead) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{3} << 20U}) {
    builder_.file("f", pattern(size));
    before_opening_ = [&] { ASSERT_EQ(::truncate((dir_ / "f").c_str(), 50), 0); };
    const auto hashed = hash("f");
    ASSERT_EQ(hashed.outcome, Outcome::kDone);
    EXPECT_EQ(hashed.hash, xxh128(pattern(size).substr(0, 50)));
    EXPECT_EQ(hashed.status.size, 50U);
  }
}

TEST_F(FileHasherTest, ReadsNothingElseThatTookThePlaceOfTheFile) {
  builder_.file("f", "x").file("other", "secret").file("d/x");
  FileHasher hasher(progress_);
  before_opening_ = [&] {
    ASSERT_EQ(::unlink((dir_ / "f").c_str()), 0);
    builder_.symlink("other", "f");
  };
  EXPECT_EQ(hash(hasher, "f").outcome, Outcome::kFailed);
  EXPECT_EQ(open_error_, ELOOP);

  builder_.file("g", "x").file("h", "").file("i", "x");
  before_opening_ = [&] {
    ASSERT_EQ(::unlink((dir_ / "g").c_str()), 0);
    builder_.fifo("g");
  };
  EXPECT_EQ(hash(hasher, "g").outcome, Outcome::kNotRegular);
  before_opening_ = [&] {
    ASSERT_EQ(::unlink((dir_ / "h").c_str()), 0);
    builder_.directory("h");
  };
  EXPECT_EQ(hash(hasher, "h").outcome, Outcome::kNotRegular) << "an empty file needs no reading";
  before_opening_ = [&] { ASSERT_EQ(::unlink((dir_ / "i").c_str()), 0); };
  EXPECT_EQ(hash(hasher, "i").outcome, Outcome::kFailed);
  EXPECT_EQ(open_error_, ENOENT);
}

TEST_F(FileHasherTest, NoticesAChangeThatKeepsSizeAndMtime) {
  builder_.file_at("f", "before", 1'600'000'000'000'000'000);
  bool changed = false;
  const auto hashed =
      hash("f", {.after_reading = [&] {
             if (std::exchange(changed, true)) return;
             std::this_thread::sleep_for(std::chrono::milliseconds(20));  // a tick of the kernel's clock
             builder_.file_at("f", "after!", 1'600'000'000'000'000'000);
           }});
  ASSERT_EQ(hashed.outcome, Outcome::kDone);
  EXPECT_EQ(hashed.hash, xxh128("after!"));
}

TEST_F(FileHasherTest, ReadsNoFileWhoseNextChangeMightNotShow) {
  // A second change within a tick of the clock leaves the same change time.
  builder_.file("f", "x");
  std::chrono::nanoseconds age{};
  const auto hashed =
      hash("f", {.after_reading = [&] {
             FileStatus status;
             const Directory directory = Directory::open(dir_.path()).value();
             ASSERT_EQ(directory.status("f", Links::kNoFollow, status), 0);
             age = std::chrono::system_clock::now().time_since_epoch() - std::chrono::nanoseconds(status.ctime_ns);
           }});
  EXPECT_EQ(hashed.outcome, Outcome::kDone);
  EXPECT_GE(age, std::chrono::milliseconds(10)) << "the slowest clock ticks every 10 ms";
}

TEST_F(FileHasherTest, ReadsOneVersionOfAFileThatIsReplacedByRename) {
  // The replaced file loses its name while it is open: its ctime changes, its content does not.
  const std::string a(2 << 20, 'a');
  const std::string b(2 << 20, 'b');
  builder_.file("f", a);
  std::jthread writer([&](const std::stop_token& stop) {
    for (bool next = true; !stop.stop_requested(); next = !next) {
      builder_.file("new", next ? b : a);
      ASSERT_EQ(::rename((dir_ / "new").c_str(), (dir_ / "f").c_str()), 0);
    }
  });
  for (int i = 0; i < 50; ++i) {
    const auto hashed = hash("f");
    ASSERT_EQ(hashed.outcome, Outcome::kDone);
    EXPECT_TRUE(hashed.hash == xxh128(a) || hashed.hash == xxh128(b));
  }
}

TEST_F(FileHasherTest, StopsInTheMiddleOfALargeFile) {
  // Sparse: 1 TiB that would take minutes to hash. (The campaign `transfer-cancel` measures the 250 ms it may take.)
  builder_.file("large", "");
  ASSERT_EQ(::truncate((dir_ / "large").c_str(), off_t{1} << 40U), 0);
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto hashed = hash("large", {}, stop.get_token());
  const auto ended = std::chrono::steady_clock::now();
  canceller.join();
  EXPECT_EQ(hashed.outcome, Outcome::kCancelled);
  EXPECT_LT(ended - asked, std::chrono::seconds(5));
}

}  // namespace
}  // namespace attache
