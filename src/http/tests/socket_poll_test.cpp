#include "socket_poll.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace attache {
namespace {

using namespace std::chrono_literals;

class SocketPollTest : public ::testing::Test {
 protected:
  SocketPollTest() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~SocketPollTest() override {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }

  SocketPoll poll_;
  std::array<int, 2> ends_{-1, -1};
};

TEST_F(SocketPollTest, TellsWhatASocketIsReadyForAndNothingElse) {
  ASSERT_TRUE(poll_.is_open());
  poll_.watch(ends_[0], SocketPoll::kRead);
  EXPECT_TRUE(poll_.wait(0ms).empty());
  ASSERT_EQ(write(ends_[1], "x", 1), 1);
  for (int i = 0; i < 2; ++i) {  // until it is read
    const auto ready = poll_.wait(1s);
    ASSERT_EQ(ready.size(), 1U);
    EXPECT_EQ(ready[0].socket, ends_[0]);
    EXPECT_EQ(ready[0].events, SocketPoll::kRead);
  }
  poll_.watch(ends_[0], SocketPoll::kRead | SocketPoll::kWrite);
  EXPECT_EQ(poll_.wait(1s).front().events, SocketPoll::kRead | SocketPoll::kWrite);
  poll_.watch(ends_[0], 0);
  EXPECT_TRUE(poll_.wait(0ms).empty());
  poll_.watch(ends_[0], 0);  // once more does nothing
  poll_.watch(ends_[0], SocketPoll::kWrite);
  EXPECT_EQ(poll_.wait(1s).front().events, SocketPoll::kWrite);
}

TEST_F(SocketPollTest, IsReadyForEverythingWhenTheOtherEndIsClosed) {
  poll_.watch(ends_[0], SocketPoll::kRead);
  close(std::exchange(ends_[1], -1));
  const auto ready = poll_.wait(1s);
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_NE(ready[0].events & SocketPoll::kRead, 0U);
}

TEST_F(SocketPollTest, WakesOnceForAWakeBeforeOrDuringTheWait) {
  poll_.wake();
  poll_.wake();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(poll_.wait(10s).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_TRUE(poll_.wait(0ms).empty());
  std::jthread waker([this] { poll_.wake(); });
  EXPECT_TRUE(poll_.wait(10s).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

}  // namespace
}  // namespace attache
