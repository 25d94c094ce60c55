#include "directory_listing.hpp"

#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

namespace attache {
namespace {

using namespace std::chrono_literals;

/// Every directory is kept as soon as it was read.
constexpr KeptWindow::Limits kThree{.keys = 3, .worth_keeping = 1, .settled = -1h};

class Listing : public ::testing::Test {
 protected:
  ListPage page(KeptWindow& kept, std::string_view prefix, const ListOptions& options) {
    const RootDirectory root = RootDirectory::open(directory_.path()).value();
    auto found = DirectoryListing(root, prefix, options, kept, {}).run();
    EXPECT_TRUE(found) << found.error().to_string();
    return *std::move(found);
  }
  /// Objects and common prefixes of all pages.
  std::vector<std::string> all(KeptWindow& kept, std::string_view prefix, ListOptions options) {
    std::vector<std::string> keys;
    for (;;) {
      const ListPage one = page(kept, prefix, options);
      for (const ObjectInfo& object : one.objects) keys.push_back(object.key);
      keys.insert(keys.end(), one.prefixes.begin(), one.prefixes.end());
      EXPECT_LE(one.objects.size() + one.prefixes.size(), options.max_keys);
      if (!one.more) break;
      options.start_after = one.last();
    }
    std::ranges::sort(keys);
    return keys;
  }

  TemporaryDirectory directory_;
  TreeBuilder tree_{directory_.path()};
};

TEST_F(Listing, IsTheSameInWindowsOfAnySize) {
  std::mt19937 random(20261130);
  const auto below = [&](std::size_t n) { return random() % n; };
  const auto name = [&] { return std::string(1 + below(2), "ab-/0"[below(3)]) + "ab-0x"[below(5)]; };
  for (int round = 0; round < 30; ++round) {
    const std::string top = "t" + std::to_string(round) + "/";
    std::set<std::string> keys;
    for (std::size_t i = 0; i < 40; ++i) {
      std::string key = top + name();
      for (std::size_t depth = below(3); depth > 0; --depth) key += "/" + name();
      const auto meets = [&](const std::string& other) {
        return other == key || other.starts_with(key + "/") || key.starts_with(other + "/");
      };
      if (std::ranges::none_of(keys, meets)) keys.insert(key);
    }
    for (const std::string& key : keys) tree_.file(key, "x");
    KeptWindow kept(kThree);
    for (int query = 0; query < 60; ++query) {
      ListOptions options{.start_after = below(3) == 0 ? top + name() : std::string(),
                          .max_keys = 1 + below(7),
                          .delimiter = below(3) == 0 ? "/" : ""};
      if (below(4) == 0) options.start_after += "/" + name();
      const std::string prefix = top + (below(3) == 0 ? name().substr(0, 1) : "");
      std::set<std::string> expected;
      for (const std::string& key : keys) {
        if (!key.starts_with(prefix)) continue;
        const std::size_t cut = options.delimiter.empty() ? key.npos : key.find('/', prefix.size());
        const std::string shown = cut == key.npos ? key : key.substr(0, cut + 1);
        if (shown > options.start_after) expected.insert(shown);
      }
      ASSERT_EQ(all(kept, prefix, options), std::vector<std::string>(expected.begin(), expected.end()))
          << "'" << prefix << "' after '" << options.start_after << "', " << options.max_keys << " a page, delimiter '"
          << options.delimiter << "'";
    }
  }
}

TEST_F(Listing, ReadsALargeDirectoryOnceForManyPages) {
  for (int i = 0; i < 9; ++i) tree_.file("d/" + std::to_string(i), "x");
  KeptWindow kept({.keys = 6, .worth_keeping = 9, .settled = -1h});
  const RootDirectory root = RootDirectory::open(directory_.path()).value();
  const FileStatus status = root.stat(RelativePath::parse("d").value()).value().value();
  EXPECT_EQ(kept.find("d/", "d/", status, "", true), nullptr);
  ListOptions options{.start_after = {}, .max_keys = 2};
  EXPECT_EQ(page(kept, "d/", options).last(), "d/1");
  const auto window = kept.find("d/", "d/", status, "d/1", true);
  ASSERT_NE(window, nullptr);
  EXPECT_EQ(window->keys.size(), 6U);
  options.start_after = "d/1";
  EXPECT_EQ(page(kept, "d/", options).last(), "d/3");
  EXPECT_EQ(kept.find("d/", "d/", status, "d/3", true), window) << "the page came from it";
  EXPECT_EQ(kept.find("d/", "d/", status, "d/5", true), nullptr) << "it ends there";
  EXPECT_EQ(kept.find("d/", "", status, "d/1", true), nullptr) << "of another prefix";
  EXPECT_EQ(kept.find("e/", "d/", status, "d/1", true), nullptr);
}

TEST_F(Listing, SeesWhatChangedBetweenTwoPages) {
  for (int i = 0; i < 9; ++i) tree_.file("d/" + std::to_string(i), "x");
  KeptWindow kept({.keys = 100, .worth_keeping = 1, .settled = -1h});
  EXPECT_EQ(page(kept, "d/", {.start_after = {}, .max_keys = 2}).last(), "d/1");
  std::this_thread::sleep_for(20ms);  // a tick of the file system's clock
  tree_.file("d/10", "x");
  EXPECT_EQ(page(kept, "d/", {.start_after = "d/1", .max_keys = 1}).last(), "d/10");
  std::filesystem::remove(directory_ / "d/2");
  EXPECT_EQ(page(kept, "d/", {.start_after = "d/10", .max_keys = 1}).last(), "d/3");
}

TEST_F(Listing, KeepsNothingOfADirectoryThatChangedJustNow) {
  for (int i = 0; i < 9; ++i) tree_.file("d/" + std::to_string(i), "x");
  KeptWindow kept({.keys = 100, .worth_keeping = 1, .settled = 1h});
  EXPECT_EQ(page(kept, "d/", {.start_after = {}, .max_keys = 2}).last(), "d/1");
  const RootDirectory root = RootDirectory::open(directory_.path()).value();
  const FileStatus status = root.stat(RelativePath::parse("d").value()).value().value();
  EXPECT_EQ(kept.find("d/", "d/", status, "d/1", true), nullptr);
}

}  // namespace
}  // namespace attache
