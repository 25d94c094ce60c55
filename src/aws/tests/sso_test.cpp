#include "json_object.hpp"
#include "sha1.hpp"
#include "sso_token.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

namespace attache::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kSession =
    "[profile farm]\nsso_session = studio\nsso_account_id = 123456789012\nsso_role_name = Artist\n"
    "[sso-session studio]\nsso_start_url = https://studio.awsapps.com/start\nsso_region = eu-west-1\n"
    "sso_registration_scopes = sso:account:access\n";
constexpr auto kLegacy =
    "[profile farm]\nsso_start_url = https://studio.awsapps.com/start\nsso_region = eu-west-1\n"
    "sso_account_id = 123456789012\nsso_role_name = Artist\n";
constexpr auto kRoleAnswer =
    R"({"roleCredentials":{"accessKeyId":"SSOKEY","secretAccessKey":"s","sessionToken":"t","expiration":1780318800000}})";

std::string token_file(const std::string& name) {
  return "/home/me/.aws/sso/cache/" + sha1_hex(name).value() + ".json";
}

class Sso : public ::testing::Test {
 protected:
  const std::string session_file_ = token_file("studio");
  const std::string legacy_file_ = token_file("https://studio.awsapps.com/start");
  World world_;

  Sso() {
    world_.options.profile = "farm";
    world_.config(kSession);
    world_.answer = by_url({{"/federation/credentials", respond(200, kRoleAnswer)}});
  }

  static std::string token(const std::string& expires) {
    return R"({"startUrl":"https://studio.awsapps.com/start","region":"eu-west-1","accessToken":"bearer","expiresAt":")" +
           expires + "\"}";
  }

  static std::string refreshable(const std::string& expires, const std::string& registration = "2026-08-01T00:00:00Z") {
    return R"({"accessToken":"bearer","expiresAt":")" + expires +
           R"(","clientId":"id","clientSecret":"client secret","refreshToken":"refresh 1","registrationExpiresAt":")" +
           registration + R"(","somethingElse":1})";
  }

  void assert_login_needed(const std::string& message) {
    const auto result = world_.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied) << result.error().to_string();
    EXPECT_THAT(result.error().message(), HasSubstr(message));
    EXPECT_EQ(result.error().remedy(), "run `aws sso login --profile farm`");
  }
};

TEST(Sha1, IsTheOneOfFips180) {
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_F(Sso, ExchangesTheTokenOfTheSessionForTheRolesCredentials) {
  world_.files[session_file_] = token("2026-06-01T18:00:00Z");
  const auto credentials = world_.get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(*credentials, (Credentials{"SSOKEY", "s", "t", "123456789012", World::kStart + std::chrono::hours(1)}));
  ASSERT_EQ(world_.requests().size(), 1U);
  EXPECT_EQ(
      world_.requests()[0].url,
      "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?account_id=123456789012&role_name=Artist");
  EXPECT_EQ(world_.requests()[0].headers.find("x-amz-sso_bearer_token"), "bearer");
  EXPECT_FALSE(world_.requests()[0].headers.find("authorization"));
}

TEST_F(Sso, FindsTheTokenOfTheOlderFormByItsStartUrl) {
  world_.config(kLegacy);
  world_.files[legacy_file_] = token("2026-06-01T12:05:00UTC");
  EXPECT_EQ(world_.get()->access_key_id, "SSOKEY");
}

TEST_F(Sso, AsksForALoginWhenThereIsNoUsableToken) {
  assert_login_needed("has not been made");
  world_.files[session_file_] = "hunter2";
  assert_login_needed("is not JSON");
  world_.files[session_file_] = R"({"accessToken":"bearer"})";
  assert_login_needed("lacks accessToken or expiresAt");
  world_.files[session_file_] = token("2026-06-01T12:00:00Z");
  assert_login_needed("expired at 2026-06-01T12:00:00Z");
  world_.config(kLegacy);
  world_.files[legacy_file_] = refreshable("2026-06-01T11:00:00Z");
  assert_login_needed("expired at");
  EXPECT_TRUE(world_.requests().empty());
}

TEST_F(Sso, AsksForALoginWhenTheServiceRefusesTheToken) {
  world_.files[session_file_] = token("2026-06-01T18:00:00Z");
  world_.answer = by_url({{"", respond(401, R"({"message":"Session token not found or invalid"})")}});
  assert_login_needed("was refused with 401: Session token not found or invalid");
}

TEST_F(Sso, SaysWhatTheServiceSaid) {
  world_.files[session_file_] = token("2026-06-01T18:00:00Z");
  world_.answer = by_url({{"", respond(403, R"({"message":"No access"})")}});
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(world_.get().error().remedy(), HasSubstr("sso_role_name"));
  world_.answer = by_url({{"", respond(302, "")}});
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kService);
  for (const char* body : {"", "[]", R"({"roleCredentials":{}})", R"({"roleCredentials":{"accessKeyId":"K"}})",
                           R"({"roleCredentials":{"accessKeyId":"K","secretAccessKey":"s","expiration":"soon"}})"}) {
    world_.answer = by_url({{"", respond(200, body)}});
    EXPECT_EQ(world_.get().error().code(), ErrorCode::kService) << body;
  }
  world_.answer = by_url({});
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kNetwork);
}

TEST_F(Sso, RefreshesATokenThatIsNearItsEndAndKeepsTheNewOne) {
  world_.files[session_file_] = refreshable("2026-06-01T12:10:00Z");
  world_.answer = by_url({{"https://oidc.eu-west-1.amazonaws.com/token",
                           respond(200, R"({"accessToken":"new","expiresIn":28800,"refreshToken":"refresh 2"})")},
                          {"/federation/credentials", respond(200, kRoleAnswer)}});
  ASSERT_TRUE(world_.get());
  const auto requests = world_.requests();
  ASSERT_EQ(requests.size(), 2U);
  const auto asked = JsonObject::parse(requests[0].body);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->text("grantType"), "refresh_token");
  EXPECT_EQ(asked->text("clientId"), "id");
  EXPECT_EQ(asked->text("clientSecret"), "client secret");
  EXPECT_EQ(asked->text("refreshToken"), "refresh 1");
  EXPECT_EQ(requests[1].headers.find("x-amz-sso_bearer_token"), "new");
  const auto kept = JsonObject::parse(world_.files[session_file_]);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->text("accessToken"), "new");
  EXPECT_EQ(kept->text("expiresAt"), "2026-06-01T20:00:00Z");
  EXPECT_EQ(kept->text("refreshToken"), "refresh 2");
  EXPECT_EQ(kept->text("clientSecret"), "client secret");
  EXPECT_EQ(kept->text("startUrl"), "https://studio.awsapps.com/start");
  EXPECT_EQ(kept->integer("somethingElse"), 1);
}

TEST_F(Sso, ForgetsARefreshTokenThatHasBeenSpent) {
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z");
  world_.answer = by_url({{"/token", respond(200, R"({"accessToken":"new","expiresIn":28800})")},
                          {"/federation/credentials", respond(200, kRoleAnswer)}});
  ASSERT_TRUE(world_.get());
  EXPECT_EQ(JsonObject::parse(world_.files[session_file_])->text("refreshToken"), "");
}

TEST_F(Sso, UsesATokenThatIsStillGoodIfRefreshingFails) {
  world_.files[session_file_] = refreshable("2026-06-01T12:10:00Z");
  world_.answer = by_url({{"/token", respond(400, R"({"error":"invalid_grant"})")},
                          {"/federation/credentials", respond(200, kRoleAnswer)}});
  ASSERT_TRUE(world_.get());
  EXPECT_EQ(world_.requests().at(1).headers.find("x-amz-sso_bearer_token"), "bearer");
}

TEST_F(Sso, AsksForALoginWhenAnExpiredTokenCannotBeRefreshed) {
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z");
  world_.answer = by_url({{"/token", respond(400, R"({"error":"invalid_grant","error_description":"x"})")}});
  assert_login_needed("could not be refreshed: status 400 invalid_grant");
  world_.answer = by_url({{"/token", respond(200, R"({"expiresIn":1})")}});
  assert_login_needed("the answer holds no token");
  world_.answer = by_url({{"/token", respond(200, R"({"accessToken":"x","expiresIn":-1})")}});
  assert_login_needed("the answer holds no token");
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z", "2026-06-01T11:00:00Z");
  assert_login_needed("expired at 2026-06-01T11:00:00Z");
}

TEST_F(Sso, TakesTheTokenOfAnotherProcessThatRefreshedItFirst) {
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z");
  world_.answer = [this](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    if (request.url.find("/token") == std::string::npos) return respond(200, kRoleAnswer);
    EXPECT_TRUE(world_.host().write_private_file(session_file_,
                                                 R"({"accessToken":"theirs","expiresAt":"2026-06-01T20:00:00Z"})"));
    return respond(400, R"({"error":"invalid_grant"})");
  };
  ASSERT_TRUE(world_.get());
  EXPECT_EQ(world_.requests().at(1).headers.find("x-amz-sso_bearer_token"), "theirs");
}

TEST_F(Sso, SpendsNoRefreshTokenIfItCouldNotKeepTheNextOne) {
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z");
  world_.files_are_read_only = true;
  const auto result = world_.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(result.error().message(), HasSubstr("keeping the refreshed IAM Identity Center login of profile 'farm'"));
  EXPECT_TRUE(world_.requests().empty());
  world_.files[session_file_] = refreshable("2026-06-01T12:10:00Z");
  EXPECT_TRUE(world_.get());
}

TEST_F(Sso, SaysWhatIsWrongWithTheSettings) {
  const auto message_for = [&](const std::string& config) {
    world_.config(config);
    const auto result = world_.get();
    EXPECT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument) << result.error().to_string();
    EXPECT_THAT(result.error().remedy(), HasSubstr("aws configure sso"));
    return result.error().message();
  };
  EXPECT_THAT(message_for("[profile farm]\nsso_role_name = x\n"),
              HasSubstr("lacks sso_start_url, sso_region, sso_account_id"));
  EXPECT_THAT(message_for("[profile farm]\nsso_role_name = x\nsso_session = gone\n"),
              HasSubstr("sso-session 'gone', which does not exist"));
  EXPECT_THAT(message_for(std::string(kSession) + "[profile farm]\nsso_region = us-east-1\n"),
              HasSubstr("another sso_region than its sso-session 'studio'"));
  EXPECT_THAT(message_for("[profile farm]\nsso_role_name = x\nsso_account_id = 1\nsso_start_url = u\n"
                          "sso_region = evil.example/\n"),
              HasSubstr("sso_region that is no region"));
}

TEST_F(Sso, UsesTheEndpointsOfTheSettings) {
  world_.variables = {{"AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1/portal/"},
                      {"AWS_ENDPOINT_URL_SSO_OIDC", "http://127.0.0.1:2/"}};
  world_.files[session_file_] = refreshable("2026-06-01T11:00:00Z");
  world_.answer = by_url({{"http://127.0.0.1:2/token", respond(200, R"({"accessToken":"new","expiresIn":28800})")},
                          {"http://127.0.0.1:1/portal/federation/credentials?", respond(200, kRoleAnswer)}});
  EXPECT_TRUE(world_.get());
}

}  // namespace
}  // namespace attache::testing
