#include "console.hpp"

#include <attache/fsio/testing/temporary_directory.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace attache {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;

class ConsoleTest : public testing::Test {
 protected:
  CliEnvironment environment(bool terminal) {
    return {.out = out,
            .err = err,
            .variable = [](const std::string&) { return std::nullopt; },
            .local_time = [] { return LocalTime{2024, 2, 3, 4, 5, 6}; },
            .current_directory = "/",
            .err_is_terminal = terminal,
            .open_store = {},
            .stop = {},
            .terminal_width = [this] { return width; },
            .steady_time = [this] { return std::chrono::steady_clock::time_point(1h + elapsed.load()); },
            .progress_tick = tick};
  }

  /// What stands on the terminal: text behind a carriage return replaces what was before it in its line.
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines{""};
    std::size_t column = 0;
    for (const char c : text) {
      if (c == '\n') {
        lines.emplace_back();
        column = 0;
      } else if (c == '\r') {
        column = 0;
      } else {
        std::string& line = lines.back();
        if (line.size() <= column) line.resize(column + 1, ' ');
        line[column++] = c;
      }
    }
    for (std::string& line : lines) line.resize(line.find_last_not_of(' ') + 1);
    return lines;
  }

  std::vector<std::string> terminal() const { return lines_of(err.str()); }

  std::ostringstream out;
  std::ostringstream err;
  std::size_t width = 60;
  std::atomic<std::chrono::nanoseconds> elapsed{0ns};
  std::chrono::milliseconds tick{0};
  static constexpr Progress kHalf{
      .files_done = 1, .files_total = 2, .bytes_done = 500, .bytes_total = 1000, .files_skipped = 0};
};

TEST_F(ConsoleTest, DrawsProgressInOneLineAndClearsItAtTheEnd) {
  const CliEnvironment world = environment(true);
  Console console(world, {});
  {
    const ProgressCallback progress = console.progress("Uploading");
    elapsed = 1s;
    progress(kHalf);
    EXPECT_EQ(terminal(), std::vector<std::string>{"Uploading  50%  1/2 files  500 B/1.0 KB  500 B/s  0:01 left"});
    width = 20;  // the window was made smaller
    elapsed = 2s;
    progress(kHalf);
    EXPECT_EQ(terminal(), std::vector<std::string>{"Uploading  50%"});
  }
  EXPECT_EQ(terminal(), std::vector<std::string>{""});
  console.print("done");
  EXPECT_EQ(out.str(), "done\n");
}

TEST_F(ConsoleTest, NeverMixesProgressWithOtherLines) {
  const CliEnvironment world = environment(true);
  Console console(world, {.verbose = true});
  const ProgressCallback progress = console.progress("Uploading");
  width = 20;
  elapsed = 1s;
  progress(kHalf);
  console.warn("first");
  console.detail("second");
  EXPECT_EQ(terminal(), (std::vector<std::string>{"attache: warning: first", "second", "Uploading  50%"}));
}

TEST_F(ConsoleTest, SaysProgressInAFewLinesElsewhere) {
  const CliEnvironment world = environment(false);
  Console console(world, {});
  const ProgressCallback progress = console.progress("Uploading");
  for (int tenth = 0; tenth < 100; ++tenth) {
    elapsed = tenth * 100ms;
    progress(kHalf);
  }
  EXPECT_EQ(err.str(), "");
  elapsed = 10s;
  progress(kHalf);
  elapsed = 20s;
  progress(kHalf);
  const std::string said = err.str();
  EXPECT_THAT(said, HasSubstr("Uploading: 50%, 1 of 2 files, 500 B of 1.0 KB"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

TEST_F(ConsoleTest, IsQuietIfAsked) {
  const CliEnvironment world = environment(true);
  Console console(world, {.quiet = true});
  EXPECT_FALSE(console.progress("Uploading")) << "nothing to be called";
}

TEST_F(ConsoleTest, LogsProgressNowAndThenAlsoIfQuiet) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/log";
  const CliEnvironment world = environment(true);
  Console console(world, {.quiet = true, .log_file = file});
  ASSERT_TRUE(console.open());
  const ProgressCallback progress = console.progress("Uploading");
  elapsed = 11s;
  progress(kHalf);
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_THAT(text, HasSubstr("2024-02-03T04:05:06 info Uploading: 50%"));
  EXPECT_EQ(err.str(), "");
}

TEST_F(ConsoleTest, SaysOnceThatItCannotLogAnyMore) {
  const CliEnvironment world = environment(false);
  Console console(world, {.log_file = "/dev/full"});
  ASSERT_TRUE(console.open());
  console.print("first");
  console.warn("second");
  EXPECT_EQ(err.str(),
            "attache: warning: the log file '/dev/full' cannot be written to any more: what follows is not in it\n"
            "attache: warning: second\n");
}

TEST_F(ConsoleTest, KeepsStandardOutputForOneDocument) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json = true});
  {
    const ProgressCallback progress = console.progress("Uploading");
    elapsed = 10s;
    progress(kHalf);
  }
  console.print("for people");
  JsonWriter document;
  document.begin_object().member("files", std::uint64_t{2}).end_object();
  console.print(document);
  EXPECT_EQ(out.str(), "{\"files\":2}\n");
}

TEST_F(ConsoleTest, WritesEventsAsTheIncumbentDoes) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json_events = true});
  EXPECT_TRUE(console.wants_json());
  {
    const ProgressCallback progress = console.progress("Uploading");
    progress(kHalf);
    elapsed = 500ms;
    progress(kHalf);  // too soon
    elapsed = 1s;
    progress({.files_done = 2, .files_total = 2, .bytes_done = 1000, .bytes_total = 1000});
    elapsed = 1100ms;
    progress({.files_done = 2, .files_total = 2, .bytes_done = 1000, .bytes_total = 1000});
  }
  console.warn("odd");
  console.print("Uploaded");
  console.print("2 files");
  JsonWriter document;
  document.begin_object().member("files", std::uint64_t{2}).end_object();
  console.print(document);
  std::istringstream lines(out.str());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(
      line,
      "{\"messageType\":\"progress\",\"value\":\"50\",\"action\":\"Uploading\",\"filesDone\":1,\"filesSkipped\":0,"
      "\"filesTotal\":2,\"bytesDone\":500,\"bytesSkipped\":0,\"bytesTotal\":1000,\"bytesPerSecond\":0,"
      "\"stalled\":false}");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_THAT(line, HasSubstr("\"value\":\"100\""));
  EXPECT_THAT(line, HasSubstr("\"secondsLeft\":0"));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_THAT(line, HasSubstr("\"value\":\"100\"")) << "the last numbers";
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, "{\"messageType\":\"warning\",\"value\":\"odd\"}");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line, "{\"messageType\":\"summary\",\"value\":\"Uploaded\\n2 files\",\"result\":{\"files\":2}}");
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(ConsoleTest, WritesNoEventAfterTheResult) {
  tick = 1ms;
  const CliEnvironment world = environment(false);
  Console console(world, {.json_events = true});
  const ProgressCallback progress = console.progress("Uploading");
  progress({.files_done = 1, .files_total = 2});
  progress({.files_done = 2, .files_total = 2});  // not a second later: it waits
  JsonWriter result;
  result.begin_object().member("files", std::uint64_t{2}).end_object();
  console.print(result);
  const std::string written = out.str();
  EXPECT_THAT(written, HasSubstr("\"filesDone\":2")) << "the last numbers come before";
  EXPECT_THAT(written, EndsWith("\"result\":{\"files\":2}}\n"));
  elapsed = 10s;
  progress({.files_done = 2, .files_total = 2});
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(out.str(), written);
}

TEST_F(ConsoleTest, WritesAnErrorAsAnEvent) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json_events = true});
  console.error(Error(ErrorCode::kNotFound, "no such bucket", "make it"));
  EXPECT_EQ(out.str(),
            "{\"messageType\":\"error\",\"value\":\"no such bucket\",\"code\":\"not-found\",\"remedy\":\"make it\"}\n");
  EXPECT_EQ(err.str(), "attache: error: no such bucket\n  what to do: make it\n");
}

TEST_F(ConsoleTest, WarnsOnceWhenNothingMoves) {
  const CliEnvironment world = environment(false);
  Console console(world, {});
  const ProgressCallback progress = console.progress("Uploading");
  for (int second = 1; second < 200; ++second) {
    elapsed = std::chrono::seconds(second);
    progress(kHalf);
  }
  const std::string said = err.str();
  EXPECT_THAT(said, HasSubstr("attache: warning: Uploading: no file and no block of one was finished for 60 s"));
  EXPECT_EQ(said.find("was finished for"), said.rfind("was finished for"));
}

TEST_F(ConsoleTest, LooksByItselfWhileNothingIsReported) {
  tick = 1ms;
  width = 20;
  const CliEnvironment world = environment(true);
  Console console(world, {.json_events = true});
  {
    const ProgressCallback progress = console.progress("Uploading");
    progress(kHalf);
    for (int second = 1; second < 100; ++second) {
      elapsed = std::chrono::seconds(second);
      std::this_thread::sleep_for(3ms);
    }
  }
  EXPECT_THAT(out.str(), HasSubstr("\"stalled\":true"));
  EXPECT_THAT(err.str(), HasSubstr("was finished for"));
}

TEST_F(ConsoleTest, ShowsTheNewestOfTwo) {
  const CliEnvironment world = environment(true);
  width = 20;
  Console console(world, {});
  const ProgressCallback first = console.progress("Hashing");
  {
    const ProgressCallback second = console.progress("Uploading");
    first(kHalf);
    EXPECT_EQ(terminal(), std::vector<std::string>{""});
    second(kHalf);
    EXPECT_EQ(terminal(), std::vector<std::string>{"Uploading  50%"});
  }
  first(kHalf);
  EXPECT_EQ(terminal(), std::vector<std::string>{""});
}

TEST_F(ConsoleTest, PrintsADocumentInParts) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json = true});
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{1}).key("b").begin_array().value("x");
  ASSERT_TRUE(console.print_part(json));
  EXPECT_EQ(out.str(), R"({"a":1,"b":["x")");
  EXPECT_EQ(json.text(), "") << "it is held no more";
  json.value("y");
  ASSERT_TRUE(console.print_part(json));
  json.end_array().end_object();
  console.print(json);
  EXPECT_EQ(out.str(), R"({"a":1,"b":["x","y"]})"
                       "\n");
}

TEST_F(ConsoleTest, EndsADocumentOfWhichAPartIsPrintedWithTheError) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json = true});
  {
    JsonWriter json;
    json.begin_object().member("a", std::uint64_t{1}).key("b").begin_array().begin_object().end_object();
    ASSERT_TRUE(console.print_part(json));
  }
  console.error(Error(ErrorCode::kNetwork, "gone", "try again"));
  EXPECT_EQ(out.str(), R"({"a":1,"b":[{}],"error":{"code":"network","message":"gone","remedy":"try again"}})"
                       "\n");
}

TEST_F(ConsoleTest, SaysThatNobodyTakesWhatItPrints) {
  const CliEnvironment world = environment(false);
  Console console(world, {.json = true});
  out.setstate(std::ios::badbit);
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{1});
  EXPECT_EQ(console.print_part(json).error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace attache
