#include <attache/aws/run_process.hpp>

#include <gmock/gmock.h>

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

namespace attache {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

ProcessCommand shell(const std::string& script) {
  ProcessCommand command;
  command.arguments = {"/bin/sh", "-c", script};
  return command;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

bool has_children() {
  return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD;
}

class RunProcess : public ::testing::Test {
 protected:
  const std::size_t descriptors_ = open_descriptors();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();

  void TearDown() override {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_FALSE(has_children());
  }
  milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start_);
  }
};

TEST_F(RunProcess, GivesOutputAndStatus) {
  const auto result = run_process(shell("printf hello; exit 3"), {});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->output, "hello");
  EXPECT_EQ(result->exit_status, 3);
  EXPECT_EQ(run_process(shell("kill -9 $$"), {})->exit_status, 128 + SIGKILL);
}

TEST_F(RunProcess, LooksTheProgramUpInPath) {
  ProcessCommand command;
  command.arguments = {"printf", "%s-%s", "a b", "$HOME"};
  EXPECT_EQ(run_process(command, {})->output, "a b-$HOME");
}

TEST_F(RunProcess, GivesTheProgramNoInputAndDropsWhatItSaysToStandardError) {
  const auto result = run_process(shell("cat; echo secret >&2; printf end"), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "end");
}

TEST_F(RunProcess, DoesNotPassOnSignalsThatThisProcessIgnores) {
  for (const auto& [number, name] : {std::pair(SIGPIPE, "PIPE"), std::pair(SIGXFSZ, "XFSZ")}) {
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(number, &ignore, &before);
    const auto result = run_process(shell(std::string("ulimit -c 0; kill -") + name + " $$; printf survived"), {});
    ::sigaction(number, &before, nullptr);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit_status, 128 + number);
  }
}

TEST_F(RunProcess, NamesAProgramThatCannotBeStartedButNotItsArguments) {
  ProcessCommand command;
  command.arguments = {"/nowhere/tool", "hunter2"};
  auto result = run_process(command, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(result.error().message(), HasSubstr("'/nowhere/tool'"));
  EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos);
  command.arguments = {"/"};
  EXPECT_EQ(run_process(command, {}).error().code(), ErrorCode::kPermissionDenied);
  command.arguments = {"no-such-program-in-path"};
  EXPECT_EQ(run_process(command, {}).error().code(), ErrorCode::kNotFound);
  command.arguments.clear();
  EXPECT_EQ(run_process(command, {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(RunProcess, EndsAProgramThatTakesTooLong) {
  ProcessCommand command = shell("sleep 30");
  command.timeout = milliseconds(60);
  const auto result = run_process(command, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kIo);
  EXPECT_THAT(result.error().message(), HasSubstr("did not end within 60 ms"));
  EXPECT_LT(elapsed(), milliseconds(5000));
}

TEST_F(RunProcess, EndsAProgramThatClosesItsOutputAndStays) {
  ProcessCommand command = shell("exec >/dev/null; sleep 30");
  command.timeout = milliseconds(60);
  EXPECT_EQ(run_process(command, {}).error().code(), ErrorCode::kIo);
  EXPECT_LT(elapsed(), milliseconds(5000));
}

TEST_F(RunProcess, EndsTheChildrenOfTheProgramToo) {
  // Everyone who descends from the program holds this pipe open: its end is the end of the last of them.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ProcessCommand command = shell("sleep 30 & sleep 30");
  command.timeout = milliseconds(60);
  EXPECT_FALSE(run_process(command, {}));
  ::close(ends[1]);
  pollfd reader{ends[0], POLLIN, 0};
  EXPECT_EQ(::poll(&reader, 1, 5000), 1);
  ::close(ends[0]);
}

TEST_F(RunProcess, EndsAProgramThatWritesTooMuch) {
  ProcessCommand command = shell("yes hunter2");
  const auto result = run_process(command, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kIo);
  EXPECT_THAT(result.error().message(), HasSubstr("wrote more than 65536 bytes"));
  EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos);
}

TEST_F(RunProcess, TakesAsMuchAsItMay) {
  ProcessCommand command = shell("head -c 65536 /dev/zero");
  const auto result = run_process(command, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output.size(), 65536U);
}

TEST_F(RunProcess, EndsWhenToldTo) {
  for (const char* script : {"sleep 30", "exec >/dev/null; sleep 30"}) {
    std::stop_source stop;
    std::chrono::steady_clock::time_point told;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(milliseconds(30));
      told = std::chrono::steady_clock::now();
      stop.request_stop();
    });
    EXPECT_EQ(run_process(shell(script), stop.get_token()).error().code(), ErrorCode::kCancelled);
    stopper.join();
    EXPECT_LT(std::chrono::steady_clock::now() - told, milliseconds(5000)) << "not after half a minute";
    EXPECT_EQ(run_process(shell(script), stop.get_token()).error().code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace attache
