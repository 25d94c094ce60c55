// The AWS Signature Version 4 Test Suite (data/PROVENANCE.md).

#include "sigv4_vectors.hpp"

#include <sstream>

namespace attache::testing {
namespace {

/// A request of the suite: request line, fields, an empty line, body. A folded line is one more value of its field.
struct SuiteRequest {
  std::string method;
  std::string path;
  QueryParameters query;
  HttpHeaders headers;
  std::string body;
  std::string session_token;
};

SuiteRequest parse_suite_request(const std::string& text) {
  SuiteRequest request;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const auto first = line.find(' ');
  std::string target = line.substr(first + 1, line.rfind(' ') - first - 1);
  request.method = line.substr(0, first);
  request.path = target.substr(0, target.find('?'));
  if (target.size() > request.path.size()) request.query = decode_query(target.substr(request.path.size() + 1)).value();
  std::string name;
  while (std::getline(lines, line) && !line.empty()) {
    if (line.front() == ' ') {
      request.headers.add(name, line);
      continue;
    }
    const auto colon = line.find(':');
    name = line.substr(0, colon);
    const std::string value = line.substr(colon + 1);
    if (name == "X-Amz-Security-Token") {
      request.session_token = value;
    } else if (name != "X-Amz-Date") {
      request.headers.add(name, value);
    }
  }
  std::getline(lines, request.body, '\0');
  return request;
}

TEST(SigV4Suite, AgreesInEveryStepOfEveryCase) {
  const auto suite = load_vectors("sigv4_test_suite.json");
  ASSERT_EQ(suite.size(), 30U);
  const SigV4Signer signer(
      "us-east-1", "service",
      {.canonical_path = CanonicalPath::kNormalizedAndEncodedAgain, .add_payload_hash_header = false});
  for (const auto& [name, files] : suite.items()) {
    const SuiteRequest parsed = parse_suite_request(files.at("req"));
    const std::string payload_hash = sha256_hex(parsed.body).value();
    SigV4Request request;
    request.method = parsed.method;
    request.path = parsed.path;
    request.query = parsed.query;
    request.headers = parsed.headers;
    request.payload_hash = payload_hash;
    request.time = utc(2015, 8, 30, 12, 36);
    Credentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", parsed.session_token, "", {}};
    const auto signature = signer.sign(request, credentials);
    ASSERT_TRUE(signature) << name;
    if (files.contains("creq")) {
      EXPECT_EQ(signature->canonical_request, files.at("creq").get<std::string>()) << name;
    }
    EXPECT_EQ(signature->string_to_sign, files.at("sts").get<std::string>()) << name;
    EXPECT_EQ(header_of(*signature, "authorization"), files.at("authz").get<std::string>()) << name;
  }
}

TEST(SigV4Suite, LeavesTheSessionTokenOutOfTheSignatureWhenToldTo) {
  const auto suite = load_vectors("sigv4_test_suite.json");
  const auto& files = suite.at("post-sts-header-after");
  const SigV4Signer signer("us-east-1", "service", {.add_payload_hash_header = false, .sign_session_token = false});
  SigV4Request request;
  request.method = "POST";
  request.headers.add("Host", "example.amazonaws.com");
  request.time = utc(2015, 8, 30, 12, 36);
  const auto signature =
      signer.sign(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token", "", {}});
  ASSERT_TRUE(signature);
  EXPECT_EQ(header_of(*signature, "authorization"), files.at("authz").get<std::string>());
  EXPECT_EQ(header_of(*signature, "x-amz-security-token"), "token");
}

}  // namespace
}  // namespace attache::testing
