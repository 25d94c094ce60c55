#include <attache/fsio/file.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>

namespace attache {
namespace {

TEST(File, ReadsWholeBuffersAndThenTheEnd) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f", "hello world");
  auto file = File::open_for_reading(dir / "f");
  ASSERT_TRUE(file);
  std::array<char, 8> buffer{};
  EXPECT_EQ(file->read(std::as_writable_bytes(std::span(buffer))), 8U);
  EXPECT_EQ(std::string(buffer.data(), 8), "hello wo");
  EXPECT_EQ(file->read(std::as_writable_bytes(std::span(buffer))), 3U);
  EXPECT_EQ(file->read(std::as_writable_bytes(std::span(buffer))), 0U);
  EXPECT_EQ(file->read_at(std::as_writable_bytes(std::span(buffer).first(5)), 6), 5U);
  EXPECT_EQ(std::string(buffer.data(), 5), "world");
  EXPECT_EQ(file->read_at(std::as_writable_bytes(std::span(buffer)), 100), 0U);
}

TEST(File, FollowsLinksAndReportsTheTarget) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file_at("f", "12345", 1'700'000'000'123'456'789).symlink("f", "l");
  const auto file = File::open_for_reading(dir / "l");
  ASSERT_TRUE(file);
  const auto status = file->status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->kind, FileKind::kRegular);
  EXPECT_EQ(status->size, 5U);
  EXPECT_EQ(status->mtime_ns, 1'700'000'000'123'456'789);
  EXPECT_EQ(status->mtime_us(), 1'700'000'000'123'456);
}

TEST(File, RefusesWhatIsNotARegularFileWithoutBlocking) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).directory("d").fifo("p").socket("s");
  for (const char* name : {"d", "p", "s"}) {
    const auto file = File::open_for_reading(dir / name);
    ASSERT_FALSE(file) << name;
    EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument) << name;
    EXPECT_NE(file.error().message().find(dir / name), std::string::npos);
  }
  EXPECT_FALSE(File::open_for_reading("/dev/null"));
}

TEST(File, SaysWhichFileIsMissing) {
  const auto file = File::open_for_reading("/nonexistent/x");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(file.error().message().find("'/nonexistent/x'"), std::string::npos);
}

TEST(File, SaysThatPermissionIsMissing) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f", "x").mode("f", 0);
  EXPECT_EQ(run_unprivileged(dir.path(),
                             [&] {
                               const auto file = File::open_for_reading(dir / "f");
                               return file ? std::string("opened") : std::string(to_string(file.error().code()));
                             }),
            "permission-denied");
}

TEST(FileStatus, RoundsTimesBeforeTheEpochDown) {
  FileStatus status;
  status.mtime_ns = -1;
  EXPECT_EQ(status.mtime_us(), -1);
  status.mtime_ns = -1000;
  EXPECT_EQ(status.mtime_us(), -1);
  status.mtime_ns = -1001;
  EXPECT_EQ(status.mtime_us(), -2);
  status.mtime_ns = 1999;
  EXPECT_EQ(status.mtime_us(), 1);
}

TEST(FileStatus, SeesEveryChangeThatCanHideOtherContent) {
  const FileStatus status{FileKind::kRegular, 1, 2, 3, 4, 5, 6};
  EXPECT_TRUE(status.same_version_as(status));
  for (auto change :
       {+[](FileStatus& s) { ++s.size; }, +[](FileStatus& s) { ++s.mtime_ns; }, +[](FileStatus& s) { ++s.ctime_ns; },
        +[](FileStatus& s) { ++s.device; }, +[](FileStatus& s) { ++s.inode; }}) {
    FileStatus other = status;
    change(other);
    EXPECT_FALSE(status.same_version_as(other));
  }
}

TEST(ReadFile, ReadsUpToItsLimitAndNotMore) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f", std::string(100'000, 'x')).file("empty");
  EXPECT_EQ(read_file(dir / "f", 100'000), std::string(100'000, 'x'));
  EXPECT_EQ(read_file(dir / "empty", 0), std::string());
  const auto refused = read_file(dir / "f", 99'999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message().find("99999 bytes"), std::string::npos);
}

TEST(ReadFile, ReadsFilesThatDoNotKnowTheirSize) {
  const auto content = read_file("/proc/self/status", 1 << 20);
  ASSERT_TRUE(content);
  EXPECT_NE(content->find("Pid:"), std::string::npos);
  EXPECT_FALSE(read_file("/proc/self/status", 10));
}

TEST(FileSystem, CanBeFlushedAndAskedForItsFreeSpace) {
  const TemporaryDirectory dir;
  EXPECT_TRUE(sync_file_system(dir.path()));
  const auto space = free_space(dir.path());
  ASSERT_TRUE(space);
  EXPECT_GT(*space, 0U);
  EXPECT_EQ(sync_file_system(dir / "missing").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(free_space(dir / "missing").error().code(), ErrorCode::kNotFound);
}

TEST(FileSystem, IsNotWaitedForWhenItIsToStop) {
  const TemporaryDirectory dir;
  std::stop_source stop;
  EXPECT_TRUE(sync_file_system(dir.path(), stop.get_token()));
  stop.request_stop();
  EXPECT_EQ(sync_file_system(dir.path(), stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
