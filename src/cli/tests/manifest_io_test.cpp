#include "manifest_input.hpp"
#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// How all the manifest commands read and write.
class ManifestIo : public ManifestTools {
 protected:
  const std::string document_ = manifest_v2023({file_entry("a", 1, '1')}, 1);
  std::string good() { return write("good", document_); }
  /// A world of which only standard input is used.
  CliEnvironment reading(std::function<Result<std::size_t>(std::span<std::byte>)> read_input) {
    return {.out = nowhere_,
            .err = nowhere_,
            .variable = {},
            .local_time = {},
            .current_directory = {},
            .open_store = {},
            .stop = {},
            .read_input = std::move(read_input)};
  }

  std::ostringstream nowhere_;
};

TEST_F(ManifestIo, ReadsStandardInput) {
  input = document_;
  EXPECT_EQ(done({"convert", "-"}).out, document_);
  EXPECT_THAT(done({"diff", good(), "-", "--list"}).out, HasSubstr("Difference: none"));
}

TEST_F(ManifestIo, ReadsStandardInputOnceOnly) {
  input = document_;
  for (const char* command : {"show", "validate", "diff", "compose", "merge"}) {
    const Outcome outcome = attache({command, "-", "-"});
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("more than once")) << command;
  }
}

TEST_F(ManifestIo, NamesStandardInputInErrors) {
  input = "{";
  const Outcome outcome = attache({"show", "-"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("error: standard input is not a usable manifest: "));
}

TEST_F(ManifestIo, StopsReadingStandardInputAtALimit) {
  std::size_t given = 0;
  const CliEnvironment environment = reading([&](std::span<std::byte> buffer) -> Result<std::size_t> {
    given += buffer.size();
    return buffer.size();  // without end
  });
  const auto document = read_document("-", environment, 1000);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(document.error().message(), HasSubstr("1000 bytes"));
  EXPECT_EQ(given, 1001U);
}

TEST_F(ManifestIo, ReadsStandardInputUpToTheLimit) {
  std::size_t left = 1000;
  const CliEnvironment environment = reading([&](std::span<std::byte> buffer) -> Result<std::size_t> {
    const std::size_t count = std::min(buffer.size(), left);
    std::memset(buffer.data(), 'x', count);
    left -= count;
    return count;
  });
  const auto document = read_document("-", environment, 1000);
  ASSERT_TRUE(document);
  EXPECT_EQ(*document, std::string(1000, 'x'));
}

TEST_F(ManifestIo, NamesWhatCannotBeRead) {
  Outcome outcome = attache({"show", path("nowhere")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("nowhere"), HasSubstr("what to do: ")));
  outcome = attache({"show", path("")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("it is a directory"));
}

TEST_F(ManifestIo, PointsFromAMalformedManifestToValidate) {
  const Outcome outcome = attache({"show", write("bad", "{\"hashAlg\":"), "--json"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("bad' is not a usable manifest"), HasSubstr("attache manifest validate")));
  EXPECT_THAT(outcome.out, HasSubstr(R"("error":{"code":"invalid-manifest")"));
}

TEST_F(ManifestIo, ReplacesAFileOnlyByForce) {
  const std::string taken = write("taken", "precious");
  Outcome outcome = attache({"convert", good(), "-o", taken});
  EXPECT_EQ(outcome.status, 8);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("taken' exists already"), HasSubstr("--force")));
  EXPECT_EQ(read("taken"), "precious");
  done({"convert", good(), "-o", taken, "--force"});
  EXPECT_EQ(read("taken"), document_);
  done({"convert", taken, "-o", taken, "-f"});  // reading comes first
  EXPECT_EQ(read("taken"), document_);
}

TEST_F(ManifestIo, SaysThatTheOutputIsImpossibleBeforeItReads) {
  Outcome outcome = attache({"convert", path("nowhere"), "-o", path("missing/out")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("missing/out"));
  outcome = attache({"convert", path("nowhere"), "-o", path(""), "--force"});
  EXPECT_EQ(outcome.status, 2);
  outcome = attache({"convert", path("nowhere"), "-o", "/tmp"});
  EXPECT_EQ(outcome.status, 8);
  EXPECT_THAT(outcome.err, HasSubstr("it is a directory"));
}

TEST_F(ManifestIo, WritesToDevicesWithoutTakingThemAway) {
  done({"convert", good(), "-o", "/dev/null"});
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(attache({"convert", good(), "-o", "/dev/full"}).status, 8);
}

TEST_F(ManifestIo, LeavesNothingBehindWhenItFails) {
  const std::string bad = write("bad", "{");
  attache({"convert", bad, "-o", path("out")});
  stop.request_stop();
  EXPECT_EQ(attache({"convert", good(), "-o", path("out")}).status, 130);
  EXPECT_THAT(names(), ElementsAre("bad", "good"));
}

TEST_F(ManifestIo, NeedsAFileForTheManifestWithJson) {
  const std::string file = good();
  for (const std::vector<std::string>& args : {std::vector<std::string>{"convert", file},
                                               {"diff", file, file},
                                               {"compose", file},
                                               {"merge", file},
                                               {"filter", file, "-i", "*"},
                                               {"subtree", file, "a"},
                                               {"join", file, "a"},
                                               {"convert", file, "-o", "-"}}) {
    std::vector<std::string> with_json = args;
    with_json.emplace_back("--json");
    const Outcome outcome = attache(with_json);
    EXPECT_EQ(outcome.status, 2) << args[0];
    EXPECT_THAT(outcome.err, HasSubstr("--output")) << args[0];
    EXPECT_THAT(outcome.out, HasSubstr(R"("error":{"code":"invalid-argument")")) << args[0];
  }
}

TEST_F(ManifestIo, WritesExactlyTheManifestToStandardOutputButALineBreakForATerminal) {
  EXPECT_EQ(done({"convert", good()}).out, document_);
  EXPECT_EQ(done({"convert", good(), "--quiet"}).err, "");
  out_is_terminal = true;
  EXPECT_EQ(done({"convert", good()}).out, document_ + "\n");
  EXPECT_EQ(done({"convert", good(), "-o", path("out")}).status, 0);
  EXPECT_EQ(read("out"), document_);
}

TEST_F(ManifestIo, NoticesThatStandardOutputIsBroken) {
  broken_output = true;
  for (const std::vector<std::string>& args : {std::vector<std::string>{"convert", good()}, {"show", good()}}) {
    const Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 8);
    EXPECT_THAT(outcome.err, HasSubstr("standard output"));
  }
}

TEST_F(ManifestIo, SuggestsTheFlagThatWasMeant) {
  const Outcome outcome = attache({"filter", good(), "--inclde", "*"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("'--include'"), HasSubstr("attache manifest filter --help")));
  EXPECT_THAT(attache({"validat", good()}).err, HasSubstr("'validate'"));
  for (const char* command : {"show", "validate", "convert", "diff", "compose", "merge", "filter", "subtree", "join"}) {
    EXPECT_EQ(attache({command}).status, 2) << command;
  }
}

TEST_F(ManifestIo, HasHelpWithAnExampleForEveryCommand) {
  for (const std::string command :
       {"show", "validate", "convert", "diff", "compose", "merge", "filter", "subtree", "partition", "join"}) {
    const Outcome outcome = done({command, "--help"});
    EXPECT_THAT(outcome.out, HasSubstr("Example:\n  attache manifest " + command + " "));
  }
}

TEST_F(ManifestIo, ShowsPathsThatWouldForgeOutputAsEscapes) {
  const std::string file = write("m", manifest_v2023({file_entry(R"(a\nb\u202e)", 1, '1')}, 1));
  for (const std::vector<std::string>& args : {std::vector<std::string>{"show", file},
                                               {"show", "-l", file},
                                               {"show", "-t", file},
                                               {"diff", good(), file, "-l"}}) {
    EXPECT_THAT(done(args).out, HasSubstr("a\\nb\\u202e")) << args[0];
  }
}

}  // namespace
}  // namespace attache
