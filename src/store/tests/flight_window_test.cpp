#include "flight_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace attache {
namespace {

using namespace std::chrono_literals;
using Clock = FlightWindow::Clock;

constexpr std::uint64_t kMega = 1'000'000;

Clock::duration time_for(std::uint64_t bytes, std::uint64_t rate) {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(static_cast<double>(bytes) / static_cast<double>(rate)));
}

/// A line that answers after `delay`, and brings `rate` bytes a second, `each` by one connection.
struct Line {
  std::uint64_t rate;
  Clock::duration delay;
  std::uint64_t each;
};

/// The window, in millions of bytes, after a sender has kept it full of bodies of these sizes, in turn, for `span`.
std::uint64_t window_on(const Line& line, const std::vector<std::uint64_t>& bodies, Clock::duration span) {
  struct Request {
    Clock::time_point ends;
    Clock::time_point sent;
    FlightWindow::Flight flight;
  };
  const auto later = [](const Request& a, const Request& b) { return a.ends > b.ends; };
  FlightWindow window(16 * kMega);
  std::vector<Request> under_way;
  Clock::time_point now{1h};
  const Clock::time_point end = now + span;
  Clock::time_point free = now;  // of the line
  std::size_t next = 0;
  while (now < end) {
    while (window.has_room()) {
      const std::uint64_t bytes = bodies[next++ % bodies.size()];
      free = std::max(free, now + line.delay) + time_for(bytes, line.rate);
      const Clock::time_point ends = std::max(free, now + line.delay + time_for(bytes, line.each));
      under_way.push_back({ends, now, window.start(bytes)});
    }
    const auto first = std::max_element(under_way.begin(), under_way.end(), later);
    now = std::max(now, first->ends);
    first->flight.arrived(now - first->sent, now);
    std::vector<Request> rest;
    for (auto each = under_way.begin(); each != under_way.end(); ++each) {
      if (each != first) rest.push_back(std::move(*each));
    }
    under_way = std::move(rest);
  }
  return window.bytes() / kMega;
}

TEST(FlightWindow, StaysSmallBesideTheServer) {
  EXPECT_EQ(window_on({1000 * kMega, 1ms, 1000 * kMega}, {kMega / 4}, 2s), 16U);
  EXPECT_LE(window_on({1000 * kMega, 1ms, 1000 * kMega}, {8 * kMega}, 2s), 48U);
}

TEST(FlightWindow, GrowsToTwiceWhatALongLineHolds) {
  // 1.25 GB/s, 100 ms away: the line holds 125 MB.
  const std::uint64_t window = window_on({1250 * kMega, 100ms, 1250 * kMega}, {kMega}, 5s);
  EXPECT_GE(window, 230U);
  EXPECT_LE(window, 280U);
}

TEST(FlightWindow, IsThereAfterAFewRoundTrips) {
  EXPECT_GE(window_on({1250 * kMega, 100ms, 1250 * kMega}, {kMega}, 900ms), 125U);
}

TEST(FlightWindow, SeesThatLargeBodiesAreLongOnTheirWay) {
  // By one connection 8 MB take 80 ms longer than a round trip, and 1.25 GB/s take 13 of them.
  const std::uint64_t window = window_on({1250 * kMega, 20ms, 100 * kMega}, {4'000, 8 * kMega, 50'000}, 5s);
  EXPECT_GE(window, 125U);
  EXPECT_LE(window, 280U);
}

TEST(FlightWindow, ShrinksWhenTheLineGivesLess) {
  FlightWindow window(8 * kMega);
  Clock::time_point now{1h};
  for (int i = 0; i < 100; ++i) window.start(100 * kMega).arrived(100ms, now += 100ms);
  EXPECT_EQ(window.bytes(), 200 * kMega);
  for (int i = 0; i < 4; ++i) window.start(10 * kMega).arrived(100ms, now += 100ms);
  EXPECT_EQ(window.bytes(), 20 * kMega);
}

TEST(FlightWindow, LearnsNothingFromWhatDidNotArrive) {
  FlightWindow window(8 * kMega);
  {
    std::optional<FlightWindow::Flight> flight(window.start(9 * kMega));
    EXPECT_FALSE(window.has_room());
    const FlightWindow::Flight moved = *std::move(flight);
    flight.reset();
    EXPECT_FALSE(window.has_room());
  }
  EXPECT_TRUE(window.has_room());
  EXPECT_EQ(window.bytes(), 8 * kMega);
}

}  // namespace
}  // namespace attache
