#include <attache/base/byte_size.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace attache {
namespace {

TEST(HumanSize, KeepsBytesWhole) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1), "1 B");
  EXPECT_EQ(human_size(999), "999 B");
}

TEST(HumanSize, ShowsOneOrTwoDecimalsOnceDivided) {
  EXPECT_EQ(human_size(1000), "1.0 KB");
  EXPECT_EQ(human_size(1049), "1.05 KB");
  EXPECT_EQ(human_size(1500), "1.5 KB");
  EXPECT_EQ(human_size(1234567), "1.23 MB");
  EXPECT_EQ(human_size(167772160), "167.77 MB");
}

TEST(HumanSize, RoundsExactHalvesToTheEvenDigitAndOthersByTheirBinaryValue) {
  EXPECT_EQ(human_size(1125), "1.12 KB");  // exact in binary
  EXPECT_EQ(human_size(1375), "1.38 KB");
  EXPECT_EQ(human_size(1115), "1.11 KB");  // 1.115 is a little less in binary
  EXPECT_EQ(human_size(1005), "1.0 KB");
}

TEST(HumanSize, MovesToTheNextUnitWhenRoundingReachesIt) {
  EXPECT_EQ(human_size(999994), "999.99 KB");
  EXPECT_EQ(human_size(999995), "1.0 MB");
  EXPECT_EQ(human_size(999999), "1.0 MB");
  EXPECT_EQ(human_size(999999999), "1.0 GB");
}

TEST(HumanSize, StaysWithPetabytesAtTheTop) {
  EXPECT_EQ(human_size(1000000000000000), "1.0 PB");
  EXPECT_EQ(human_size(1000000000000000000), "1000.0 PB");
  EXPECT_EQ(human_size(std::numeric_limits<std::uint64_t>::max()), "18446.74 PB");
}

TEST(HumanSize, DividesSizesBeyondTheRangeOfDoubleOnce) {
  // Converting 9125000000000001 to double first gives 9125000000000000, an exact half, and so "9.12 PB".
  EXPECT_EQ(human_size(9125000000000001), "9.13 PB");
  EXPECT_EQ(human_size(9125000000000000), "9.12 PB");
}

TEST(WholeBytes, CutsOffAndStaysInRange) {
  EXPECT_EQ(whole_bytes(1.999), 1U);
  EXPECT_EQ(whole_bytes(0.5), 0U);
  EXPECT_EQ(whole_bytes(-1e300), 0U);
  EXPECT_EQ(whole_bytes(std::nan("")), 0U);
  EXPECT_EQ(whole_bytes(1e300), UINT64_MAX);
  EXPECT_EQ(whole_bytes(std::ldexp(1.0, 63)), std::uint64_t{1} << 63);
}

}  // namespace
}  // namespace attache
