#include "content_index.hpp"

#include <attache/hash/xxh3.hpp>

#include "stoppable_sort.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

TEST(ContentIndex, NumbersEveryHashOnce) {
  for (const std::size_t reserved : {0U, 5000U}) {
    std::vector<Digest> hashes;
    ContentIndex index;
    index.reserve(reserved);
    for (int i = 0; i < 10'000; ++i) {
      const Digest hash = xxh128(std::to_string(i % 3000));
      const auto found = index.try_add(hash, static_cast<std::uint32_t>(hashes.size()),
                                       [&](std::uint32_t number) { return hashes[number]; });
      EXPECT_EQ(found.second, i < 3000);
      if (found.second) hashes.push_back(hash);
      EXPECT_EQ(hashes[found.first], hash);
    }
    EXPECT_EQ(hashes.size(), 3000U);
  }
}

TEST(StoppableSort, SortsAsOthersDo) {
  for (const std::size_t size : {0U, 1U, 1000U, 65'536U, 65'537U, 300'000U}) {
    std::vector<Digest> hashes;
    for (std::size_t i = 0; i < size; ++i) hashes.push_back(xxh128(std::to_string(i % 100'000)));
    std::vector<Digest> expected = hashes;
    std::sort(expected.begin(), expected.end());
    EXPECT_TRUE(stoppable_sort(hashes, {}));
    EXPECT_EQ(hashes, expected);
  }
}

TEST(StoppableSort, GivesUp) {
  std::stop_source stop;
  stop.request_stop();
  std::vector<int> numbers{2, 1};
  EXPECT_FALSE(stoppable_sort(numbers, stop.get_token()));
}

}  // namespace
}  // namespace attache
