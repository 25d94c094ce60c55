#include "path_index.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache::detail {
namespace {

TEST(PathIndex, FindsEveryPathByItsNumberAndNoOther) {
  std::vector<std::string> paths;
  PathIndex index(5000, [&](std::uint32_t number) { return std::string_view(paths[number]); });
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const std::string path = i < 20 ? std::string(i, 'x') : "some/directory/file_" + std::to_string(i) + ".exr";
    EXPECT_EQ(index.find(path), std::nullopt);
    paths.push_back(path);
    EXPECT_EQ(index.find_or_add(index.look_up(paths.back()), i), std::nullopt);
    EXPECT_EQ(index.find_or_add(index.look_up(paths.back()), i), i);
  }
  for (std::uint32_t i = 0; i < 5000; ++i) EXPECT_EQ(index.find(paths[i]), i);
}

// Texts with one hash, which is 0.
std::string colliding(std::uint64_t first_word) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15U;
  std::uint64_t hash = (16 * kFactor ^ first_word) * kFactor;
  hash ^= hash >> 32;
  std::string text(16, '\0');
  store_word(text.data(), first_word);
  store_word(text.data() + 8, hash);  // (hash ^ hash) * kFactor is 0, whatever came before
  return text;
}

TEST(PathIndex, StaysFastForPathsThatWereMadeToCollide) {
  constexpr std::uint32_t kCount = 50'000;  // a table without bounds would take 1.25 * 10^9 steps here
  std::vector<std::string> paths;
  PathIndex index(kCount, [&](std::uint32_t number) { return std::string_view(paths[number]); });
  for (std::uint32_t i = 0; i < kCount; ++i) paths.push_back(colliding(i));
  ASSERT_EQ(text_hash(paths[1]), text_hash(paths[2]));
  for (std::uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(index.find_or_add(index.look_up(paths[i]), i), std::nullopt);
  }
  for (std::uint32_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(index.find(paths[i]), i);
    ASSERT_EQ(index.find_or_add(index.look_up(paths[i]), kCount), i);
  }
  EXPECT_EQ(index.find(colliding(kCount)), std::nullopt);
}

}  // namespace
}  // namespace attache::detail
