#include "canonical_order.hpp"

#include <attache/base/text.hpp>

#include "key_sorter.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace attache::detail {
namespace {

Manifest manifest_of(const std::vector<std::string>& paths) {
  ManifestBuilder builder;
  for (const std::string& path : paths) EXPECT_TRUE(builder.add(path, Digest(), 0, 0)) << printable(path);
  return std::move(builder).build_with_total(0);
}

std::vector<std::uint32_t> by_comparing(const std::vector<std::string>& paths) {
  std::vector<std::uint32_t> order(paths.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return compare_utf16(paths[a], paths[b]) < 0; });
  return std::is_sorted(order.begin(), order.end()) ? std::vector<std::uint32_t>() : order;
}

// Of sixteen files or more to a directory on average the sort goes by directories, of fewer by paths: each list is
// sorted as it is, and with many more files in the directories it has.
void expect_sorted(std::vector<std::string> paths) {
  RC_ASSERT(canonical_order(manifest_of(paths)) == by_comparing(paths));
  const std::size_t given = paths.size();
  for (std::size_t i = 0; i < given; ++i) {
    const std::string directory = paths[i].substr(0, paths[i].rfind('/') + 1);
    for (int j = 0; j < 20; ++j) paths.push_back(directory + std::to_string((j * 7) % 20));
  }
  RC_ASSERT(canonical_order(manifest_of(paths)) == by_comparing(paths));
}

rc::Gen<std::vector<std::string>> paths_of(std::vector<char32_t> alphabet, std::string prefix = "") {
  const auto text = rc::gen::map(rc::gen::container<std::vector<char32_t>>(rc::gen::elementOf(std::move(alphabet))),
                                 [prefix](const std::vector<char32_t>& characters) {
                                   std::string path = prefix;
                                   char32_t before = 0;
                                   for (char32_t c : characters) {
                                     // two lone surrogates must not become a pair
                                     if (before >= 0xD800 && before < 0xDC00 && c >= 0xDC00 && c < 0xE000) c = 'x';
                                     append_wtf8(path, c);
                                     before = c;
                                   }
                                   return path;
                                 });
  return rc::gen::container<std::vector<std::string>>(text);
}

RC_GTEST_PROP(CanonicalOrderProperty, SortsNamesBesideDirectories, ()) {
  // What comes before and after '/', so that files and directories of nearly equal names interleave; also empty
  // components and names that are prefixes of others.
  expect_sorted(*paths_of({'a', 'a', 'b', '/', '/', '/', '-', '.', '0', 0}));
}

RC_GTEST_PROP(CanonicalOrderProperty, SortsCharactersAtTheBordersOfTheOrder, ()) {
  expect_sorted(*paths_of(
      {'a', '/', 0x7F, 0x80, 0x7FF, 0x800, 0xD000, 0xD7FF, 0xE000, 0xF000, 0xFFFF, 0x10000, 0x1F600, 0x10FFFF}, "a/"));
}

RC_GTEST_PROP(CanonicalOrderProperty, SortsNamesThatAreNotUnicode, ()) {
  expect_sorted(*paths_of({'a', '/', 0xDC80, 0xDCFF, 0xDFFF, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF}, "prefix"));
}

RC_GTEST_PROP(CanonicalOrderProperty, SortsLoneHighSurrogates, ()) {
  expect_sorted(*paths_of({'a', '/', 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xD7FF, 0xE000, 0x10000, 0x10FFFF}));
}

RC_GTEST_PROP(CanonicalOrderProperty, SortsLongNamesThatDifferLate, ()) {
  expect_sorted(*paths_of({'a', 'b', 0xE9, '/'}, "directory/common_beginning_of_names_"));
}

TEST(CanonicalOrder, SaysNothingAboutSortedEntries) {
  EXPECT_TRUE(canonical_order(Manifest()).empty());
  EXPECT_TRUE(canonical_order(manifest_of({"a"})).empty());
  EXPECT_TRUE(canonical_order(manifest_of({"a", "a", "a-b", "a/b", "a0"})).empty());
}

TEST(CanonicalOrder, SortsManyShuffledFilesOfManyDirectories) {
  std::mt19937 random(5);
  std::vector<std::string> paths;
  for (int i = 0; i < 20'000; ++i) {
    std::string path = "show/";
    for (unsigned depth = random() % 4; depth > 0; --depth) path += "seq" + std::to_string(random() % 5) + "/";
    path += random() % 3 == 0 ? "seq" + std::to_string(random() % 5) : "frame_" + std::to_string(random() % 100'000);
    paths.push_back(path);
  }
  EXPECT_EQ(canonical_order(manifest_of(paths)), by_comparing(paths));
}

TEST(CanonicalOrder, SortsManyNamesThatDifferByNumbersInTheSamePlaces) {
  std::mt19937 random(6);
  const std::vector<std::string> ends{".exr", "_\xC3\xA9.exr", "_\xEE\x80\x80", "_\xF0\x9F\x98\x80", "_\xED\xB2\x80"};
  for (const std::size_t kinds : {std::size_t{1}, ends.size()}) {
    std::vector<std::string> paths;
    for (unsigned i = 0; i < 30'000; ++i) {
      const std::string number = std::to_string(100'000 + (i * 7919) % 29'000);  // some occur twice
      paths.push_back("shot_" + std::to_string(10 + i % 7) + "/frame_" + number + ends[random() % kinds]);
    }
    std::shuffle(paths.begin(), paths.end(), random);
    EXPECT_EQ(canonical_order(manifest_of(paths)), by_comparing(paths));
  }
}

TEST(CanonicalOrder, SortsManyEqualAndNearlyEqualPaths) {
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 20'000; ++i) {
    paths.push_back(std::string(300, 'x') + (i % 3 == 0 ? "b" : "a") + std::string(i % 5, '\0'));
  }
  EXPECT_EQ(canonical_order(manifest_of(paths)), by_comparing(paths));
}

TEST(CanonicalOrder, SortsDirectoriesNestedDeeply) {
  std::vector<std::string> paths;
  std::string path;
  for (int i = 0; i < 300; ++i) {
    for (int j = 9; j >= 0; --j) paths.push_back(path + std::to_string(j));
    path += i % 2 == 0 ? "4/" : "a-/";
  }
  EXPECT_EQ(canonical_order(manifest_of(paths)), by_comparing(paths));
}

TEST(CanonicalOrder, SortsNamesThatAreFollowedByZeros) {
  std::vector<std::string> paths;
  for (std::size_t i = 40; i > 0; --i) paths.push_back("n" + std::string(i % 20, '\0'));
  EXPECT_EQ(canonical_order(manifest_of(paths)), by_comparing(paths));
}

TEST(OrderKey, OrdersAsTextsDoUnlessTheirFirstEightBytesAreEqual) {
  std::vector<std::string> texts{"", "a", std::string("a\0", 2), "a/", "12345678", "123456789", "~", "\x7F"};
  for (const char32_t c :
       {0x80U, 0x7FFU, 0x800U, 0xD7FFU, 0xDC00U, 0xDC80U, 0xDFFFU, 0xE000U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    for (const std::string before : {"", "1234567"}) {  // in the second, the key ends inside the character
      std::string text = before;
      append_wtf8(text, c);
      texts.push_back(text);
      texts.push_back(text + "z");
    }
  }
  for (const std::string& a : texts) {
    EXPECT_FALSE(has_high_surrogate(a));
    for (const std::string& b : texts) {
      if (order_key(a) == order_key(b)) continue;
      EXPECT_EQ(order_key(a) < order_key(b), compare_utf16(a, b) < 0) << printable(a) << ' ' << printable(b);
    }
  }
}

TEST(RadixSort, SortsByTheBitsAskedForAndKeepsTheOrderOfTheRest) {
  std::mt19937_64 random(2);
  for (const auto& [low, high] : {std::pair(0U, 64U), std::pair(20U, 64U), std::pair(13U, 14U), std::pair(30U, 52U)}) {
    std::vector<std::uint64_t> items(5000);
    for (std::uint64_t& item : items) item = random() & random();
    std::vector<std::uint64_t> expected = items;
    const std::uint64_t mask = high - low == 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << (high - low)) - 1);
    std::stable_sort(expected.begin(), expected.end(), [&, shift = low](std::uint64_t a, std::uint64_t b) {
      return ((a >> shift) & mask) < ((b >> shift) & mask);
    });
    radix_sort(items.data(), items.data() + items.size(), low, high);
    EXPECT_EQ(items, expected) << low << ' ' << high;
  }
}

TEST(RadixSort, LooksOnlyAtTheBytesThatVaryAndKeepsTheOrderOfTheRest) {
  std::mt19937_64 random(3);
  std::vector<std::uint64_t> scratch;
  for (const std::uint64_t varying : {~std::uint64_t{0}, std::uint64_t{0x00FF0F0000000FFF}, std::uint64_t{0xF000}}) {
    for (const unsigned low : {0U, 11U, 20U, 60U}) {
      for (const std::size_t count : {0U, 1U, 2U, 300U, 5000U}) {
        std::vector<std::uint64_t> items(count);
        for (std::uint64_t& item : items) item = 0x1234567812345678 ^ (random() & varying);
        std::vector<std::uint64_t> expected = items;
        std::stable_sort(expected.begin(), expected.end(),
                         [low](std::uint64_t a, std::uint64_t b) { return (a >> low) < (b >> low); });
        sort_by_varying_bytes(items.data(), items.data() + items.size(), low, scratch);
        EXPECT_EQ(items, expected) << low << ' ' << varying << ' ' << count;
      }
    }
  }
}

TEST(OrderKey, IsNotForLoneHighSurrogates) {
  EXPECT_TRUE(has_high_surrogate("a\xED\xA0\x80"));
  EXPECT_TRUE(has_high_surrogate("\xED\xAF\xBF"));
  EXPECT_FALSE(has_high_surrogate("\xED\xB0\x80\xED\x9F\xBF\xED"));
}

}  // namespace
}  // namespace attache::detail
