#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/scan/snapshot.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <thread>

namespace attache {
namespace {

using namespace std::chrono_literals;

Error error_of(const SnapshotOptions& options, const std::stop_token& stop = {}) {
  auto result = snapshot_tree(options, stop);
  if (!result) return std::move(result).error();
  return Error(ErrorCode::kInvalidArgument, "there was no error");
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(SnapshotErrors, SaysWhatIsWrongWithTheRoot) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f");
  EXPECT_EQ(error_of({.root = ""}).code(), ErrorCode::kInvalidArgument);
  const Error missing = error_of({.root = dir / "missing"});
  EXPECT_EQ(missing.code(), ErrorCode::kNotFound);
  EXPECT_TRUE(holds(missing.message(), "'" + (dir / "missing") + "'")) << missing.message();
  const Error file = error_of({.root = dir / "f"});
  EXPECT_EQ(file.code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(holds(file.message(), "'" + (dir / "f") + "': it is not a directory")) << file.message();
}

TEST(SnapshotErrors, SaysThatTheRootIsUnreadable) {
  for (const unsigned mode : {0U, 0444U, 0111U}) {
    const TemporaryDirectory dir;
    TreeBuilder(dir.path()).file("r/f").mode("r", mode);
    const std::string result = run_unprivileged(dir.path(), [&] {
      const Error error = error_of({.root = dir / "r"});
      return std::string(to_string(error.code())) + " " + error.message();
    });
    EXPECT_TRUE(result.starts_with("permission-denied ")) << mode << ": " << result;
    EXPECT_TRUE(holds(result, dir / "r")) << result;
  }
}

TEST(SnapshotErrors, ListsAllUnreadableFilesAndDirectories) {
  const TemporaryDirectory dir;
  TreeBuilder builder(dir.path());
  builder.file("r/good", "x").file("r/bad", "x").file("r/d/worse", "x").file("r/closed/f").file("r/shut/f");
  builder.symlink("shut/f", "r/link-into-shut").file("r/.hidden/f");
  builder.mode("r/bad", 0).mode("r/d/worse", 0).mode("r/closed", 0).mode("r/shut", 0444).mode("r/.hidden", 0);
  const std::string result = run_unprivileged(dir.path(), [&] {
    const Error error = error_of({.root = dir / "r"});
    return std::string(to_string(error.code())) + " " + error.message();
  });
  EXPECT_EQ(result, "permission-denied cannot read 5 paths below '" + (dir / "r") +
                        "': 'bad' (Permission denied), 'closed' (Permission denied), 'd/worse' (Permission denied), "
                        "'link-into-shut' (Permission denied), 'shut/f' (Permission denied)");
}

TEST(SnapshotErrors, IsContentWithUnreadableThingsThatNobodyAskedFor) {
  const TemporaryDirectory dir;
  TreeBuilder builder(dir.path());
  builder.file("r/good", "x").file("r/bad.tmp").file("r/closed/f").file("r/.hidden/f").file("r/.secret");
  builder.mode("r/bad.tmp", 0).mode("r/closed", 0).mode("r/.hidden", 0).mode("r/.secret", 0);
  const std::string result = run_unprivileged(dir.path(), [&] {
    const auto snapshot = snapshot_tree({.root = dir / "r", .exclude = {"*.tmp", "closed/**"}}, {});
    if (!snapshot) return snapshot.error().message();
    std::string text;
    for (const ManifestEntry entry : snapshot->manifest) text += std::string(entry.path) + ";";
    for (const Omission& omission : snapshot->omissions) {
      text += std::string(to_string(omission.reason)) + " " + omission.path + ";";
    }
    return text;
  });
  EXPECT_EQ(result, "good;hidden .hidden;hidden .secret;");
}

TEST(SnapshotErrors, SaysThatNothingIsSelected) {
  const TemporaryDirectory dir;
  const Error empty = error_of({.root = dir.path()});
  EXPECT_EQ(empty.code(), ErrorCode::kNotFound);
  EXPECT_TRUE(holds(empty.message(), "'" + dir.path() + "'"));
  EXPECT_TRUE(holds(empty.remedy(), "include and exclude patterns"));
  EXPECT_FALSE(holds(empty.remedy(), "hidden"));
  TreeBuilder(dir.path()).file(".a").file(".b/c").file("d");
  EXPECT_EQ(error_of({.root = dir.path(), .include = {}}).code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_of({.root = dir.path(), .include = {"*.x"}}).code(), ErrorCode::kNotFound);
  const Error hidden = error_of({.root = dir.path(), .exclude = {"d"}});
  EXPECT_EQ(hidden.code(), ErrorCode::kNotFound);
  EXPECT_TRUE(holds(hidden.remedy(), "hidden files, of which there are 2")) << hidden.remedy();
}

TEST(SnapshotErrors, RefusesPatternsThatLeaveTheRoot) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f");
  EXPECT_EQ(error_of({.root = dir.path(), .include = {"../*"}}).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of({.root = dir.path(), .include = {"/etc/*"}}).code(), ErrorCode::kInvalidArgument);
}

TEST(SnapshotErrors, NamesAFileThatKeepsChanging) {
  // Sparse, and large enough that a reading takes longer than the pause between two changes, on any machine.
  const TemporaryDirectory dir;
  TreeBuilder builder(dir.path());
  builder.file("log").file("other");
  ASSERT_EQ(::truncate((dir / "log").c_str(), off_t{1} << 30U), 0);
  std::jthread writer([&](const std::stop_token& stop) {
    for (unsigned i = 0; !stop.stop_requested(); ++i) {
      builder.mode("log", 0600U + i % 2U);
      std::this_thread::sleep_for(2ms);
    }
  });
  const Error error = error_of({.root = dir.path()});
  EXPECT_EQ(error.code(), ErrorCode::kSourceChanged);
  EXPECT_TRUE(holds(error.message(), "'" + (dir / "log") + "'")) << error.message();
}

TEST(SnapshotErrors, StopsInTheMiddleOfALargeFile) {
  const TemporaryDirectory dir;
  TreeBuilder builder(dir.path());
  builder.file("huge");  // sparse: it would take minutes to hash
  ASSERT_EQ(::truncate((dir / "huge").c_str(), off_t{1} << 40U), 0);
  for (int i = 0; i < 100; ++i) builder.file("d" + std::to_string(i) + "/f");
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(60ms);
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const Error error = error_of({.root = dir.path()}, stop.get_token());
  const auto ended = std::chrono::steady_clock::now();
  canceller.join();
  EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  EXPECT_LT(ended - asked, 5s);
}

TEST(SnapshotErrors, DoesNothingIfItWasCancelledBefore) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of({.root = dir.path()}, stop.get_token()).code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
