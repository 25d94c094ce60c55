#include "fake_host.hpp"

namespace attache::testing {
namespace {

constexpr auto kConfig =
    "[default]\nregion = default-region\n[profile farm]\nregion = farm-region\nendpoint_url = http://profile:1\n"
    "services = dev\ns3 =\n  addressing_style = virtual\nca_bundle = /ca/profile.pem\n"
    "[profile plain]\nendpoint_url = http://profile:1\nignore_configured_endpoint_urls = true\n"
    "[services dev]\ns3 =\n  endpoint_url = http://services:1\n";

AwsOptions profile_option(std::string name) {
  AwsOptions options;
  options.profile = std::move(name);
  return options;
}

TEST(AwsSettings, HaveDefaultsWhereNothingIsSet) {
  const auto settings = resolved({}, fake_host({}));
  EXPECT_EQ(settings.profile, "default");
  EXPECT_EQ(settings.region, "us-east-1");
  EXPECT_TRUE(settings.region_is_default);
  EXPECT_EQ(settings.endpoint_url, "");
  EXPECT_EQ(settings.addressing, S3Addressing::kAuto);
  EXPECT_EQ(settings.ca_bundle, "");
  EXPECT_EQ(settings.config_file, "/home/me/.aws/config");
}

TEST(AwsSettings, ReadNoFilesWithoutAHome) {
  AwsHost host = fake_host({});
  host.home.clear();
  host.read_file = [](const std::string&) -> Result<std::optional<std::string>> {
    ADD_FAILURE() << "a file was read";
    return std::nullopt;
  };
  EXPECT_EQ(resolved({}, host).config_file, "");
}

TEST(AwsSettings, ChooseTheRegionByOptionEnvironmentAndProfile) {
  AwsOptions option;
  option.region = "option-region";
  EXPECT_EQ(resolved(option, fake_host({{"AWS_REGION", "e"}}, kConfig)).region, "option-region");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_REGION", "e1"}, {"AWS_DEFAULT_REGION", "e2"}}, kConfig)).region, "e1");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_REGION", ""}, {"AWS_DEFAULT_REGION", "e2"}}, kConfig)).region, "e2");
  EXPECT_EQ(resolved({}, fake_host({}, kConfig)).region, "default-region");
  const auto settings = resolved({}, fake_host({{"AWS_PROFILE", "farm"}}, kConfig));
  EXPECT_EQ(settings.region, "farm-region");
  EXPECT_FALSE(settings.region_is_default);
}

TEST(AwsSettings, RefuseARegionThatCouldLeadToAnotherHost) {
  for (const char* region : {"evil.example/", "a.b", "-a", "a-", "a b", "x@y"}) {
    const auto settings = resolve_aws_settings({}, fake_host({{"AWS_REGION", region}}));
    ASSERT_FALSE(settings) << region;
    EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(settings.error().message().find("AWS_REGION"), std::string::npos);
  }
}

TEST(AwsSettings, ChooseTheProfileByOptionAndEnvironment) {
  EXPECT_EQ(resolved(profile_option("plain"), fake_host({{"AWS_PROFILE", "farm"}}, kConfig)).profile, "plain");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_PROFILE", "farm"}}, kConfig)).profile, "farm");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_DEFAULT_PROFILE", "farm"}}, kConfig)).profile, "farm");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_PROFILE", "only"}}, "", "[only]\nregion = c\n")).region, "c");
}

TEST(AwsSettings, NameTheProfilesThatThereAreWhenTheChosenOneIsMissing) {
  auto settings = resolve_aws_settings({}, fake_host({{"AWS_PROFILE", "fram"}}, kConfig));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(settings.error().message().find("'fram', named by AWS_PROFILE"), std::string::npos);
  EXPECT_NE(settings.error().remedy().find("default, farm, plain"), std::string::npos);
  settings = resolve_aws_settings(profile_option("x"), fake_host({}));
  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().remedy().find("/home/me/.aws/config"), std::string::npos);
}

TEST(AwsSettings, ChooseTheEndpointByOptionEnvironmentServicesAndProfile) {
  AwsOptions option = profile_option("farm");
  option.endpoint_url = "http://option:1";
  const std::map<std::string, std::string, std::less<>> both = {{"AWS_ENDPOINT_URL_S3", "http://s3:1"},
                                                                {"AWS_ENDPOINT_URL", "http://all:1"}};
  EXPECT_EQ(resolved(option, fake_host(both, kConfig)).endpoint_url, "http://option:1");
  EXPECT_EQ(resolved(profile_option("farm"), fake_host(both, kConfig)).endpoint_url, "http://s3:1");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_ENDPOINT_URL", "http://all:1"}}, kConfig)).endpoint_url, "http://all:1");
  EXPECT_EQ(resolved(profile_option("farm"), fake_host({}, kConfig)).endpoint_url, "http://services:1");
  EXPECT_EQ(resolved({}, fake_host({}, "[default]\nendpoint_url = http://p:1\n")).endpoint_url, "http://p:1");
}

TEST(AwsSettings, DoNotTakeAwsForServicesThatDoNotExist) {
  const char* const config = "[default]\nservices = dve\n[services dev]\ns3 =\n  endpoint_url = http://dev:1\n";
  const auto settings = resolve_aws_settings({}, fake_host({}, config));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(settings.error().message().find("'dve'"), std::string::npos) << settings.error().message();
  EXPECT_NE(settings.error().remedy().find("[services dve]"), std::string::npos) << settings.error().remedy();
  // Nobody looks at it then.
  EXPECT_EQ(resolved({}, fake_host({{"AWS_ENDPOINT_URL", "http://all:1"}}, config)).endpoint_url, "http://all:1");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}, config)).endpoint_url, "");
}

TEST(AwsSettings, IgnoreConfiguredEndpointsWhenToldTo) {
  EXPECT_EQ(resolved(profile_option("plain"), fake_host({}, kConfig)).endpoint_url, "");
  EXPECT_EQ(
      resolved({}, fake_host({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"}, {"AWS_ENDPOINT_URL", "http://all:1"}}))
          .endpoint_url,
      "");
  AwsOptions option = profile_option("plain");
  option.endpoint_url = "http://option:1";
  EXPECT_EQ(resolved(option, fake_host({}, kConfig)).endpoint_url, "http://option:1");
}

TEST(AwsSettings, SayWhereABadEndpointCameFrom) {
  for (const char* url : {"localhost:9000", "ftp://h", "http://u:hunter2@h", "http://h?x=hunter2"}) {
    const auto settings = resolve_aws_settings({}, fake_host({{"AWS_ENDPOINT_URL", url}}));
    ASSERT_FALSE(settings) << url;
    EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(settings.error().message().find("AWS_ENDPOINT_URL"), std::string::npos) << settings.error().message();
    EXPECT_EQ(settings.error().to_string().find("hunter2"), std::string::npos);
  }
}

TEST(AwsSettings, ReadAddressingFlagsAndCaBundle) {
  const auto settings = resolved(profile_option("farm"), fake_host({{"AWS_USE_FIPS_ENDPOINT", "true"}}, kConfig));
  EXPECT_EQ(settings.addressing, S3Addressing::kVirtualHost);
  EXPECT_TRUE(settings.use_fips);
  EXPECT_FALSE(settings.use_dualstack);
  EXPECT_EQ(settings.ca_bundle, "/ca/profile.pem");
  EXPECT_EQ(resolved(profile_option("farm"), fake_host({{"AWS_CA_BUNDLE", "/ca/env.pem"}}, kConfig)).ca_bundle,
            "/ca/env.pem");
  EXPECT_EQ(
      resolved({}, fake_host({}, "[default]\ns3=\n  addressing_style=path\nuse_dualstack_endpoint=true\n")).addressing,
      S3Addressing::kPath);
  EXPECT_FALSE(resolve_aws_settings({}, fake_host({{"AWS_USE_FIPS_ENDPOINT", "maybe"}})));
  EXPECT_FALSE(resolve_aws_settings({}, fake_host({}, "[default]\ns3=\n  addressing_style=odd\n")));
}

TEST(AwsSettings, ChooseTheEndpointsOfOtherServicesLikeThatOfS3) {
  AwsOptions option;
  option.endpoint_url = "http://option:1";
  const auto all = resolved(option, fake_host({{"AWS_ENDPOINT_URL", "http://all:1"},
                                               {"AWS_ENDPOINT_URL_STS", "http://sts:1"},
                                               {"AWS_ENDPOINT_URL_SSO", "http://sso:1"}}));
  EXPECT_EQ(all.endpoint_url, "http://option:1");
  EXPECT_EQ(all.sts_endpoint_url, "http://sts:1");
  EXPECT_EQ(all.sso_endpoint_url, "http://sso:1");
  EXPECT_EQ(all.sso_oidc_endpoint_url, "http://all:1");
  const auto services = resolved({}, fake_host({},
                                               "[default]\nservices = dev\nendpoint_url = http://p:1\n[services dev]\n"
                                               "sts =\n  endpoint_url = http://dev:1\n"));
  EXPECT_EQ(services.sts_endpoint_url, "http://dev:1");
  EXPECT_EQ(services.sso_endpoint_url, "http://p:1");
  EXPECT_EQ(resolved({}, fake_host({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}, {"AWS_ENDPOINT_URL_STS", "x"}}))
                .sts_endpoint_url,
            "");
  const auto bad = resolve_aws_settings({}, fake_host({{"AWS_ENDPOINT_URL_STS", "nonsense"}}));
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("AWS_ENDPOINT_URL_STS"), std::string::npos);
}

TEST(AwsSettings, ReadAccelerationDualStackChecksumsAndTheModeOfSts) {
  const auto defaults = resolved({}, fake_host({}));
  EXPECT_FALSE(defaults.use_accelerate);
  EXPECT_FALSE(defaults.s3_use_dualstack);
  EXPECT_EQ(defaults.request_checksums, ChecksumMode::kWhenSupported);
  EXPECT_EQ(defaults.response_checksums, ChecksumMode::kWhenSupported);
  EXPECT_TRUE(defaults.sts_regional);
  const auto settings = resolved(
      {}, fake_host({{"AWS_RESPONSE_CHECKSUM_VALIDATION", "WHEN_REQUIRED"}},
                    "[default]\ns3 =\n  use_accelerate_endpoint = true\n  use_dualstack_endpoint = true\n"
                    "request_checksum_calculation = when_required\nresponse_checksum_validation = when_supported\n"
                    "sts_regional_endpoints = legacy\n"));
  EXPECT_TRUE(settings.use_accelerate);
  EXPECT_TRUE(settings.s3_use_dualstack);
  EXPECT_FALSE(settings.use_dualstack);
  EXPECT_EQ(settings.request_checksums, ChecksumMode::kWhenRequired);
  EXPECT_EQ(settings.response_checksums, ChecksumMode::kWhenRequired);
  EXPECT_FALSE(settings.sts_regional);
  for (const char* variable :
       {"AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION", "AWS_STS_REGIONAL_ENDPOINTS"}) {
    const auto bad = resolve_aws_settings({}, fake_host({{variable, "sometimes"}}));
    ASSERT_FALSE(bad) << variable;
    EXPECT_EQ(bad.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(bad.error().message().find(variable), std::string::npos);
  }
  EXPECT_FALSE(resolve_aws_settings({}, fake_host({}, "[default]\ns3 =\n  use_accelerate_endpoint = maybe\n")));
}

TEST(AwsSettings, KeepWhatEachFileSays) {
  const auto settings =
      resolved({}, fake_host({}, "[default]\na = config\nb = config\n", "[default]\na = credentials\n"));
  EXPECT_EQ(settings.profiles.find("default", "a"), "credentials");
  EXPECT_EQ(settings.profiles.find("default", "b"), "config");
  EXPECT_EQ(settings.config_profiles.find("default", "a"), "config");
  EXPECT_EQ(settings.credentials_profiles.find("default", "a"), "credentials");
  EXPECT_FALSE(settings.credentials_profiles.find("default", "b"));
}

TEST(AwsSettings, TakeOtherFilesFromTheEnvironment) {
  AwsHost host = fake_host({{"AWS_CONFIG_FILE", "~/c"}, {"AWS_SHARED_CREDENTIALS_FILE", "/abs/k"}});
  host.read_file = [](const std::string& path) -> Result<std::optional<std::string>> {
    if (path == "/home/me/c") return "[default]\nregion = r\n";
    if (path == "/abs/k") return "[default]\naws_access_key_id = K\n";
    ADD_FAILURE() << path;
    return std::nullopt;
  };
  const auto settings = resolved({}, host);
  EXPECT_EQ(settings.region, "r");
  EXPECT_EQ(settings.profiles.find("default", "aws_access_key_id"), "K");
}

TEST(AwsSettings, PassOnAFileThatCannotBeReadOrParsed) {
  AwsHost host = fake_host({});
  host.read_file = [](const std::string&) -> Result<std::optional<std::string>> {
    return fail(ErrorCode::kPermissionDenied, "no", "x");
  };
  EXPECT_EQ(resolve_aws_settings({}, host).error().code(), ErrorCode::kPermissionDenied);
  const auto settings = resolve_aws_settings({}, fake_host({}, "", "[default]\nhunter2\n"));
  ASSERT_FALSE(settings);
  EXPECT_NE(settings.error().message().find("/home/me/.aws/credentials"), std::string::npos);
}

}  // namespace
}  // namespace attache::testing
