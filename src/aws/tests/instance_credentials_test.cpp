#include "instance_credentials.hpp"

#include <attache/http/testing/scripted_server.hpp>

#include "world.hpp"

#include <gmock/gmock.h>

namespace attache::testing {
namespace {

using ::testing::HasSubstr;

std::string keys(const std::string& expiration, const std::string& code = "Success") {
  return R"({"Code":")" + code +
         R"(","Type":"AWS-HMAC","AccessKeyId":"K","SecretAccessKey":"s","Token":"t","Expiration":")" + expiration +
         "\"}";
}

class Instance : public ::testing::Test {
 protected:
  World world_;

  Instance() { role(keys("2026-06-01T18:00:00Z")); }

  void role(const std::string& document) {
    world_.answer = by_url({{"/latest/api/token", respond(200, "imds token")},
                            {"security-credentials/farm%20role", respond(200, document)},
                            {"security-credentials/", respond(200, "farm role\n")}});
  }

  Result<Credentials> get(std::stop_token stop = {}) { return InstanceCredentials(world_.context()).get(stop); }
};

TEST_F(Instance, GivesTheCredentialsOfItsRoleForASessionToken) {
  const auto credentials = get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(*credentials, (Credentials{"K", "s", "t", "", World::kStart + std::chrono::hours(6)}));
  const auto requests = world_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].method, HttpMethod::kPut);
  EXPECT_EQ(requests[0].url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(requests[0].headers.find("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(requests[1].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(requests[1].headers.find("x-aws-ec2-metadata-token"), "imds token");
  EXPECT_EQ(requests[2].headers.find("x-aws-ec2-metadata-token"), "imds token");
}

TEST_F(Instance, IsNotAskedWhenSwitchedOff) {
  world_.variables["AWS_EC2_METADATA_DISABLED"] = "True";
  EXPECT_EQ(get().error().code(), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(world_.requests().empty());
}

TEST_F(Instance, IsAbsentWhereNothingAnswersAndIsNeverAskedByVersionOne) {
  for (const Result<HttpResponse>& answer : std::vector<Result<HttpResponse>>{
           fail(ErrorCode::kNetwork, "no route", "x"), fail(ErrorCode::kService, "no HTTP", "x"), respond(403),
           respond(404), respond(405), respond(400), respond(500), respond(200, "")}) {
    const std::size_t before = world_.requests().size();
    world_.answer = by_url({{"", answer}});
    const auto result = get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::kUnauthenticated) << result.error().to_string();
    EXPECT_EQ(world_.requests().size() - before, 1U);
    EXPECT_EQ(world_.requests().back().method, HttpMethod::kPut);
  }
}

TEST_F(Instance, IsAbsentWithoutARoleThatWorks) {
  world_.answer = by_url({{"/latest/api/token", respond(200, "t")}, {"", respond(404)}});
  EXPECT_EQ(get().error().code(), ErrorCode::kUnauthenticated);
  role(keys("2026-06-01T18:00:00Z", "AssumeRoleUnauthorizedAccess"));
  EXPECT_EQ(get().error().code(), ErrorCode::kUnauthenticated);
  EXPECT_THAT(get().error().message(), HasSubstr("role 'farm role': AssumeRoleUnauthorizedAccess"));
}

TEST_F(Instance, FailsIfItIsThereAndTroubled) {
  world_.answer = by_url({{"/latest/api/token", respond(200, "t")}, {"", respond(500)}});
  EXPECT_EQ(get().error().code(), ErrorCode::kService);
  world_.answer = by_url({{"/latest/api/token", respond(200, "t")}});
  EXPECT_EQ(get().error().code(), ErrorCode::kNetwork);
  role("hunter2");
  EXPECT_EQ(get().error().code(), ErrorCode::kService);
  role(R"({"Code":"Success","AccessKeyId":"K"})");
  EXPECT_EQ(get().error().code(), ErrorCode::kService);
}

TEST_F(Instance, GoesOnWithCredentialsThatTheServiceFailsToReplace) {
  for (const char* expiration : {"2026-06-01T12:10:00Z", "2026-06-01T11:00:00Z"}) {
    role(keys(expiration));
    const auto credentials = get();
    ASSERT_TRUE(credentials);
    const auto left = *credentials->expires - World::kStart;
    EXPECT_GE(left, std::chrono::minutes(17)) << expiration;
    EXPECT_LE(left, std::chrono::minutes(25)) << expiration;
  }
}

TEST_F(Instance, IsReachedAsTheSettingsSay) {
  const auto settings_with = [&](std::map<std::string, std::string, std::less<>> variables,
                                 const std::string& config = "") {
    world_.variables = std::move(variables);
    world_.config(config);
    return instance_metadata_settings(world_.settings(), world_.host());
  };
  EXPECT_EQ(settings_with({})->endpoint, "http://169.254.169.254");
  EXPECT_EQ(settings_with({})->limits.timeout, std::chrono::seconds(1));
  EXPECT_EQ(settings_with({})->limits.attempts, 1);
  EXPECT_EQ(settings_with({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}})->endpoint, "http://[fd00:ec2::254]");
  EXPECT_EQ(settings_with({}, "[default]\nec2_metadata_service_endpoint_mode = ipv6\n")->endpoint,
            "http://[fd00:ec2::254]");
  EXPECT_EQ(settings_with({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/"},
                           {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}})
                ->endpoint,
            "http://127.0.0.1:1338");
  EXPECT_EQ(settings_with({}, "[default]\nec2_metadata_service_endpoint = http://h:1\n")->endpoint, "http://h:1");
  const auto slow = settings_with({{"AWS_METADATA_SERVICE_TIMEOUT", "5"}, {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3"}});
  EXPECT_EQ(slow->limits.timeout, std::chrono::seconds(5));
  EXPECT_EQ(slow->limits.attempts, 3);
  EXPECT_EQ(settings_with({}, "[default]\nmetadata_service_timeout = 7\n")->limits.timeout, std::chrono::seconds(7));
  for (const char* variable : {"AWS_METADATA_SERVICE_TIMEOUT", "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_EC2_METADATA_SERVICE_ENDPOINT"}) {
    const auto bad = settings_with({{variable, "zero?"}});
    ASSERT_FALSE(bad) << variable;
    EXPECT_EQ(bad.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(bad.error().message(), HasSubstr(variable));
  }
}

TEST_F(Instance, IsGivenUpQuicklyOverTheRealTransport) {
  ScriptedServer server([](const ServerRequest&) {
    ServerResponse response;
    response.fault = Fault::kStall;
    return response;
  });
  world_.variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}};
  CredentialsAccess access = world_.access();
  access.make_transport = make_curl_transport;
  const auto chain = make_credentials_chain(world_.settings(), world_.host(), access);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(chain->get({}).error().code(), ErrorCode::kUnauthenticated);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  world_.variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:" + std::to_string(unused_port())}};
  EXPECT_EQ(make_credentials_chain(world_.settings(), world_.host(), access)->get({}).error().code(),
            ErrorCode::kUnauthenticated);
}

TEST_F(Instance, AnswersOverTheRealTransport) {
  ScriptedServer server([](const ServerRequest& request) {
    ServerResponse response;
    if (request.target == "/latest/api/token") response.body = request.method == "PUT" ? "imds" : "";
    if (request.target.ends_with("security-credentials/")) response.body = "role";
    if (request.target.ends_with("/role")) response.body = keys("2099-01-01T00:00:00Z");
    return response;
  });
  world_.variables = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}};
  CredentialsAccess access = world_.access();
  access.make_transport = make_curl_transport;
  const auto credentials = make_credentials_chain(world_.settings(), world_.host(), access)->get({});
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(credentials->access_key_id, "K");
}

}  // namespace
}  // namespace attache::testing
