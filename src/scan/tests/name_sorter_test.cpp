#include "name_sorter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace attache {
namespace {

std::vector<std::string_view> sorted(const std::vector<std::string>& names) {
  NameSorter sorter;
  sorter.names().assign(names.begin(), names.end());
  std::vector<std::string_view> result;
  for (const std::uint32_t index : sorter.sort()) result.push_back(names[index]);
  return result;
}

TEST(NameSorter, OrdersByBytes) {
  using testing::Test;
  EXPECT_TRUE(sorted({}).empty());
  EXPECT_EQ(sorted({"b", "a"}), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(sorted({"same", "samer", "sam"}), (std::vector<std::string_view>{"sam", "same", "samer"}));
  EXPECT_EQ(sorted({"\xff", "a", "\x01"}), (std::vector<std::string_view>{"\x01", "a", "\xff"}));
  EXPECT_EQ(sorted({"prefix-12345678b", "prefix-12345678a"}),
            (std::vector<std::string_view>{"prefix-12345678a", "prefix-12345678b"}));
}

TEST(NameSorter, OrdersAnyNames) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> names(random() % 40);
    const std::string prefix(random() % 20, 'p');
    for (std::string& name : names) {
      name = prefix;
      for (std::size_t i = random() % 12; i > 0; --i) name += static_cast<char>("ab\xc3\xff\x01"[random() % 5]);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const std::vector<std::string_view> expected(names.begin(), names.end());
    std::vector<std::string> shuffled = names;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    EXPECT_EQ(sorted(shuffled), expected);
  }
}

}  // namespace
}  // namespace attache
