#include <attache/hash/xxh3.hpp>
#include <attache/paths/names.hpp>

#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

constexpr LocalTime kTime{.year = 2024, .month = 2, .day = 3, .hour = 4, .minute = 5, .second = 6};
const std::string kNotUtf8 = "/mnt/\xED\xB3\xBF";

std::string name_of(std::string_view root, const std::optional<std::string>& name = {}, unsigned attempt = 1) {
  const auto result = snapshot_file_name(root, name, kTime, attempt);
  return result ? *result : "error: " + result.error().message();
}

TEST(SnapshotFileName, IsMadeOfTheRootItsHashAndTheTime) {
  EXPECT_EQ(name_of("/home/user"), "home_user-3ef51512b6cf6c638e49155d9ed21782-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("C:\\Users\\me"), "C__Users_me-a9e7b1fbad5091f3d3a40022bdaadb65-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/"), "-d6f5222ffc6d3eaf474292953285562e-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/mnt//double"), "mnt__double-93a04ee213db17ade5fab4b365a71aba-2024-02-03T04-05-06.manifest");
}

TEST(SnapshotFileName, AGivenNameLosesOneLeadingUnderscore) {
  EXPECT_EQ(name_of("/a", "shot"), "shot-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/a", "_x"), "x-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/a", "__x"), "_x-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/a", "a:b\\c"), "a:b\\c-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06.manifest");
  EXPECT_EQ(name_of("/a", ""), name_of("/a")) << "an empty name is none";
}

TEST(SnapshotFileName, LaterAttemptsInOneSecondAreNumbered) {
  EXPECT_EQ(name_of("/a", "x", 2), "x-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06-2.manifest");
  EXPECT_EQ(name_of("/a", "x", 13), "x-1bca2a8cd650a9f0e292ab48a6b06805-2024-02-03T04-05-06-13.manifest");
}

TEST(SnapshotFileName, RefusesWhatCannotBeAFileName) {
  EXPECT_EQ(name_of(""), "error: the root is empty");
  EXPECT_EQ(name_of(std::string("/a\0b", 4)), "error: root '/a\\x00b' holds a NUL");
  EXPECT_EQ(name_of("/a", "b/c"), "error: name 'b/c' cannot be part of a file name");
  EXPECT_EQ(name_of("/a", "/etc/x"), "error: name '/etc/x' cannot be part of a file name");
  EXPECT_EQ(name_of("/a", std::string("b\0c", 3)), "error: name 'b\\x00c' cannot be part of a file name");
  EXPECT_EQ(name_of("/a", "b\xFF"), "error: name 'b\\xff' cannot be part of a file name");
}

TEST(SnapshotFileName, RefusesNamesThatFileSystemsRefuse) {
  const std::size_t longest =
      kMaxFileNameBytes - std::string("-").size() - 32 - std::string("-2024-02-03T04-05-06.manifest").size();
  EXPECT_EQ(name_of("/a", std::string(longest, 'x')).size(), kMaxFileNameBytes);
  const auto too_long = snapshot_file_name("/a", std::string(longest + 1, 'x'), kTime);
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(too_long.error().message().find("256 bytes"), std::string::npos) << too_long.error().message();
  EXPECT_NE(too_long.error().remedy().find("--name"), std::string::npos);
}

TEST(SnapshotFileName, IsRecognisedForItsOwnRootOnly) {
  const Digest hash = xxh128("/a");
  for (const char* name : {"x", "", "with-hyphen", "_"}) {
    for (const unsigned attempt : {1U, 2U, 10U, 123U}) {
      EXPECT_TRUE(is_snapshot_file_name_of(name_of("/a", name, attempt), hash)) << name << attempt;
      EXPECT_FALSE(is_snapshot_file_name_of(name_of("/b", name, attempt), hash)) << name << attempt;
    }
  }
  EXPECT_TRUE(is_snapshot_file_name_of(name_of("/"), xxh128("/")));
}

TEST(SnapshotFileName, OtherNamesAreNotTakenForIt) {
  const Digest hash = xxh128("/a");
  const std::string good = "x-" + hash.to_hex() + "-2024-02-03T04-05-06";
  ASSERT_TRUE(is_snapshot_file_name_of(good + ".manifest", hash));
  for (const std::string& name :
       {std::string(), std::string(".manifest"), good, good + ".manifest.bak", good + "-.manifest",
        good + "-1.manifest", good + "-02.manifest", good + "-2x.manifest", good + " (2).manifest",
        good + "-2-3.manifest", good.substr(0, good.size() - 1) + ".manifest", good + "0.manifest",
        hash.to_hex() + "-2024-02-03T04-05-06.manifest", "x" + hash.to_hex() + "-2024-02-03T04-05-06.manifest",
        "x-" + hash.to_hex() + "-2024-02-03 04-05-06.manifest", "x-" + hash.to_hex() + "-2024.manifest",
        "x-" + hash.to_hex() + "_input", hash.to_hex() + "_input.manifest"}) {
    EXPECT_FALSE(is_snapshot_file_name_of(name, hash)) << name;
  }
}

TEST(RootNames, DeriveFromTheRootAsGiven) {
  EXPECT_EQ(root_hash("/a")->to_hex(), "1bca2a8cd650a9f0e292ab48a6b06805");
  EXPECT_EQ(*input_manifest_name("/a"), "1bca2a8cd650a9f0e292ab48a6b06805_input");
  EXPECT_EQ(*output_manifest_name("", "/a"), "1bca2a8cd650a9f0e292ab48a6b06805_output");
  EXPECT_EQ(*output_manifest_name("Shared", "/home/user"), "09559fc6bdd732a7289bfa296ad35c4d_output");
  EXPECT_EQ(*session_directory_name("/a"), "assetroot-6753f0a7c41c93505bd3");
  EXPECT_EQ(*session_directory_name(""), "assetroot-46b9dd2b0ba88d13233b");
  EXPECT_NE(*input_manifest_name("/a"), *input_manifest_name("/a/"));
}

TEST(RootNames, ARootThatIsNotUnicodeHasNone) {
  const auto expect_refusal = [](const auto& result, const char* text) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(result.error().message().find(text), std::string::npos) << result.error().message();
    EXPECT_FALSE(result.error().remedy().empty());
  };
  expect_refusal(root_hash(kNotUtf8), "root '/mnt/\\udcff'");
  expect_refusal(input_manifest_name(kNotUtf8), "root '/mnt/\\udcff'");
  expect_refusal(output_manifest_name("x", kNotUtf8), "root '/mnt/\\udcff'");
  expect_refusal(output_manifest_name("\xED\xB3\xBF", "/a"), "location '\\udcff'");
  expect_refusal(session_directory_name(kNotUtf8), "root '/mnt/\\udcff'");
  expect_refusal(snapshot_file_name(kNotUtf8, "x", kTime), "root '/mnt/\\udcff'");
}

}  // namespace
}  // namespace attache
