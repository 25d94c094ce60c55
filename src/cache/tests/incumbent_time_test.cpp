#include "incumbent_time.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

// What the incumbent writes for which time, in which zone, is in the golden vectors (hash_cache_mtime).

namespace attache {
namespace {

TEST(IncumbentTime, LeavesOutAFractionOfZero) {
  EXPECT_EQ(IncumbentTime(1'700'000'000'000'000'000).text().size(), std::string("2023-11-14 22:13:20").size());
  EXPECT_EQ(IncumbentTime(1'700'000'000'500'000'000).text().substr(16), ":20.500000");
}

TEST(IncumbentTime, RoundsUpIntoTheNextSecond) {
  EXPECT_EQ(IncumbentTime(1'700'000'000'999'999'999).text().substr(16), ":21");
  EXPECT_EQ(IncumbentTime(-1).text(), IncumbentTime(0).text());
}

TEST(IncumbentTime, HasNoTextForWhatTheIncumbentCannotWrite) {
  // 64-bit nanoseconds end in 2262 and begin in 1677: every one of them has a text.
  EXPECT_EQ(IncumbentTime(std::numeric_limits<std::int64_t>::max()).text().substr(0, 4), "2262");
  EXPECT_EQ(IncumbentTime(std::numeric_limits<std::int64_t>::min()).text().substr(0, 4), "1677");
}

}  // namespace
}  // namespace attache
