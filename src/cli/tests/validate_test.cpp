#include "manifest_tools_fixture.hpp"

namespace attache {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Validate = ManifestTools;

std::string good() {
  return manifest_v2025("relative", "snapshot", {file_entry("a", 1, '1')}, {}, "", 1);
}

TEST_F(Validate, SaysThatAManifestIsValid) {
  const std::string file = write("m", good());
  EXPECT_EQ(done({"validate", file}).out, file + ": valid\n");
}

TEST_F(Validate, NamesEveryFaultWithItsPlaceRuleAndRemedy) {
  const std::string file =
      write("m",
            "{\"hashAlg\":\"xxh128\",\"manifestVersion\":\"2023-03-03\",\"totalSize\":3,\"paths\":[\n"
            "{\"hash\":\"00\",\"mtime\":1,\"path\":\"a\",\"size\":1},\n"
            "{\"hash\":\"11111111111111111111111111111111\",\"mtime\":1,\"path\":\"b\",\"size\":-1}]}\n");
  const Outcome outcome = attache({"validate", file});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, StartsWith(file + ":2:1: error: paths[0] ('a'): "));
  EXPECT_THAT(outcome.out, HasSubstr(" [hash-form]\n  what to do: "));
  EXPECT_THAT(outcome.out, HasSubstr(file + ":3:1: error: paths[1] ('b'): "));
  EXPECT_THAT(outcome.out, HasSubstr(" [negative-size]\n"));
  EXPECT_THAT(outcome.out, HasSubstr(file + ": not valid: 2 errors, "));
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Validate, AllowsWarningsUnlessItIsStrict) {
  const std::string file = write("m", manifest_v2025("relative", "snapshot", {file_entry("a", 1, '1')}, {}, "", 2));
  Outcome outcome = attache({"validate", file});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr(": warning: totalSize: "));
  EXPECT_THAT(outcome.out, HasSubstr(" [total-size]\n"));
  EXPECT_THAT(outcome.out, HasSubstr(": valid, with 2 warnings\n"));
  outcome = attache({"validate", "--strict", file});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr(": 2 warnings, which --strict does not allow\n"));
}

TEST_F(Validate, RefusesFilesThatWereNeverHashed) {
  input = manifest_v2025("relative", "snapshot", {R"({"mtime":1,"path":"a","size":1})"}, {}, "", 1);
  const Outcome outcome = attache({"validate", "-"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, StartsWith("<stdin>:1:"));
  EXPECT_THAT(outcome.out, HasSubstr("[unhashed]"));
}

TEST_F(Validate, GoesOnWithTheNextManifest) {
  const std::string bad = write("bad", "{");
  const std::string other = write("other", good());
  const Outcome outcome = attache({"validate", bad, other});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.out, HasSubstr(other + ": valid\n1 of 2 manifests failed\n"));
  EXPECT_THAT(done({"validate", other, write("third", good())}).out, HasSubstr("All 2 manifests are valid\n"));
}

TEST_F(Validate, ListsAsManyFaultsAsItIsAskedTo) {
  std::vector<std::string> entries;
  for (int i = 0; i < 1200; ++i)
    entries.push_back(R"({"hash":"no","mtime":1,"path":"f)" + std::to_string(i) + R"(","size":1})");
  const std::string file = write("m", manifest_v2025("relative", "snapshot", entries));
  const auto lines = [&](const std::vector<std::string>& more) {
    std::vector<std::string> args{"validate", file};
    args.insert(args.end(), more.begin(), more.end());
    const std::string out = attache(args).out;
    std::size_t count = 0;
    for (std::size_t at = out.find("[hash-form]"); at != std::string::npos; at = out.find("[hash-form]", at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(lines({}), 1000U);
  EXPECT_EQ(lines({"--limit", "3"}), 3U);
  EXPECT_EQ(lines({"--limit", "0"}), 1200U);
  EXPECT_THAT(attache({"validate", file, "--limit", "3"}).out, HasSubstr(" more not listed (--limit 0 lists all)\n"));
}

TEST_F(Validate, ChecksChunksAgainstTheChunkSize) {
  const std::string file = write("m", manifest_v2025("relative", "snapshot",
                                                     {"{\"chunkhashes\":[\"" + hash_of('1') + "\",\"" + hash_of('2') +
                                                      "\"],\"mtime\":1,\"path\":\"a\",\"size\":1500}"},
                                                     {}, "", 1500));
  EXPECT_THAT(attache({"validate", file}).out, HasSubstr("[chunks]"));
  EXPECT_EQ(attache({"validate", file, "--chunk-size", "none"}).status, 3);
  EXPECT_EQ(attache({"validate", file, "--chunk-size", "1KiB"}).status, 0);
  EXPECT_EQ(attache({"validate", file, "--chunk-size", "1024"}).status, 0);
  EXPECT_THAT(done({"show", "-l", file, "--chunk-size", "1KiB"}).out, StartsWith("--c  1500"));
}

TEST_F(Validate, KnowsWhatAChunkSizeIs) {
  const std::string file = write("m", good());
  for (const char* size : {"0", "x", "1KB", "-1", "1.5MiB", "99999999999999999999", "18014398509481984KiB", " 1"}) {
    const Outcome outcome = attache({"validate", file, std::string("--chunk-size=") + size});
    EXPECT_EQ(outcome.status, 2) << size;
    EXPECT_THAT(outcome.err, HasSubstr("256MiB")) << size;
  }
}

TEST_F(Validate, ReportsWithJson) {
  const std::string file = write("m", "{\"hashAlg\":1,");
  Outcome outcome = attache({"validate", "--json", file});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"valid\":false,\"format\":\"2023-03-03\",\"errors\":1,"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("violations":[{"severity":"error","rule":"syntax","line":1,"column":)"));
  outcome = attache({"validate", "--json", write("g", good())});
  EXPECT_THAT(outcome.out, HasSubstr(R"("violations":[]}],"valid":true})"));
}

TEST_F(Validate, SaysItWithItsStatusAloneIfItIsQuiet) {
  const Outcome outcome = attache({"validate", "--quiet", write("m", "[]")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Validate, NamesAFileThatIsMissing) {
  const Outcome outcome = attache({"validate", path("nowhere")});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, HasSubstr("nowhere"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("not valid")));
}

}  // namespace
}  // namespace attache
