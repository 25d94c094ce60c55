#include <attache/aws/profile_file.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

ProfileFile config(std::string_view text) {
  auto file = parse_profile_file(text, "config", ProfileFileKind::kConfig);
  EXPECT_TRUE(file) << file.error().to_string();
  return file ? *std::move(file) : ProfileFile{};
}

ProfileFile credentials(std::string_view text) {
  auto file = parse_profile_file(text, "credentials", ProfileFileKind::kCredentials);
  EXPECT_TRUE(file) << file.error().to_string();
  return file ? *std::move(file) : ProfileFile{};
}

TEST(ProfileFile, NamesSectionsDifferentlyInItsTwoKinds) {
  const auto in_config = config("[default]\na=1\n[profile farm]\na=2\n[farm2]\na=3\n[sso-session s]\na=4\n");
  EXPECT_EQ(in_config.find("default", "a"), "1");
  EXPECT_EQ(in_config.find("farm", "a"), "2");
  EXPECT_EQ(in_config.profiles.size(), 2U);
  const auto in_credentials = credentials("[default]\na=1\n[farm]\na=2\n");
  EXPECT_EQ(in_credentials.find("farm", "a"), "2");
}

TEST(ProfileFile, LeavesOutCommentsAndBlanks) {
  const auto file = config(
      "# comment\n; comment\n\n  \t\n[ profile   farm ] # comment\r\n Region =  eu-west-1 ; comment\r\nkey = a#b;c "
      "#d\nempty=\n");
  EXPECT_EQ(file.find("farm", "region"), "eu-west-1");
  EXPECT_EQ(file.find("farm", "key"), "a#b;c");
  EXPECT_FALSE(file.find("farm", "empty"));
  EXPECT_FALSE(file.find("farm", "missing"));
  EXPECT_FALSE(file.find("missing", "region"));
}

TEST(ProfileFile, KeepsEqualsSignsOfValues) {
  EXPECT_EQ(credentials("[a]\naws_session_token=x/y+z==\n").find("a", "aws_session_token"), "x/y+z==");
}

TEST(ProfileFile, TakesAColonForAnEqualsSign) {
  const auto file =
      config("[default]\nregion: eu-west-1\nendpoint_url = http://h:9000\ns3:\n  endpoint_url = http://h:1\n");
  EXPECT_EQ(file.find("default", "region"), "eu-west-1");
  EXPECT_EQ(file.find("default", "endpoint_url"), "http://h:9000");
  EXPECT_EQ(file.find("default", "s3.endpoint_url"), "http://h:1");
}

TEST(ProfileFile, ReadsQuotedNamesAndAByteOrderMark) {
  const auto file = config("\xEF\xBB\xBF[profile \"my farm\"]\na = 1\n");
  EXPECT_EQ(file.find("my farm", "a"), "1");
}

TEST(ProfileFile, ReadsNestedSettingsAndContinuationLines) {
  const auto file = config(
      "[profile farm]\ns3 =\n  addressing_style = path\n  # comment\n\tmax_queue_size=10\nregion = x\nlong = a\n  "
      "b\n[services dev]\ns3 =\n  endpoint_url = http://h:9000\n");
  EXPECT_EQ(file.find("farm", "s3.addressing_style"), "path");
  EXPECT_EQ(file.find("farm", "s3.max_queue_size"), "10");
  EXPECT_EQ(file.find("farm", "region"), "x");
  EXPECT_EQ(file.find("farm", "long"), "a\nb");
  ASSERT_TRUE(file.services.contains("dev"));
  EXPECT_EQ(file.services.at("dev").at("s3.endpoint_url"), "http://h:9000");
}

TEST(ProfileFile, TakesSettingsThatAreIndentedAlikeForSettings) {
  const auto file = config(
      "[default]\n  region = eu-west-1\n  s3 =\n    addressing_style = path\n    use_dualstack_endpoint = true\n"
      "  output = json\nlong = a\n  b\n  [profile farm]\n    region = x\n  output = text\n");
  EXPECT_EQ(file.find("default", "region"), "eu-west-1");
  EXPECT_EQ(file.find("default", "s3.addressing_style"), "path");
  EXPECT_EQ(file.find("default", "s3.use_dualstack_endpoint"), "true");
  EXPECT_EQ(file.find("default", "output"), "json");
  EXPECT_EQ(file.find("default", "long"), "a\nb\n[profile farm]\nregion = x\noutput = text");
  const auto keys =
      credentials("[default]\n\taws_access_key_id = id\n\taws_secret_access_key = secret\n  [farm]\n  a = 1\n");
  EXPECT_EQ(keys.find("default", "aws_access_key_id"), "id");
  EXPECT_EQ(keys.find("default", "aws_secret_access_key"), "secret\n[farm]\na = 1");
}

TEST(ProfileFile, MergesSectionsThatComeTwice) {
  const auto file = config("[profile a]\nx=1\ny=1\n[default]\n[profile a]\ny=2\nz=2\n");
  EXPECT_EQ(file.find("a", "x"), "1");
  EXPECT_EQ(file.find("a", "y"), "2");
  EXPECT_EQ(file.find("a", "z"), "2");
}

TEST(ProfileFile, PrefersThePrefixedDefaultWhereverItStands) {
  for (const char* text :
       {"[default]\na=1\nb=1\n[profile default]\na=2\n", "[profile default]\na=2\n[default]\na=1\nb=1\n"}) {
    const auto file = config(text);
    EXPECT_EQ(file.find("default", "a"), "2");
    EXPECT_EQ(file.find("default", "b"), "1");
  }
}

TEST(ProfileFile, KeepsLoginSessionsByThemselves) {
  auto file = config("[sso-session studio]\nsso_region = eu-west-1\n[profile a]\nsso_session = studio\n");
  EXPECT_EQ(file.sso_sessions.at("studio").at("sso_region"), "eu-west-1");
  EXPECT_FALSE(file.profiles.contains("studio"));
  file.merge(config("[sso-session studio]\nsso_start_url = u\n"));
  EXPECT_EQ(file.sso_sessions.at("studio").size(), 2U);
}

TEST(ProfileFile, LetsTheCredentialsFileWinWhenBothAreMerged) {
  auto file = config("[profile a]\nx=config\nregion=r\n");
  file.merge(credentials("[a]\nx=credentials\n[b]\nx=1\n"));
  EXPECT_EQ(file.find("a", "x"), "credentials");
  EXPECT_EQ(file.find("a", "region"), "r");
  EXPECT_EQ(file.find("b", "x"), "1");
}

TEST(ProfileFile, NamesFileAndLineOfAnErrorButNeverItsText) {
  struct Row {
    const char* text;
    const char* line;
  };
  for (const Row& row : {Row{"[a]\nhunter2\n", "line 2 "}, Row{"hunter2 = 1\n", "line 1 "},
                         Row{"\n[hunter2\n", "line 2 "}, Row{"[]\n", "line 1 "}, Row{"[a] hunter2\n", "line 1 "},
                         Row{"[a]\n= hunter2\n", "line 2 "}, Row{"[a]\ns3 =\n  hunter2\n", "line 3 "}}) {
    const auto file = parse_profile_file(row.text, "/home/me/.aws/credentials", ProfileFileKind::kCredentials);
    ASSERT_FALSE(file) << row.text;
    EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);
    const std::string text = file.error().to_string();
    EXPECT_NE(text.find(row.line), std::string::npos) << text;
    EXPECT_NE(text.find("/home/me/.aws/credentials"), std::string::npos) << text;
    EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace attache
