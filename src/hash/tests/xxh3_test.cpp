#include <attache/hash/xxh3.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace attache {
namespace {

std::vector<std::byte> pattern(std::size_t size, std::size_t seed) {
  std::vector<std::byte> data(size);
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = static_cast<std::byte>((i * 131 + 7 * (i >> 8) + 13 * (i >> 16) + seed) & 255);
  }
  return data;
}

Digest streamed(std::span<const std::byte> data, std::size_t piece) {
  Xxh128Stream stream;
  for (std::size_t at = 0; at < data.size(); at += piece) {
    stream.update(data.subspan(at, std::min(piece, data.size() - at)));
  }
  return stream.digest();
}

TEST(Xxh128, GivesTheCanonicalDigestsOfTheIncumbent) {
  EXPECT_EQ(xxh128("").to_hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(xxh128("a").to_hex(), "a96faf705af16834e6c632b61e964e1f");
  EXPECT_EQ(xxh128("hello world").to_hex(), "df8d09e93f874900a99b8775cc15b6c7");
  EXPECT_EQ(xxh128(pattern(240, 77)).to_hex(), "ed33d2a804f13b3ffdda1089198d91c0");
  EXPECT_EQ(xxh128(pattern(241, 77)).to_hex(), "f4a267391ab9fe486d1557f72f67f482");
  EXPECT_EQ(xxh128(pattern(65537, 77)).to_hex(), "17ca4f3d7ad20aae319917d6464ff0fa");
  EXPECT_EQ(xxh128(pattern(1048577, 0)).to_hex(), "9fead53eeee75bb2bdf7f8ab9af584d1");
}

TEST(Xxh128, StreamingInPiecesOfAnySizeEqualsOneCall) {
  for (const std::size_t size : {0U, 1U, 16U, 17U, 128U, 129U, 240U, 241U, 255U, 256U, 257U, 1024U, 1025U, 70001U}) {
    const std::vector<std::byte> data = pattern(size, 5);
    const Digest whole = xxh128(data);
    for (const std::size_t piece : {1U, 7U, 64U, 255U, 256U, 257U, 8192U, 1000000U}) {
      ASSERT_EQ(streamed(data, piece), whole) << size << " in pieces of " << piece;
    }
  }
}

TEST(Xxh128, StreamingInPiecesOfMixedSizesEqualsOneCall) {
  std::mt19937 random(20230303);
  const std::vector<std::byte> data = pattern(100000, 9);
  for (int round = 0; round < 50; ++round) {
    Xxh128Stream stream;
    std::span<const std::byte> rest = data;
    while (!rest.empty()) {
      const std::size_t piece = std::min<std::size_t>(random() % 3000, rest.size());
      stream.update(rest.first(piece));
      rest = rest.subspan(piece);
    }
    ASSERT_EQ(stream.digest(), xxh128(data));
  }
}

TEST(Xxh128, DigestMayBeTakenInTheMiddleAndResetStartsAnew) {
  const std::vector<std::byte> data = pattern(1000, 1);
  Xxh128Stream stream;
  stream.update(std::span(data).first(300));
  EXPECT_EQ(stream.digest(), xxh128(std::span(data).first(300)));
  stream.update(std::span(data).subspan(300));
  EXPECT_EQ(stream.digest(), xxh128(data));
  stream.reset();
  EXPECT_EQ(stream.digest(), xxh128(""));
}

TEST(Xxh128, AStreamKeepsItsStateWhenMoved) {
  const std::vector<std::byte> data = pattern(1000, 1);
  Xxh128Stream first;
  first.update(std::span(data).first(999));
  Xxh128Stream second(std::move(first));
  second.update(std::span(data).last(1));
  EXPECT_EQ(second.digest(), xxh128(data));
}

}  // namespace
}  // namespace attache
