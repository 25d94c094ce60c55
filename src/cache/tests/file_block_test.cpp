#include "file_block.hpp"

#include <attache/hash/xxh3.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace attache {
namespace {

std::string key_of(std::string_view directory, std::string_view bound) {
  std::string key;
  block_key(key, directory, bound);
  return key;
}

const std::vector<FileRow> kRows = {
    {"a", {1, -2, 3, 4, 5}, xxh128("a")},
    {"b\xff\n",
     {std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int64_t>::min(),
      std::numeric_limits<std::int64_t>::max(), 0, std::numeric_limits<std::uint64_t>::max()},
     xxh128("b")},
    {"c", {}, Digest()},
};

std::string block_of(const std::vector<FileRow>& rows, std::string_view key) {
  return encode_block(rows.data(), rows.data() + rows.size(), key);
}

TEST(FileBlock, GivesBackItsFilesInOrder) {
  const std::string key = key_of("/d", "");
  const std::string block = block_of(kRows, key);
  const std::vector<FileRow> rows = decode_block(block, key);
  ASSERT_EQ(rows.size(), kRows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].name, kRows[i].name);
    EXPECT_EQ(rows[i].stamp, kRows[i].stamp);
    EXPECT_EQ(rows[i].hash, kRows[i].hash);
  }
}

TEST(FileBlock, HoldsNamesOfAnyLength) {
  const std::string key = key_of("/d", "");
  const std::string name(255, 'n');
  const std::string block = block_of({{name, {}, Digest()}}, key);
  const std::vector<FileRow> rows = decode_block(block, key);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].name, name);
}

TEST(FileBlock, HasTheSameBytesEverywhere) {
  const std::string block = block_of({{"n", {0x0102, 1, 2, 3, 4}, xxh128("x")}}, key_of("/d", "b"));
  ASSERT_EQ(block.size(), 8U + 2 + 1 + 40 + 16);
  EXPECT_EQ(block.substr(8, 5), std::string("\x01\0n\x02\x01", 5));
}

TEST(FileBlock, NoFlippedBitPassesForAFile) {
  const std::string key = key_of("/d", "");
  const std::string block = block_of(kRows, key);
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::string damaged = block;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(decode_block(damaged, key).empty()) << "bit " << bit;
  }
}

TEST(FileBlock, NoPartOfABlockPassesForOne) {
  const std::string key = key_of("/d", "");
  const std::string block = block_of(kRows, key);
  for (std::size_t size = 0; size < block.size(); ++size) {
    EXPECT_TRUE(decode_block(std::string_view(block).substr(0, size), key).empty()) << size;
  }
}

TEST(FileBlock, IsWorthNothingUnderAnotherKey) {
  const std::string block = block_of(kRows, key_of("/d", "x"));
  EXPECT_EQ(decode_block(block, key_of("/d", "x")).size(), 3U);
  EXPECT_TRUE(decode_block(block, key_of("/d", "")).empty());
  EXPECT_TRUE(decode_block(block, key_of("/e", "x")).empty());
  EXPECT_TRUE(decode_block(block, key_of("/dx", "")).empty());
}

TEST(ChunkRow, GivesBackTheHashesOfAFile) {
  std::string key;
  chunk_key(key, "/d/f", 256);
  const std::vector<Digest> hashes = {xxh128("1"), xxh128("2")};
  const std::string bytes = encode_chunks({300, 1, 2, 3, 4}, hashes.data(), hashes.size(), key);
  const auto row = decode_chunks(bytes, key);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->hashes, hashes);
  EXPECT_EQ(row->stamp, (FileStamp{300, 1, 2, 3, 4}));
  std::string other;
  chunk_key(other, "/d/f", 512);
  EXPECT_FALSE(decode_chunks(bytes, other));
  EXPECT_FALSE(decode_chunks(bytes.substr(0, bytes.size() - 1), key));
  EXPECT_FALSE(decode_chunks("", key));
}

}  // namespace
}  // namespace attache
