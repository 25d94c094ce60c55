#include <attache/fsio/root_directory.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdio.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace attache {
namespace {

using IfExists = TemporaryFile::IfExists;

class RootDirectoryRace : public testing::TestWithParam<PathResolution> {};

// One thread exchanges a directory and a link to outside, atomically and as fast as it can; the other writes below that
// name.
TEST_P(RootDirectoryRace, NothingEverAppearsOutside) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).directory("outside/sub").directory("root/d/sub").symlink("../outside", "root/l");
  const auto root = RootDirectory::open(dir / "root", GetParam());
  ASSERT_TRUE(root);

  std::jthread attacker([&](const std::stop_token& stop) {
    const std::string a = dir / "root/d";
    const std::string b = dir / "root/l";
    while (!stop.stop_requested()) ASSERT_EQ(::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE), 0);
  });

  int written = 0;
  int refused = 0;
  constexpr int kRounds = 3000;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = std::to_string(round);
    const auto path = RelativePath::parse((round % 2 == 0 ? "d/sub/" : "d/new/" + name + "/") + name).value();
    bool ok = false;
    if (root->create_parents(path)) {
      auto file = root->create_temporary(path);
      ok = file && file->publish(IfExists::kReplace);
    }
    ++(ok ? written : refused);
    static_cast<void>(root->remove_file(path));
    static_cast<void>(root->stat(path));
  }
  attacker.request_stop();
  attacker.join();

  std::vector<std::string> outside;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir / "outside")) {
    outside.push_back(entry.path().filename());
  }
  EXPECT_EQ(outside, std::vector<std::string>{"sub"});
  // Both outcomes must have happened, or nothing was tested.
  EXPECT_GT(written, 0);
  EXPECT_GT(refused, 0);
}

TEST_P(RootDirectoryRace, SeveralThreadsCreateTheSameDirectories) {
  const TemporaryDirectory dir;
  const auto root = RootDirectory::open(dir.path(), GetParam());
  ASSERT_TRUE(root);
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const auto path = RelativePath::parse("a" + std::to_string(i) + "/b/c/f" + std::to_string(t)).value();
          if (!root->create_parents(path)) ++failures;
          auto file = root->create_temporary(path);
          if (!file || !file->publish(IfExists::kFail)) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
}

// Whoever publishes first wins, and exactly one does.
TEST_P(RootDirectoryRace, OneOfManyPublishesAName) {
  const TemporaryDirectory dir;
  const auto root = RootDirectory::open(dir.path(), GetParam());
  ASSERT_TRUE(root);
  for (int round = 0; round < 50; ++round) {
    const auto path = RelativePath::parse("f" + std::to_string(round)).value();
    std::atomic<int> winners{0};
    {
      std::vector<std::jthread> threads;
      threads.reserve(4);
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
          auto file = root->create_temporary(path);
          if (file && file->publish(IfExists::kFail)) ++winners;
        });
      }
    }
    EXPECT_EQ(winners, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, RootDirectoryRace, testing::Values(PathResolution::kFastest, PathResolution::kWalk),
                         [](const auto& value) {
                           return value.param == PathResolution::kFastest ? std::string("Fastest")
                                                                          : std::string("Walk");
                         });

}  // namespace
}  // namespace attache
