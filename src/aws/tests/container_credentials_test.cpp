#include "container_credentials.hpp"

#include "world.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace attache::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kAnswer =
    R"({"RoleArn":"r","AccessKeyId":"K","SecretAccessKey":"s","Token":"t","Expiration":"2026-06-01T18:00:00Z"})";

class Container : public ::testing::Test {
 protected:
  World world_;
  Container() { world_.answer = by_url({{"", respond(200, kAnswer)}}); }

  Result<Credentials> get(CallLimits limits = {std::chrono::milliseconds(2000), 3, std::chrono::milliseconds(0)}) {
    return ContainerCredentials(world_.context(), limits).get({});
  }
};

TEST_F(Container, AreNotThereIfNoVariableNamesThem) {
  EXPECT_EQ(get().error().code(), ErrorCode::kUnauthenticated);
  EXPECT_TRUE(world_.requests().empty());
}

TEST_F(Container, AreAskedForAtTheAddressOfEcs) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x?id=1"},
                      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/ignored"}};
  const auto credentials = get();
  ASSERT_TRUE(credentials) << credentials.error().to_string();
  EXPECT_EQ(*credentials, (Credentials{"K", "s", "t", "", World::kStart + std::chrono::hours(6)}));
  EXPECT_EQ(world_.requests().at(0).url, "http://169.254.170.2/v2/credentials/x?id=1");
  EXPECT_FALSE(world_.requests().at(0).headers.find("authorization"));
}

TEST_F(Container, AreAskedForWithTheToken) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
                      {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic abc"}};
  ASSERT_TRUE(get());
  EXPECT_EQ(world_.requests().at(0).headers.find("authorization"), "Basic abc");
  world_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  world_.files["/token"] = "from file\n";
  ASSERT_TRUE(get());
  EXPECT_EQ(world_.requests().at(1).headers.find("authorization"), "from file");
  world_.files["/token"] = "renewed";
  ASSERT_TRUE(get());
  EXPECT_EQ(world_.requests().at(2).headers.find("authorization"), "renewed");
}

TEST_F(Container, AreTakenOverPlainHttpOnlyFromHostsThatCannotBeElsewhere) {
  for (const char* url :
       {"http://localhost/x", "http://127.0.0.1:8080/x", "http://127.255.0.9/x", "http://[::1]/x",
        "http://169.254.170.2/", "http://169.254.170.23/", "http://[fd00:ec2::23]/v1", "https://anywhere.example/x"}) {
    world_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_TRUE(get()) << url;
  }
  const std::size_t asked = world_.requests().size();
  for (const char* url :
       {"http://evil.example/x", "http://127.evil.example/", "http://127.0.0.1.evil.example/", "http://128.0.0.1/",
        "http://127.0.0/", "http://127.0.0.256/", "http://127.0.0.1.1/", "http://169.254.170.3/", "http://[::2]/",
        "http://localhost.evil.example/", "ftp://localhost/", "localhost", "http://user:hunter2@localhost/"}) {
    world_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    const auto result = get();
    ASSERT_FALSE(result) << url;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument) << url;
    EXPECT_THAT(result.error().message(), HasSubstr("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(world_.requests().size(), asked);
}

TEST_F(Container, RefuseARelativeUriThatWouldNameAnotherHost) {
  for (const char* uri : {".evil.example/x", "@evil.example/x", ":80@evil.example", ":8080/x", "x", "/a b"}) {
    world_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = uri;
    EXPECT_EQ(get().error().code(), ErrorCode::kInvalidArgument) << uri;
  }
  EXPECT_TRUE(world_.requests().empty());
}

TEST_F(Container, RefuseATokenThatIsNoHeader) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x"},
                      {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2\r\nx: y"}};
  const auto result = get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().to_string().find("hunter2"), std::string::npos);
  world_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/gone";
  EXPECT_EQ(get().error().code(), ErrorCode::kNotFound);
}

TEST_F(Container, ThatFailDoNotMakeRoomForAnotherIdentity) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}};
  struct Case {
    Result<HttpResponse> answer;
    ErrorCode code;
    std::size_t attempts;
  };
  const std::vector<Case> cases = {
      {fail(ErrorCode::kNetwork, "no", "x"), ErrorCode::kNetwork, 3},
      {respond(500, "x"), ErrorCode::kService, 3},
      {respond(404, R"({"code":"NoRole","message":"no role"})"), ErrorCode::kPermissionDenied, 1},
      {respond(200, "hunter2"), ErrorCode::kService, 1},
      {respond(200, R"({"AccessKeyId":"K","SecretAccessKey":"s","Token":"t"})"), ErrorCode::kService, 1},
      {respond(200, R"({"AccessKeyId":"K","Expiration":"2026-06-01T18:00:00Z"})"), ErrorCode::kService, 1},
  };
  for (const Case& test : cases) {
    const std::size_t before = world_.requests().size();
    world_.answer = by_url({{"", test.answer}});
    const auto result = get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), test.code) << result.error().to_string();
    EXPECT_EQ(world_.requests().size() - before, test.attempts);
  }
}

TEST_F(Container, WaitBetweenAttemptsAndNoLongerThanAskedTo) {
  world_.variables = {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}};
  world_.answer = by_url({{"", respond(500)}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(get({std::chrono::milliseconds(2000), 2, std::chrono::milliseconds(40)}));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));

  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  ContainerCredentials patient(world_.context(), {std::chrono::milliseconds(2000), 3, std::chrono::hours(1)});
  EXPECT_EQ(patient.get(stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
