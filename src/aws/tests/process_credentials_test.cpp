#include "command_line.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

TEST(CommandLine, IsSplitAsAShellSplitsIt) {
  EXPECT_EQ(split_command_line("a b  c").value(), (Words{"a", "b", "c"}));
  EXPECT_EQ(split_command_line(" \t a \n").value(), (Words{"a"}));
  EXPECT_EQ(split_command_line(R"("/opt/my tool" 'x "y"' "it's")").value(), (Words{"/opt/my tool", "x \"y\"", "it's"}));
  EXPECT_EQ(split_command_line(R"(a\ b "c\"d" "e\\f" "g\h" 'i\j' \"k)").value(),
            (Words{"a b", "c\"d", "e\\f", "g\\h", "i\\j", "\"k"}));
  EXPECT_EQ(split_command_line(R"(a"b"'c'd "" x)").value(), (Words{"abcd", "", "x"}));
  EXPECT_EQ(split_command_line("a $HOME `x` | > & ; # *").value(),
            (Words{"a", "$HOME", "`x`", "|", ">", "&", ";", "#", "*"}));
}

TEST(CommandLine, IsRefusedWithoutItsTextIfItCannotBeSplit) {
  for (const char* text : {"", "  ", "hunter2 \"x", "hunter2 'x", "hunter2 \\", "hunter2 \"x\\", "hunter2 \"x\\\""}) {
    const auto words = split_command_line(text);
    ASSERT_FALSE(words) << text;
    EXPECT_EQ(words.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(words.error().to_string().find("hunter2"), std::string::npos);
  }
}

class Process : public ::testing::Test {
 protected:
  World world_;
  std::vector<ProcessCommand> commands_;

  Process() {
    world_.options.profile = "farm";
    world_.config(
        "[profile farm]\ncredential_process = \"/opt/my tool\" --key hunter2\naws_account_id = 111122223333\n");
  }

  void prints(std::string output, int status = 0) {
    world_.run = [this, output, status](const ProcessCommand& command,
                                        const std::stop_token&) -> Result<ProcessResult> {
      commands_.push_back(command);
      return ProcessResult{status, output};
    };
  }
};

TEST_F(Process, GivesCredentialsThatExpire) {
  prints(
      R"({"Version":1,"AccessKeyId":"K","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-06-01T13:00:00Z"})");
  const auto chain = world_.chain();
  EXPECT_EQ(chain->get({}).value(),
            (Credentials{"K", "s", "t", "111122223333", World::kStart + std::chrono::hours(1)}));
  ASSERT_EQ(commands_.size(), 1U);
  EXPECT_THAT(commands_[0].arguments, ElementsAre("/opt/my tool", "--key", "hunter2"));
  world_.pass(std::chrono::minutes(50));
  ASSERT_TRUE(chain->get({}));
  EXPECT_EQ(commands_.size(), 2U);
}

TEST_F(Process, GivesCredentialsThatDoNotExpire) {
  prints(R"({"Version": 1, "AccessKeyId": "K", "SecretAccessKey": "s", "AccountId": "999988887777"})");
  EXPECT_EQ(world_.get().value(), (Credentials{"K", "s", "", "999988887777", {}}));
}

TEST_F(Process, ComesAfterTheKeysOfTheCredentialsFileAndBeforeThoseOfTheConfigFile) {
  prints(R"({"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"})");
  const std::string keys = "aws_access_key_id = FILE\naws_secret_access_key = s\n";
  world_.config("[profile farm]\ncredential_process = p\n" + keys);
  EXPECT_EQ(world_.get()->access_key_id, "PROCESS");
  world_.config("[profile farm]\ncredential_process = p\n").credentials("[farm]\n" + keys);
  EXPECT_EQ(world_.get()->access_key_id, "FILE");
}

TEST_F(Process, RefusesWhatIsNoAnswer) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "did not print a JSON object"},
      {"[]", "did not print a JSON object"},
      {"hunter2", "did not print a JSON object"},
      {"{}", "printed no Version"},
      {R"({"Version":"1"})", "printed no Version"},
      {R"({"Version":2})", "printed version 2 of the format"},
      {R"({"Version":1,"SecretAccessKey":"hunter2"})", "no AccessKeyId"},
      {R"({"Version":1,"AccessKeyId":"hunter2"})", "no SecretAccessKey"},
      {R"({"Version":1,"AccessKeyId":"K","SecretAccessKey":"hunter2","Expiration":"hunter2"})", "an Expiration"},
  };
  for (const auto& [output, message] : cases) {
    prints(output);
    const auto result = world_.get();
    ASSERT_FALSE(result) << output;
    EXPECT_EQ(result.error().code(), ErrorCode::kService) << output;
    EXPECT_THAT(result.error().message(), HasSubstr(message));
    EXPECT_THAT(result.error().message(), HasSubstr("profile 'farm'"));
    EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos) << result.error().to_string();
  }
}

TEST_F(Process, NamesAProgramThatFails) {
  prints(R"({"Version":1,"AccessKeyId":"K","SecretAccessKey":"hunter2"})", 3);
  const auto result = world_.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "credential_process of profile 'farm': '/opt/my tool' ended with status 3");
  EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos);
}

TEST_F(Process, PassesOnWhyTheProgramCouldNotRun) {
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(world_.get().error().message(),
              HasSubstr("credential_process of profile 'farm': there is no such program"));
  world_.run = [](const ProcessCommand&, const std::stop_token&) -> Result<ProcessResult> { return cancelled(); };
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kCancelled);
  world_.config("[profile farm]\ncredential_process = 'hunter2\n");
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(world_.get().error().to_string().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace attache::testing
