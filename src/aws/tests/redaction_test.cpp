#include <attache/http/url.hpp>

#include "secrets.hpp"
#include "world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace attache::testing {
namespace {

TEST(Secrets, AreMaskedInWhatAServiceSaid) {
  EXPECT_EQ(shown_without("token abc+/= is bad", {"abc+/="}), "token **** is bad");
  EXPECT_EQ(shown_without("token=abc%2B%2F%3D&x", {"abc+/="}), "token=****&x");
  EXPECT_EQ(shown_without("aaaa b aaaaaaaa", {"aaaa", "", "b"}), "**** b ********");
  EXPECT_EQ(shown_without("line\nbreak", {}), "line\\nbreak");
  const std::string shown = shown_without(std::string(299, 'x') + "\xC3\xA9 and more", {});
  EXPECT_EQ(shown, std::string(299, 'x') + "...");
}

/// Every kind of source, fed with secrets that are easy to recognise, against a service that repeats everything that it
/// is sent.
class Redaction : public ::testing::Test {
 protected:
  static constexpr std::array<std::string_view, 14> kSecrets = {
      "SECRETKEY/of+options",  "SECRETKEY/of+environment", "TOKEN/of+environment", "SECRETKEY/of+file",
      "TOKEN/of+file",         "WEBTOKEN.of-pod",          "BEARER/of+login",      "REFRESH/of+login",
      "CLIENTSECRET/of+login", "ARGUMENT/of+process",      "OUTPUT/of+process",    "AUTHORIZATION/of+container",
      "IMDSTOKEN/of+instance", "EXTERNALID/of+role"};

  World world_;
  std::vector<std::string> said_;

  void SetUp() override {
    world_.files["/token"] = "WEBTOKEN.of-pod";
    world_.files["/authorization"] = "AUTHORIZATION/of+container";
    world_.run = [](const ProcessCommand&, const std::stop_token&) -> Result<ProcessResult> {
      return ProcessResult{0, "OUTPUT/of+process"};
    };
  }

  void note(const Result<Credentials>& result) {
    if (!result) said_.push_back(result.error().to_string());
  }

  /// Asks under every kind of bad answer.
  void ask_in_every_weather() {
    const auto echo = [](const SeenRequest& request) {
      std::string text = request.body;
      if (const auto decoded = percent_decode(request.body)) text += " " + *decoded;
      for (const auto& [name, value] : request.headers.fields()) text += " " + name + " " + value;
      return text;
    };
    const auto json_echo = [echo](const SeenRequest& request) {
      std::string text = echo(request);
      std::replace(text.begin(), text.end(), '"', '\'');
      std::replace(text.begin(), text.end(), '\\', '/');
      return R"({"message":")" + text + R"(","error":")" + text + R"(","Code":"bad"})";
    };
    const auto xml_echo = [echo](const SeenRequest& request) {
      std::string text = echo(request);
      std::replace(text.begin(), text.end(), '&', ' ');
      std::replace(text.begin(), text.end(), '<', ' ');
      return sts_error(text.substr(0, 200), text);
    };
    std::vector<FakeTransport::Answer> weathers;
    // Not 429 and 5xx: these are tried again, after a pause, and end like 301.
    for (const int status : {200, 301, 400, 401, 403, 404}) {
      weathers.emplace_back([=](const SeenRequest& r, const std::stop_token&) { return respond(status, echo(r)); });
      weathers.emplace_back(
          [=](const SeenRequest& r, const std::stop_token&) { return respond(status, json_echo(r)); });
      weathers.emplace_back([=](const SeenRequest& r, const std::stop_token&) { return respond(status, xml_echo(r)); });
    }
    weathers.emplace_back([](const SeenRequest&, const std::stop_token&) -> Result<HttpResponse> {
      return fail(ErrorCode::kService, "bad certificate", "x");
    });
    for (auto& weather : weathers) {
      world_.answer = [weather](const SeenRequest& request, const std::stop_token& stop) -> Result<HttpResponse> {
        if (request.url.find("/latest/api/token") != std::string::npos) return respond(200, "IMDSTOKEN/of+instance");
        return weather(request, stop);
      };
      note(world_.get());
    }
  }

  void TearDown() override {
    EXPECT_FALSE(said_.empty());
    for (const std::string& text : said_) {
      for (const std::string_view secret : kSecrets) {
        EXPECT_EQ(text.find(secret), std::string::npos) << text;
        EXPECT_EQ(text.find(percent_encode(secret)), std::string::npos) << text;
      }
    }
  }
};

TEST_F(Redaction, HoldsForHalvesOfKeys) {
  world_.options.credentials = {"", "SECRETKEY/of+options", "", "", {}};
  note(world_.get());
  world_.options.credentials = {};
  world_.variables = {{"AWS_SECRET_ACCESS_KEY", "SECRETKEY/of+environment"}};
  note(world_.get());
  world_.variables = {};
  world_.credentials("[default]\naws_secret_access_key = SECRETKEY/of+file\n");
  note(world_.get());
}

TEST_F(Redaction, HoldsForRoles) {
  world_.options.profile = "r";
  world_.config(
      "[profile r]\nrole_arn = arn\nsource_profile = s\nexternal_id = EXTERNALID/of+role\n"
      "[profile s]\naws_access_key_id = K\naws_secret_access_key = SECRETKEY/of+file\n"
      "aws_session_token = TOKEN/of+file\n");
  ask_in_every_weather();
}

TEST_F(Redaction, HoldsForWebIdentities) {
  world_.variables = {{"AWS_WEB_IDENTITY_TOKEN_FILE", "/token"}, {"AWS_ROLE_ARN", "arn"}};
  ask_in_every_weather();
}

TEST_F(Redaction, HoldsForLogins) {
  world_.options.profile = "l";
  world_.config(
      "[profile l]\nsso_session = sso\nsso_account_id = 1\nsso_role_name = r\n"
      "[sso-session sso]\nsso_start_url = https://x\nsso_region = us-east-1\n");
  const std::string path = "/home/me/.aws/sso/cache/afb9d1dcf212fa33d079a070ab90f0bef03c324b.json";
  for (const char* expires : {"2026-06-01T18:00:00Z", "2026-06-01T11:00:00Z"}) {
    world_.files[path] = R"({"accessToken":"BEARER/of+login","refreshToken":"REFRESH/of+login","clientId":"c",)"
                         R"("clientSecret":"CLIENTSECRET/of+login","registrationExpiresAt":"2027-01-01T00:00:00Z",)"
                         R"("expiresAt":")" +
                         std::string(expires) + "\"}";
    ask_in_every_weather();
  }
  world_.files[path] = "BEARER/of+login";
  ask_in_every_weather();
}

TEST_F(Redaction, HoldsForProcesses) {
  world_.options.profile = "p";
  world_.config("[profile p]\ncredential_process = tool ARGUMENT/of+process\n");
  for (const char* output :
       {"OUTPUT/of+process", R"({"Version":1,"AccessKeyId":"OUTPUT/of+process"})",
        R"({"Version":1,"SecretAccessKey":"OUTPUT/of+process"})",
        R"({"Version":1,"AccessKeyId":"K","SecretAccessKey":"s","Expiration":"OUTPUT/of+process"})"}) {
    for (const int status : {0, 1}) {
      world_.run = [=](const ProcessCommand&, const std::stop_token&) -> Result<ProcessResult> {
        return ProcessResult{status, output};
      };
      note(world_.get());
    }
  }
  world_.config("[profile p]\ncredential_process = tool 'ARGUMENT/of+process\n");
  note(world_.get());
  // The real runner, with a program that says its secrets everywhere and fails.
  world_.config(
      "[profile p]\ncredential_process = /bin/sh -c \"echo OUTPUT/of+process; echo OUTPUT/of+process >&2; exit 1\" "
      "ARGUMENT/of+process\n");
  world_.run = run_process;
  note(world_.get());
  world_.config("[profile p]\ncredential_process = /nowhere/tool ARGUMENT/of+process\n");
  note(world_.get());
}

TEST_F(Redaction, HoldsForContainersAndInstances) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "https://pod.example/x"},
                      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/authorization"}};
  ask_in_every_weather();
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://AUTHORIZATION/of+container"}};
  note(world_.get());
  world_.variables = {};
  ask_in_every_weather();
}

TEST_F(Redaction, HoldsForFilesThatCannotBeParsed) {
  for (const char* text : {"[default]\nSECRETKEY/of+file\n", "SECRETKEY/of+file = 1\n", "[SECRETKEY/of+file\n"}) {
    world_.credentials(text);
    const auto settings = resolve_aws_settings({}, world_.host());
    ASSERT_FALSE(settings) << text;
    said_.push_back(settings.error().to_string());
  }
}

}  // namespace
}  // namespace attache::testing
