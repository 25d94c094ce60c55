#include <attache/http/url.hpp>

#include "sts_client.hpp"
#include "world.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace attache::testing {
namespace {

constexpr auto kRole =
    "[profile farm]\nrole_arn = arn:aws:iam::123456789012:role/farm\nsource_profile = base\nregion = eu-west-1\n"
    "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = basesecret\n";

class AssumeRole : public ::testing::Test {
 protected:
  World world_;

  void choose(const std::string& profile, const std::string& config) {
    world_.options.profile = profile;
    world_.config(config);
  }

  std::map<std::string, std::string> form(std::size_t index = 0) {
    std::map<std::string, std::string> fields;
    const auto requests = world_.requests();
    if (index >= requests.size()) return fields;
    const auto parsed = decode_query(requests[index].body);
    for (const auto& [name, value] : parsed.value()) fields[name] = value;
    return fields;
  }

  std::string authorization(std::size_t index = 0) {
    return std::string(world_.requests().at(index).headers.find("authorization").value_or(""));
  }
};

TEST_F(AssumeRole, SignsACallToTheRegionsStsWithTheSourceProfilesKeys) {
  choose("farm", kRole);
  world_.answer = by_url({{"", respond(200, sts_answer())}});
  const auto credentials = world_.get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(*credentials,
            (Credentials{"ROLEKEY", "rolesecret", "roletoken", "123456789012", World::kStart + std::chrono::hours(1)}));
  ASSERT_EQ(world_.requests().size(), 1U);
  EXPECT_EQ(world_.requests()[0].url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(world_.requests()[0].method, HttpMethod::kPost);
  const std::map<std::string, std::string> expected = {{"Action", "AssumeRole"},
                                                       {"Version", "2011-06-15"},
                                                       {"RoleArn", "arn:aws:iam::123456789012:role/farm"},
                                                       {"RoleSessionName", "attache-1780315200"}};
  EXPECT_EQ(form(), expected);
  EXPECT_NE(authorization().find("Credential=BASEKEY/20260601/eu-west-1/sts/aws4_request"), std::string::npos);
}

TEST_F(AssumeRole, PassesOnSessionNameExternalIdAndDuration) {
  choose("farm", std::string(kRole) +
                     "[profile x]\nrole_arn = r\nsource_profile = base\nrole_session_name = shot42\n"
                     "external_id = id+1\nduration_seconds = 3600\n");
  world_.options.profile = "x";
  world_.answer = by_url({{"", respond(200, sts_answer())}});
  ASSERT_TRUE(world_.get());
  EXPECT_EQ(form()["RoleSessionName"], "shot42");
  EXPECT_EQ(form()["ExternalId"], "id+1");
  EXPECT_EQ(form()["DurationSeconds"], "3600");
}

TEST_F(AssumeRole, GoesThroughAChainOfProfiles) {
  choose("c",
         "[profile a]\naws_access_key_id = AKEY\naws_secret_access_key = s\n"
         "[profile b]\nrole_arn = role-b\nsource_profile = a\n[profile c]\nrole_arn = role-c\nsource_profile = b\n");
  world_.answer = [](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    return respond(200, sts_answer("AssumeRole", request.body.find("role-b") != std::string::npos ? "BKEY" : "CKEY"));
  };
  const auto credentials = world_.get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(credentials->access_key_id, "CKEY");
  EXPECT_NE(authorization(0).find("Credential=AKEY/"), std::string::npos);
  EXPECT_NE(authorization(1).find("Credential=BKEY/"), std::string::npos);
  EXPECT_EQ(world_.requests()[1].headers.find("x-amz-security-token"), "roletoken");
}

TEST_F(AssumeRole, KeepsTheRoleInTheMiddleWhileItIsGood) {
  choose("c",
         "[profile a]\naws_access_key_id = AKEY\naws_secret_access_key = s\n"
         "[profile b]\nrole_arn = role-b\nsource_profile = a\n[profile c]\nrole_arn = role-c\nsource_profile = b\n");
  world_.answer = [](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    const bool is_b = request.body.find("role-b") != std::string::npos;
    return respond(
        200, sts_answer("AssumeRole", is_b ? "BKEY" : "CKEY", is_b ? "2026-06-01T20:00:00Z" : "2026-06-01T13:00:00Z"));
  };
  const auto chain = world_.chain();
  ASSERT_TRUE(chain->get({}));
  world_.pass(std::chrono::minutes(46));
  ASSERT_TRUE(chain->get({}));
  EXPECT_EQ(world_.requests().size(), 3U);  // b, c, c
}

TEST_F(AssumeRole, LetsAProfileWithKeysNameItself) {
  choose("self",
         "[profile self]\nrole_arn = r\nsource_profile = self\naws_access_key_id = SELFKEY\n"
         "aws_secret_access_key = s\n");
  world_.answer = by_url({{"", respond(200, sts_answer())}});
  ASSERT_TRUE(world_.get());
  EXPECT_NE(authorization().find("Credential=SELFKEY/"), std::string::npos);
}

TEST_F(AssumeRole, UsesTheKeysOfASourceProfileRatherThanItsRole) {
  choose("a",
         "[profile a]\nrole_arn = r\nsource_profile = b\n"
         "[profile b]\nrole_arn = q\nsource_profile = a\naws_access_key_id = BKEY\naws_secret_access_key = s\n");
  world_.answer = by_url({{"", respond(200, sts_answer())}});
  ASSERT_TRUE(world_.get());
  EXPECT_NE(authorization().find("Credential=BKEY/"), std::string::npos);
  EXPECT_EQ(world_.requests().size(), 1U);
}

TEST_F(AssumeRole, TakesItsSourceFromTheEnvironmentOrTheContainerIfTheProfileSaysSo) {
  choose("e",
         "[profile e]\nrole_arn = r\ncredential_source = Environment\n"
         "[profile c]\nrole_arn = r\ncredential_source = EcsContainer\n"
         "[profile i]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n");
  world_.variables = {{"AWS_ACCESS_KEY_ID", "ENVKEY"},
                      {"AWS_SECRET_ACCESS_KEY", "s"},
                      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/task"}};
  const std::string keys =
      R"({"AccessKeyId":"K","SecretAccessKey":"s","Token":"t","Expiration":"2026-06-01T18:00:00Z"})";
  world_.answer = by_url({{"sts.", respond(200, sts_answer())},
                          {"/task", respond(200, keys)},
                          {"/latest/api/token", respond(200, "imds")},
                          {"security-credentials/role", respond(200, keys)},
                          {"security-credentials/", respond(200, "role")}});
  ASSERT_TRUE(world_.get());
  EXPECT_NE(authorization(0).find("Credential=ENVKEY/"), std::string::npos);
  world_.options.profile = "c";
  ASSERT_TRUE(world_.get());
  EXPECT_NE(authorization(2).find("Credential=K/"), std::string::npos);
  world_.options.profile = "i";
  ASSERT_TRUE(world_.get());
  EXPECT_NE(authorization(6).find("Credential=K/"), std::string::npos);
}

TEST_F(AssumeRole, SaysWhatIsWrongWithTheSettings) {
  struct Case {
    std::string profile;
    std::string settings;
    ErrorCode code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"p", "[profile p]\nrole_arn = r\n", ErrorCode::kInvalidArgument, "neither source_profile nor credential_source"},
      {"p", "[profile p]\nrole_arn = r\nsource_profile = p\ncredential_source = Environment\n",
       ErrorCode::kInvalidArgument, "both source_profile and credential_source"},
      {"p", "[profile p]\nrole_arn = r\nsource_profile = q\n", ErrorCode::kInvalidArgument,
       "names the source_profile 'q', which does not exist"},
      {"p", "[profile p]\nrole_arn = r\nsource_profile = p\n", ErrorCode::kInvalidArgument,
       "closes a circle of source profiles: p -> p"},
      {"p", "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = r\nsource_profile = p\n",
       ErrorCode::kInvalidArgument, "circle of source profiles: p -> q -> p"},
      {"p", "[profile p]\nrole_arn = r\ncredential_source = Nowhere\n", ErrorCode::kInvalidArgument,
       "unknown credential_source 'Nowhere'"},
      {"p", "[profile p]\nrole_arn = r\ncredential_source = Environment\nduration_seconds = soon\n",
       ErrorCode::kInvalidArgument, "duration_seconds"},
      {"p", "[profile p]\nrole_arn = r\ncredential_source = Environment\nduration_seconds = 60\n",
       ErrorCode::kInvalidArgument, "duration_seconds"},
      {"p", "[profile p]\nrole_arn = r\ncredential_source = Environment\nmfa_serial = arn:aws:iam::1:mfa/me\n",
       ErrorCode::kUnsupported, "mfa_serial"},
      {"p", "[profile p]\nrole_arn = r\ncredential_source = Environment\n", ErrorCode::kPermissionDenied,
       "role 'r' of profile 'p' cannot be assumed: no access key in the environment"},
      {"p", "[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nregion = x\n", ErrorCode::kPermissionDenied,
       "cannot be assumed: no AWS credentials found: no access key in profile 'q'"},
  };
  for (const Case& test : cases) {
    choose(test.profile, test.settings);
    const auto result = world_.get();
    ASSERT_FALSE(result) << test.settings;
    EXPECT_EQ(result.error().code(), test.code) << result.error().to_string();
    EXPECT_NE(result.error().message().find(test.message), std::string::npos) << result.error().to_string();
    EXPECT_NE(result.error().remedy(), "");
  }
  EXPECT_TRUE(world_.requests().empty());
}

TEST_F(AssumeRole, NamesTheCommandThatHelpsWithASecondFactor) {
  choose("p", "[profile p]\nrole_arn = r\ncredential_source = Environment\nmfa_serial = m\n");
  EXPECT_NE(world_.get().error().remedy().find("aws configure export-credentials --profile p --format env"),
            std::string::npos);
}

TEST_F(AssumeRole, SaysWhyStsRefused) {
  choose("farm", kRole);
  world_.answer = by_url({{"", respond(403, sts_error("AccessDenied", "User: arn:x is not authorized"))}});
  const auto result = world_.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(
      result.error().message(),
      "AssumeRole for role 'arn:aws:iam::123456789012:role/farm' was refused with 403 AccessDenied: User: arn:x is "
      "not authorized");
  EXPECT_NE(result.error().remedy().find("trust policy"), std::string::npos);
  for (const char* code : {"InvalidClientTokenId", "SignatureDoesNotMatch", "ValidationError",
                           "RegionDisabledException", "MalformedPolicyDocument"}) {
    world_.answer = by_url({{"", respond(400, sts_error(code))}});
    EXPECT_EQ(world_.get().error().code(), ErrorCode::kPermissionDenied) << code;
    EXPECT_NE(world_.get().error().remedy(), "") << code;
  }
}

TEST_F(AssumeRole, TriesAgainAfterPassingFailuresOnly) {
  choose("farm", kRole);
  const auto count_of = [&](Result<HttpResponse> first) {
    World world;
    world.options.profile = "farm";
    world.config(kRole);
    int calls = 0;
    world.answer = [&](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
      return ++calls == 1 ? first : respond(200, sts_answer());
    };
    const auto result = StsClient(world.context()).assume_role({"r", "s", "", {}}, {"K", "s", "", "", {}}, {});
    EXPECT_EQ(result.credentials.has_value(), calls == 2);
    return calls;
  };
  EXPECT_EQ(count_of(respond(503, "")), 2);
  EXPECT_EQ(count_of(respond(429, "")), 2);
  EXPECT_EQ(count_of(respond(400, sts_error("Throttling"))), 2);
  EXPECT_EQ(count_of(fail(ErrorCode::kNetwork, "reset", "x")), 2);
  EXPECT_EQ(count_of(respond(403, sts_error("AccessDenied"))), 1);
  EXPECT_EQ(count_of(fail(ErrorCode::kService, "certificate", "x")), 1);
}

TEST_F(AssumeRole, FetchesExpiredSourceCredentialsAnewOnce) {
  choose("c",
         "[profile a]\naws_access_key_id = AKEY\naws_secret_access_key = s\n"
         "[profile b]\nrole_arn = role-b\nsource_profile = a\n[profile c]\nrole_arn = role-c\nsource_profile = b\n");
  int b = 0;
  int c = 0;
  world_.answer = [&](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    if (request.body.find("role-b") != std::string::npos) {
      return respond(200, sts_answer("AssumeRole", "BKEY" + std::to_string(++b)));
    }
    if (++c == 1) return respond(403, sts_error("ExpiredToken"));
    return respond(200, sts_answer());
  };
  ASSERT_TRUE(world_.get());
  EXPECT_EQ(b, 2);
  EXPECT_EQ(c, 2);

  b = c = 0;
  world_.answer = [&](const SeenRequest& request, const std::stop_token&) -> Result<HttpResponse> {
    if (request.body.find("role-b") != std::string::npos) {
      ++b;
      return respond(200, sts_answer());
    }
    ++c;
    return respond(403, sts_error("ExpiredToken"));
  };
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(c, 2);
}

TEST_F(AssumeRole, RefusesAnswersThatMakeNoSense) {
  choose("farm", kRole);
  for (const std::string& body :
       {std::string("no xml <"), std::string("<html/>"), sts_answer("AssumeRole", ""),
        sts_answer("AssumeRole", "K", "soon"), sts_answer("AssumeRoleWithWebIdentity"), std::string()}) {
    world_.answer = by_url({{"", respond(200, body)}});
    const auto result = world_.get();
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code(), ErrorCode::kService) << body;
    EXPECT_NE(result.error().message().find("sts.eu-west-1.amazonaws.com"), std::string::npos);
  }
  world_.answer = by_url({{"", respond(301, "")}});
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kService);
}

TEST_F(AssumeRole, ChoosesTheEndpointByTheSettings) {
  const auto url_with = [&](std::map<std::string, std::string, std::less<>> variables, const std::string& more = "") {
    World world;
    world.options.profile = "farm";
    world.config(std::string(kRole) + more);
    world.variables = std::move(variables);
    world.answer = by_url({{"", respond(200, sts_answer())}});
    EXPECT_TRUE(world.get());
    return world.requests().at(0).url + " " +
           std::string(world.requests().at(0).headers.find("authorization").value_or("")).substr(17, 50);
  };
  EXPECT_THAT(url_with({}), ::testing::StartsWith("https://sts.eu-west-1.amazonaws.com/ "));
  EXPECT_EQ(url_with({{"AWS_STS_REGIONAL_ENDPOINTS", "legacy"}}),
            "https://sts.amazonaws.com/ Credential=BASEKEY/20260601/us-east-1/sts/aws4_req");
  EXPECT_THAT(url_with({{"AWS_STS_REGIONAL_ENDPOINTS", "legacy"}, {"AWS_REGION", "eu-south-1"}}),
              ::testing::StartsWith("https://sts.eu-south-1.amazonaws.com/ "));
  EXPECT_THAT(url_with({{"AWS_USE_FIPS_ENDPOINT", "true"}}),
              ::testing::StartsWith("https://sts-fips.eu-west-1.amazonaws.com/ "));
  EXPECT_THAT(url_with({{"AWS_REGION", "cn-north-1"}}),
              ::testing::StartsWith("https://sts.cn-north-1.amazonaws.com.cn/ "));
  EXPECT_THAT(url_with({{"AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9/sts"}, {"AWS_ENDPOINT_URL", "http://other"}}),
              ::testing::StartsWith("http://127.0.0.1:9/sts "));
  EXPECT_THAT(url_with({{"AWS_ENDPOINT_URL", "http://all.example"}}), ::testing::StartsWith("http://all.example "));
}

TEST_F(AssumeRole, EndsWithinAQuarterOfASecondWhenToldTo) {
  choose("farm", kRole);
  std::stop_source stop;
  std::atomic<bool> is_waiting{false};
  world_.answer = [&](const SeenRequest&, const std::stop_token& token) -> Result<HttpResponse> {
    is_waiting = true;
    while (!token.stop_requested()) std::this_thread::yield();
    return cancelled();
  };
  const auto chain = world_.chain();
  std::jthread stopper([&] {
    while (!is_waiting) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(chain->get(stop.get_token()).error().code(), ErrorCode::kCancelled);
}

class WebIdentity : public ::testing::Test {
 protected:
  World world_;
  WebIdentity() {
    world_.files["/token"] = "eyJhbGciOi.token\n";
    world_.answer = by_url({{"", respond(200, sts_answer("AssumeRoleWithWebIdentity"))}});
  }
};

TEST_F(WebIdentity, OfTheEnvironmentSendsItsTokenUnsigned) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"},
                      {"AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"},
                      {"AWS_ROLE_SESSION_NAME", "pod-1"},
                      {"AWS_REGION", "eu-west-1"}};
  const auto credentials = world_.get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(credentials->access_key_id, "ROLEKEY");
  EXPECT_EQ(credentials->account_id, "123456789012");
  const auto request = world_.requests().at(0);
  EXPECT_EQ(request.url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_FALSE(request.headers.find("authorization"));
  const auto form = decode_query(request.body).value();
  EXPECT_THAT(form, ::testing::Contains(std::pair<std::string, std::string>("Action", "AssumeRoleWithWebIdentity")));
  EXPECT_THAT(form, ::testing::Contains(std::pair<std::string, std::string>("WebIdentityToken", "eyJhbGciOi.token")));
  EXPECT_THAT(form, ::testing::Contains(std::pair<std::string, std::string>("RoleSessionName", "pod-1")));
}

TEST_F(WebIdentity, OfAProfileWinsOverItsSourceProfile) {
  world_.options.profile = "w";
  world_.config("[profile w]\nrole_arn = r\nsource_profile = w\nweb_identity_token_file = /token\n");
  ASSERT_TRUE(world_.get());
  EXPECT_NE(world_.requests().at(0).body.find("AssumeRoleWithWebIdentity"), std::string::npos);
}

TEST_F(WebIdentity, OfTheEnvironmentIsNotUsedForAProfileThatAnOptionChose) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "r"}};
  world_.options.profile = "k";
  world_.config("[profile k]\naws_access_key_id = K\naws_secret_access_key = s\n");
  EXPECT_EQ(world_.get()->access_key_id, "K");
  world_.options.profile.clear();
  world_.variables["AWS_PROFILE"] = "k";
  EXPECT_EQ(world_.get()->access_key_id, "ROLEKEY");
}

TEST_F(WebIdentity, ReadsTheTokenAnewForEachCall) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "r"}};
  const auto chain = world_.chain();
  const auto first = chain->get({});
  ASSERT_TRUE(first);
  world_.files["/token"] = "second";
  chain->discard(*first);
  ASSERT_TRUE(chain->get({}));
  EXPECT_NE(world_.requests().at(1).body.find("WebIdentityToken=second"), std::string::npos);
}

TEST_F(WebIdentity, SaysWhatIsMissing) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}};
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(world_.get().error().remedy().find("AWS_ROLE_ARN"), std::string::npos);
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"}, {"AWS_ROLE_ARN", "r"}};
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kNotFound);
  EXPECT_NE(world_.get().error().message().find("'/nowhere'"), std::string::npos);
  world_.files["/token"] = "\n";
  world_.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  EXPECT_EQ(world_.get().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(WebIdentity, TriesAgainWhenTheProviderCouldNotBeAsked) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "r"}};
  int calls = 0;
  world_.answer = [&](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
    if (++calls == 1) return respond(400, sts_error("IDPCommunicationError"));
    return respond(200, sts_answer("AssumeRoleWithWebIdentity"));
  };
  EXPECT_TRUE(StsClient(world_.context()).assume_role_with_web_identity({"r", "s", "", {}}, "t", {}));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace attache::testing
