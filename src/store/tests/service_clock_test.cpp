#include "service_clock.hpp"

#include <gtest/gtest.h>

namespace attache {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::system_clock::time_point;

// Wed, 22 May 2024 22:17:03 GMT
constexpr auto kThen = 1'716'416'223s;

TEST(ServiceClock, NoticesMoreThanFourMinutes) {
  struct Case {
    std::chrono::seconds ours;
    bool differs;
  };
  for (const Case& c : {Case{0s, false}, Case{240s, false}, Case{-240s, false}, Case{241s, true}, Case{-241s, true},
                        Case{24h * 365 * 30, true}, Case{-24h * 365 * 30, true}}) {
    const ServiceClock clock([&] { return Time(kThen + c.ours); });
    EXPECT_EQ(clock.differs("Wed, 22 May 2024 22:17:03 GMT"), c.differs) << c.ours.count();
    EXPECT_FALSE(clock.differs(""));
    EXPECT_FALSE(clock.differs("yesterday"));
  }
}

TEST(ServiceClock, GoesOnFromTheServicesTime) {
  Time ours(kThen - 3600s);
  ServiceClock clock([&] { return ours; });
  EXPECT_EQ(clock.now(), ours);
  clock.correct("Wed, 22 May 2024 22:17:03 GMT");
  EXPECT_EQ(clock.now(), Time(kThen));
  ours += 10s;
  EXPECT_EQ(clock.now(), Time(kThen + 10s));
  EXPECT_FALSE(clock.differs("Wed, 22 May 2024 22:17:13 GMT"));
  clock.correct("not a date");
  EXPECT_EQ(clock.now(), Time(kThen + 10s));
  clock.correct("Wed, 22 May 2024 22:00:00 GMT");
  EXPECT_EQ(clock.now(), Time(kThen - 1023s)) << "a later correction takes the earlier one's place";
}

TEST(ServiceClock, TakesACorrectionBackUnlessThereIsALaterOne) {
  ServiceClock clock([] { return Time(kThen); });
  const auto first = clock.correct("Wed, 22 May 2024 22:00:00 GMT");
  const auto nothing = clock.correct("not a date");
  clock.undo(nothing);
  EXPECT_EQ(clock.now(), Time(kThen - 1023s));
  const auto second = clock.correct("Wed, 22 May 2024 22:01:00 GMT");
  clock.undo(first);
  EXPECT_EQ(clock.now(), Time(kThen - 963s));
  clock.undo(second);
  EXPECT_EQ(clock.now(), Time(kThen - 1023s));
}

}  // namespace
}  // namespace attache
