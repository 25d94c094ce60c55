#include <attache/hash/xxh3.hpp>

#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace attache {
namespace {

using testing::HasSubstr;
using testing::Not;

class HashCommandTest : public ProgramTest {
 protected:
  Outcome attache(std::vector<std::string> args, const std::string& standard_input = "") {
    input = standard_input;
    return run_program("hash", std::move(args));
  }

  static std::string line(const std::string& content, const std::string& name) {
    return xxh128(content).to_hex() + "  " + name + "\n";
  }
};

TEST_F(HashCommandTest, PrintsALineForEachFileInTheirOrder) {
  const std::string a = write("a", "one");
  const std::string b = write("b", std::string(3'000'000, 'x'));
  const Outcome outcome = attache({b, a, "-", a}, "two");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, line(std::string(3'000'000, 'x'), b) + line("one", a) + line("two", "-") + line("one", a));
  EXPECT_EQ(attache({"-"}, "two").out, line("two", "-"));
}

TEST_F(HashCommandTest, GoesOnAfterAFileThatIsNotThere) {
  const std::string a = write("a", "one");
  const Outcome outcome = attache({path("none"), a});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.out, line("one", a));
  EXPECT_THAT(outcome.err, HasSubstr("/none'"));
}

TEST_F(HashCommandTest, ChecksAListAndSaysWhatDiffers) {
  const std::string a = write("a", "one");
  const std::string b = write("b", "two");
  const std::string list = write("list", line("one", a) + line("two", b));
  Outcome outcome = attache({"--check", list});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, a + ": OK\n" + b + ": OK\n");
  write("b", "new");
  outcome = attache({"--check", "--quiet", list});
  EXPECT_EQ(outcome.status, 6);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("1 file does not have the listed hash: " + b));
  outcome = attache({"-c", "--json", list});
  EXPECT_EQ(outcome.status, 6);
  EXPECT_THAT(outcome.out, HasSubstr("\"ok\":1"));
  EXPECT_THAT(outcome.out, HasSubstr("\"status\":\"different\""));
  EXPECT_THAT(outcome.out, HasSubstr(xxh128(std::string_view("new")).to_hex()));
}

TEST_F(HashCommandTest, FailsForListedFilesThatAreGoneUnlessTheyMayBe) {
  const std::string a = write("a", "one");
  const std::string list = write("list", line("one", a) + line("two", path("gone")));
  Outcome outcome = attache({"--check", list});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.out, HasSubstr("/gone: FAILED to read\n"));
  outcome = attache({"--check", "--ignore-missing", list});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, Not(HasSubstr("gone")));
  EXPECT_EQ(attache({"--check", "--ignore-missing", write("other", line("two", path("gone")))}).status, 4);
}

TEST_F(HashCommandTest, WarnsOfMalformedLinesAndFailsForThemIfItIsStrict) {
  const std::string a = write("a", "one");
  const std::string list = write("list", "what\n" + line("one", a));
  Outcome outcome = attache({"--check", list});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("1 malformed line, the first of them line 1"));
  EXPECT_EQ(attache({"--check", "--strict", list}).status, 3);
  outcome = attache({"--check", write("none", "what\n")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("has no line with a hash and a file"));
}

TEST_F(HashCommandTest, RefusesFlagsThatMeanNothing) {
  EXPECT_EQ(attache({"--strict", write("a", "")}).status, 2);
  EXPECT_EQ(attache({"-", "-"}).status, 2);
  EXPECT_EQ(attache({}).status, 2);
}

}  // namespace
}  // namespace attache
