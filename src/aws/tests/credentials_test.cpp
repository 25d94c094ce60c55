#include <attache/aws/credentials.hpp>
#include <attache/aws/credentials_access.hpp>
#include <attache/http/testing/fake_transport.hpp>

#include "fake_host.hpp"

namespace attache::testing {
namespace {

constexpr auto kCredentials =
    "[default]\naws_access_key_id = DEFAULTKEY\naws_secret_access_key = s0\n"
    "[farm]\naws_access_key_id = FARMKEY\naws_secret_access_key = s1\naws_session_token = t1\n"
    "aws_account_id = 123456789012\n"
    "[half]\naws_access_key_id = HALFKEY\n"
    "[empty]\nregion = x\n";

Result<Credentials> chain(const AwsOptions& options, const AwsHost& host) {
  const auto settings = resolved(options, host);
  CredentialsAccess access;
  access.make_transport = [](const HttpTransportOptions&) -> std::unique_ptr<HttpTransport> {
    return std::make_unique<FakeTransport>([](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
      return fail(ErrorCode::kNetwork, "nobody is there", "x");
    });
  };
  return make_credentials_chain(settings, host, access)->get({});
}

AwsOptions profile_option(std::string name) {
  AwsOptions options;
  options.profile = std::move(name);
  return options;
}

std::map<std::string, std::string, std::less<>> environment_keys() {
  return {{"AWS_ACCESS_KEY_ID", "ENVKEY"},
          {"AWS_SECRET_ACCESS_KEY", "hunter2"},
          {"AWS_SESSION_TOKEN", "token"},
          {"AWS_ACCOUNT_ID", "210987654321"}};
}

TEST(Credentials, AreRedactedWhereverTheyAreShown) {
  const Credentials credentials{"AKIAIOSFODNN7EXAMPLE", "hunter2", "token", "", {}};
  EXPECT_EQ(redacted(credentials), "access key ****MPLE");
  EXPECT_EQ(::testing::PrintToString(credentials), "access key ****MPLE");
  EXPECT_EQ(redacted(Credentials{"short", "x", "", "", {}}), "access key ****");
}

TEST(EnvironmentCredentials, ReadKeysTokenAndAccount) {
  EnvironmentCredentials provider(environment_of(environment_keys()));
  const auto credentials = provider.get({});
  ASSERT_TRUE(credentials);
  EXPECT_EQ(*credentials, (Credentials{"ENVKEY", "hunter2", "token", "210987654321", {}}));
}

TEST(EnvironmentCredentials, RefuseOneKeyWithoutTheOther) {
  EnvironmentCredentials provider(environment_of({{"AWS_SECRET_ACCESS_KEY", "hunter2"}}));
  const auto credentials = provider.get({});
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(credentials.error().message(), "the environment has AWS_SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID");
}

TEST(ProfileCredentials, ReadKeysTokenAndAccountOfTheProfile) {
  const auto credentials = chain(profile_option("farm"), fake_host({}, "", kCredentials));
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(*credentials, (Credentials{"FARMKEY", "s1", "t1", "123456789012", {}}));
}

TEST(ProfileCredentials, MayStandInTheConfigFile) {
  const auto credentials =
      chain({}, fake_host({}, "[default]\naws_access_key_id = K\naws_secret_access_key = hunter2\n"));
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->access_key_id, "K");
}

TEST(ProfileCredentials, RefuseHalfAKeyPair) {
  const auto credentials = chain(profile_option("half"), fake_host({}, "", kCredentials));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(credentials.error().message().find("profile 'half'"), std::string::npos);
  EXPECT_EQ(credentials.error().to_string().find("HALFKEY"), std::string::npos);
}

TEST(ProfileCredentials, SayWhatOnlyTheAwsCliCanUse) {
  const auto credentials = chain(profile_option("p"), fake_host({}, "[profile p]\nlogin_session = arn\n"));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(credentials.error().remedy().find("export-credentials --profile p"), std::string::npos);
}

TEST(ProfileCredentials, NeverUseTheKeysOfARoleAsThemselves) {
  const std::string keys = "aws_access_key_id = K\naws_secret_access_key = S\n";
  EXPECT_EQ(chain({}, fake_host({}, "[default]\nrole_arn = r\n" + keys)).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(chain({}, fake_host({}, "[default]\nsso_session = s\n" + keys)));
}

TEST(CredentialsChain, PrefersOptionsThenEnvironmentThenProfile) {
  AwsOptions options;
  options.credentials = {"OPTIONKEY", "s", "", "", {}};
  EXPECT_EQ(chain(options, fake_host(environment_keys(), "", kCredentials))->access_key_id, "OPTIONKEY");
  EXPECT_EQ(chain({}, fake_host(environment_keys(), "", kCredentials))->access_key_id, "ENVKEY");
  EXPECT_EQ(chain({}, fake_host({}, "", kCredentials))->access_key_id, "DEFAULTKEY");
}

TEST(CredentialsChain, LeavesTheEnvironmentOutOnlyWhenAnOptionChoseTheProfile) {
  EXPECT_EQ(chain(profile_option("farm"), fake_host(environment_keys(), "", kCredentials))->access_key_id, "FARMKEY");
  auto variables = environment_keys();
  variables["AWS_PROFILE"] = "farm";
  EXPECT_EQ(chain({}, fake_host(variables, "", kCredentials))->access_key_id, "ENVKEY");
}

TEST(CredentialsChain, ListsWhatItTriedAndWhatToDo) {
  const auto credentials = chain({}, fake_host({}));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code(), ErrorCode::kUnauthenticated);
  for (const char* part : {"explicit options", "AWS_ACCESS_KEY_ID", "profile 'default'", "/home/me/.aws/credentials"}) {
    EXPECT_NE(credentials.error().message().find(part), std::string::npos) << credentials.error().message();
  }
  EXPECT_NE(credentials.error().remedy().find("aws configure"), std::string::npos);
}

TEST(CredentialsChain, StopsAtASourceThatIsThereButUnusable) {
  const auto credentials = chain({}, fake_host({{"AWS_ACCESS_KEY_ID", "K"}}, "", kCredentials));
  ASSERT_FALSE(credentials);
  EXPECT_EQ(credentials.error().code(), ErrorCode::kInvalidArgument);
  AwsOptions options;
  options.credentials.secret_access_key = "hunter2";
  const auto half = chain(options, fake_host({}, "", kCredentials));
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().to_string().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace attache::testing
