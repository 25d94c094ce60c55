#include "canonical_writer.hpp"

#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace attache::detail {
namespace {

std::string written(const std::function<void(CanonicalWriter&)>& write) {
  std::string text;
  const ManifestSink sink = [&text](std::string_view piece) {
    EXPECT_LE(piece.size(), kManifestPiece);
    text += piece;
    return Status();
  };
  CanonicalWriter writer(sink);
  write(writer);
  EXPECT_TRUE(writer.finish());
  return text;
}

TEST(CanonicalWriter, WritesIntegersOfEveryLength) {
  std::vector<std::uint64_t> values{0, std::numeric_limits<std::uint64_t>::max()};
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, power * 9, power / 3}) values.push_back(value);
    if (power > std::numeric_limits<std::uint64_t>::max() / 10) break;
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) values.push_back(random() >> (random() % 64));
  for (const std::uint64_t value : values) {
    const auto with_sign = static_cast<std::int64_t>(value);
    ASSERT_EQ(written([&](CanonicalWriter& writer) { writer.integer(value); }), std::to_string(value));
    ASSERT_EQ(written([&](CanonicalWriter& writer) { writer.integer(with_sign); }), std::to_string(with_sign));
  }
}

TEST(CanonicalWriter, WritesEveryEightDigits) {
  // All that can go wrong is in the halves of a value below 10^8, which are independent.
  for (std::uint64_t half = 0; half < 10'000; ++half) {
    for (const std::uint64_t value : {half, half * 10'000, half * 10'001, half * 10'000 + 9'999}) {
      char buffer[CanonicalWriter::kIntegerRoom];
      const char* const end = CanonicalWriter::put_integer(buffer, value);
      ASSERT_EQ(std::string_view(buffer, static_cast<std::size_t>(end - buffer)), std::to_string(value));
    }
  }
}

TEST(CanonicalWriter, EscapesAtEveryPlaceOfAPath) {
  for (std::size_t size = 0; size < 30; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (const std::string& special : std::vector<std::string>{"", "\"", "\\", "\x7F", std::string(1, '\0'), "\x1F",
                                                                 "\xC3\xA9", "\xED\xB2\x80", "\xF0\x9F\x98\x80"}) {
        std::string path(size, 'x');
        path.insert(at, special);
        std::string expected;
        append_json_string(expected, path);
        EXPECT_EQ("\"" + written([&](CanonicalWriter& writer) { writer.path(path); }) + "\"", expected);
      }
    }
  }
}

TEST(CanonicalWriter, WritesTextsLongerThanItsBuffer) {
  std::string path;
  for (int i = 0; i < 100'000; ++i) path += i % 100 == 0 ? "\xC3\xA9" : "abc/def";
  for (const std::size_t size :
       {path.size(), CanonicalWriter::kMaxRoom - 8, CanonicalWriter::kMaxRoom, kManifestPiece}) {
    std::size_t end = size;
    while (end < path.size() && (static_cast<unsigned char>(path[end]) & 0xC0U) == 0x80U) --end;
    std::string expected;
    append_json_string(expected, path.substr(0, end));
    const std::string text = written([&](CanonicalWriter& writer) {
      writer.text("\"");
      writer.path(std::string_view(path).substr(0, end));
      writer.text("\"");
    });
    EXPECT_EQ(text, expected);
    EXPECT_EQ(written([&](CanonicalWriter& writer) { writer.text(path); }), path);
  }
}

TEST(CanonicalWriter, HandsNothingOnAfterAnError) {
  int calls = 0;
  const ManifestSink sink = [&calls](std::string_view) -> Status {
    ++calls;
    return fail(ErrorCode::kIo, "disk full", "make room");
  };
  CanonicalWriter writer(sink);
  for (int i = 0; i < 10; ++i) writer.text(std::string(kManifestPiece, 'x'));
  const Status status = writer.finish();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "disk full");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace attache::detail
