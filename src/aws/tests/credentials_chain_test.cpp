#include "world.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace attache::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kContainerAnswer =
    R"({"AccessKeyId":"CONTAINER","SecretAccessKey":"s","Token":"t","Expiration":"2026-06-01T18:00:00Z"})";
constexpr auto kInstanceAnswer =
    R"({"Code":"Success","AccessKeyId":"INSTANCE","SecretAccessKey":"s","Token":"t","Expiration":"2026-06-01T18:00:00Z"})";
constexpr auto kSsoToken =
    "/home/me/.aws/sso/cache/afb9d1dcf212fa33d079a070ab90f0bef03c324b.json";  // printf sso | sha1sum

/// A world in which every source has credentials.
class Chain : public ::testing::Test {
 protected:
  World world_;

  Chain() {
    world_.options.credentials = {"OPTION", "s", "", "", {}};
    world_.variables = {{"AWS_ACCESS_KEY_ID", "ENVIRONMENT"},
                        {"AWS_SECRET_ACCESS_KEY", "s"},
                        {"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                        {"AWS_ROLE_ARN", "pod"},
                        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/task"}};
    world_.files["/token"] = "token";
    world_.files[kSsoToken] = R"({"accessToken":"bearer","expiresAt":"2026-06-01T18:00:00Z"})";
    world_.config(
        "[default]\nrole_arn = farm\nsource_profile = base\nsso_session = sso\nsso_account_id = 1\nsso_role_name = r\n"
        "credential_process = p\naws_access_key_id = CONFIG\naws_secret_access_key = s\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
        "[sso-session sso]\nsso_start_url = https://x\nsso_region = us-east-1\n");
    world_.credentials("[default]\naws_access_key_id = CREDENTIALS\naws_secret_access_key = s\n");
    world_.run = [](const ProcessCommand&, const std::stop_token&) -> Result<ProcessResult> {
      return ProcessResult{0, R"({"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s"})"};
    };
    world_.answer = [](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
      if (request.url.find("//sts.") != std::string::npos) {
        return request.body.find("WebIdentity") == std::string::npos
                   ? respond(200, sts_answer("AssumeRole", "ROLE"))
                   : respond(200, sts_answer("AssumeRoleWithWebIdentity", "WEB"));
      }
      if (request.url.find("portal.sso") != std::string::npos) {
        return respond(200, R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s","sessionToken":"t",)"
                            R"("expiration":1780336800000}})");
      }
      if (request.url.find("/task") != std::string::npos) return respond(200, kContainerAnswer);
      if (request.url.find("/latest/api/token") != std::string::npos) return respond(200, "imds");
      return respond(200, request.url.ends_with("/role") ? kInstanceAnswer : "role");
    };
  }

  std::string winner() {
    const auto credentials = world_.get();
    return credentials ? credentials->access_key_id : credentials.error().to_string();
  }

  void drop_from_config(const std::string& setting) {
    std::string& text = world_.files[World::kConfigPath];
    const auto at = text.find(setting);
    ASSERT_NE(at, std::string::npos) << setting;
    text.erase(at, text.find('\n', at) + 1 - at);
  }
};

TEST_F(Chain, AsksInTheOrderOfTheAwsCli) {
  EXPECT_EQ(winner(), "OPTION");
  world_.options.credentials = {};
  EXPECT_EQ(winner(), "ENVIRONMENT");
  world_.variables.erase("AWS_ACCESS_KEY_ID");
  world_.variables.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(winner(), "ROLE");
  drop_from_config("role_arn");
  EXPECT_EQ(winner(), "WEB");
  world_.variables.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  EXPECT_EQ(winner(), "SSO");
  drop_from_config("sso_account_id");
  drop_from_config("sso_role_name");
  EXPECT_EQ(winner(), "CREDENTIALS");
  world_.credentials("");
  EXPECT_EQ(winner(), "PROCESS");
  drop_from_config("credential_process");
  EXPECT_EQ(winner(), "CONFIG");
  drop_from_config("aws_access_key_id = CONFIG");
  drop_from_config("aws_secret_access_key = s");
  EXPECT_EQ(winner(), "CONTAINER");
  world_.variables.erase("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  EXPECT_EQ(winner(), "INSTANCE");
  world_.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_THAT(winner(), HasSubstr("no AWS credentials found"));
}

TEST_F(Chain, LeavesTheEnvironmentOutIfAnOptionChoseTheProfile) {
  world_.options.credentials = {};
  world_.options.profile = "default";
  EXPECT_EQ(winner(), "ROLE");
  drop_from_config("role_arn");
  EXPECT_EQ(winner(), "SSO");
}

TEST_F(Chain, StaysWithTheIdentityThatItHasFound) {
  world_.options.credentials = {};
  world_.options.profile = "default";
  const auto chain = world_.chain();
  ASSERT_EQ(chain->get({})->access_key_id, "ROLE");
  EXPECT_THAT(chain->describe(), HasSubstr("role 'farm' of profile 'default'"));
  world_.answer = by_url({{"", respond(403, sts_error("AccessDenied"))}});
  world_.pass(std::chrono::minutes(55));
  EXPECT_EQ(chain->get({}).error().code(), ErrorCode::kPermissionDenied);
}

TEST_F(Chain, MakesNoTransportForKeysThatNeedNone) {
  EXPECT_EQ(winner(), "OPTION");
  EXPECT_TRUE(world_.made_transports.empty());
}

TEST_F(Chain, AsksContainersAndInstancesWithoutAProxyAndServicesWithTheUsersCaBundle) {
  world_.options.credentials = {};
  world_.variables = {{"AWS_CA_BUNDLE", "/ca.pem"}};
  EXPECT_EQ(winner(), "ROLE");
  ASSERT_EQ(world_.made_transports.size(), 1U);
  EXPECT_EQ(world_.made_transports[0].ca_bundle, "/ca.pem");
  EXPECT_FALSE(world_.made_transports[0].proxy.has_value());
  world_.config("");
  world_.credentials("");
  EXPECT_EQ(winner(), "INSTANCE");
  ASSERT_EQ(world_.made_transports.size(), 2U);
  EXPECT_EQ(world_.made_transports[1].proxy, "");
}

TEST_F(Chain, RemembersWhatItFound) {
  world_.options.credentials = {};
  world_.options.profile = "default";
  const auto chain = world_.chain();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(chain->get({})->access_key_id, "ROLE");
  EXPECT_EQ(world_.requests().size(), 1U);
}

TEST_F(Chain, SaysOfEverySourceWhyItHasNothing) {
  world_.options.credentials = {};
  world_.variables = {{"AWS_EC2_METADATA_DISABLED", "true"}};
  world_.config("").credentials("");
  const auto result = world_.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(
      result.error().message(),
      "no AWS credentials found: no access key in explicit options (access key id, secret access key); no access "
      "key in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); no access key in profile 'default' of "
      "/home/me/.aws/credentials (aws_access_key_id, aws_secret_access_key); no access key in profile 'default' of "
      "/home/me/.aws/config (aws_access_key_id, aws_secret_access_key); the container's endpoint "
      "(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI) is not set; EC2 instance "
      "metadata is switched off by AWS_EC2_METADATA_DISABLED");
}

TEST_F(Chain, ReadsAFileAgainWhenItsKeysWereRefused) {
  world_.options.credentials = {};
  world_.variables.clear();
  world_.config("").credentials("[default]\naws_access_key_id = OLD\naws_secret_access_key = s\n");
  const auto chain = world_.chain();
  const auto old = chain->get({});
  ASSERT_EQ(old->access_key_id, "OLD");
  world_.credentials("[default]\naws_access_key_id = NEW\naws_secret_access_key = s\n");
  EXPECT_EQ(chain->get({})->access_key_id, "OLD");
  chain->discard(*old);
  EXPECT_EQ(chain->get({})->access_key_id, "NEW");
  world_.files.erase(World::kCredentialsPath);
  chain->discard(chain->get({}).value());
  EXPECT_EQ(chain->get({}).error().code(), ErrorCode::kUnauthenticated);
}

TEST_F(Chain, HonoursTheExpiryOfTheEnvironmentsKeys) {
  world_.options.credentials = {};
  world_.variables["AWS_CREDENTIAL_EXPIRATION"] = "2026-06-01T12:30:00Z";
  const auto chain = world_.chain();
  EXPECT_EQ(chain->get({})->expires, World::kStart + std::chrono::minutes(30));
  world_.pass(std::chrono::minutes(31));
  const auto late = chain->get({});
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message(), HasSubstr("expired at 2026-06-01T12:30:00Z"));
  world_.variables["AWS_CREDENTIAL_EXPIRATION"] = "tomorrow";
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(Chain, ServesManyThreadsFromOneFetch) {
  world_.options.credentials = {};
  world_.options.profile = "default";
  const auto chain = world_.chain();
  std::atomic<int> right{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { right += chain->get({})->access_key_id == "ROLE" ? 1 : 0; });
  }
  threads.clear();
  EXPECT_EQ(right, 8);
  EXPECT_EQ(world_.requests().size(), 1U);
}

}  // namespace
}  // namespace attache::testing
