#include "sts_client.hpp"

#include <attache/aws/sigv4.hpp>
#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "aws_partition.hpp"
#include "aws_time.hpp"
#include "secrets.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace attache {
namespace {

/// Regions that had the global endpoint before there were regional ones; only these still use it in legacy mode.
constexpr std::array<std::string_view, 15> kLegacyRegions = {
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
    "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2"};

struct StsError {
  std::string code;
  std::string message;
};

StsError error_of(const HttpResponse& response) {
  pugi::xml_document document;
  document.load_buffer(response.body.data(), response.body.size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node error = document.child("ErrorResponse").child("Error");
  return {error.child("Code").text().get(), error.child("Message").text().get()};
}

bool is_passing(const HttpResponse& response) {
  if (is_passing_status(response)) return true;
  if (response.status < 400) return false;
  const std::string code = error_of(response).code;
  return code == "Throttling" || code == "ThrottlingException" || code == "RequestLimitExceeded" ||
         code == "IDPCommunicationError";
}

/// The account of "arn:aws:sts::123456789012:assumed-role/role/session".
std::string account_of(std::string_view arn) {
  for (int field = 0; field < 4; ++field) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  const std::string_view account = arn.substr(0, arn.find(':'));
  return account.size() == 12 && account.find_first_not_of("0123456789") == std::string_view::npos
             ? std::string(account)
             : std::string();
}

Result<Credentials> read_credentials(const HttpResponse& response, const char* operation, const std::string& host) {
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::kService, "the answer of " + host + " to " + operation + " " + what,
                "check that the endpoint is AWS STS, and that no proxy answers in its place");
  };
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size(), pugi::parse_default, pugi::encoding_utf8)) {
    return bad("is not XML");
  }
  const std::string name(operation);
  const pugi::xml_node result = document.child((name + "Response").c_str()).child((name + "Result").c_str());
  const pugi::xml_node node = result.child("Credentials");
  Credentials credentials;
  credentials.access_key_id = node.child("AccessKeyId").text().get();
  credentials.secret_access_key = node.child("SecretAccessKey").text().get();
  credentials.session_token = node.child("SessionToken").text().get();
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() || credentials.session_token.empty()) {
    return bad("holds no credentials");
  }
  const auto expires = parse_aws_time(node.child("Expiration").text().get());
  if (!expires) return bad("does not say when the credentials expire");
  credentials.expires = *expires;
  credentials.account_id = account_of(result.child("AssumedRoleUser").child("Arn").text().get());
  return credentials;
}

std::string remedy_for(const std::string& code, const RoleRequest& role) {
  if (code == "AccessDenied") {
    return "check that the role's trust policy names this identity, that it may call the action, and the external id";
  }
  if (code == "ExpiredToken" || code == "ExpiredTokenException")
    return "renew the credentials or the token, then try again";
  if (code == "InvalidClientTokenId" || code == "UnrecognizedClientException") {
    return "check that the access key exists and is active";
  }
  if (code == "SignatureDoesNotMatch") return "check the secret access key, and this machine's clock";
  if (code == "ValidationError") {
    return "check role_arn, role_session_name, external_id and duration_seconds of role '" + printable(role.role_arn) +
           "'";
  }
  if (code == "RegionDisabledException") return "activate STS in this region, or choose another region";
  return "check the role and who may assume it";
}

Error refusal(const char* operation, const RoleRequest& role, const HttpResponse& response,
              std::initializer_list<std::string_view> secrets) {
  const StsError error = error_of(response);
  std::string message = std::string(operation) + " for role '" + printable(role.role_arn) + "' was refused with " +
                        std::to_string(response.status);
  if (!error.code.empty()) message += " " + shown_without(error.code, secrets);
  if (!error.message.empty()) message += ": " + shown_without(error.message, secrets);
  const bool is_broken = response.status < 400 || response.status >= 500;
  return {is_broken ? ErrorCode::kService : ErrorCode::kPermissionDenied, std::move(message),
          is_broken ? "try again later" : remedy_for(error.code, role)};
}

HttpRequest post(const std::string& url, std::string_view body) {
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.url = url;
  request.headers.add("content-type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::as_bytes(std::span(body));
  request.max_collected_bytes = std::size_t{256} * 1024;
  return request;
}

QueryParameters parameters_of(const char* operation, const RoleRequest& role, std::string session_name) {
  QueryParameters parameters = {{"Action", operation},
                                {"Version", "2011-06-15"},
                                {"RoleArn", role.role_arn},
                                {"RoleSessionName", std::move(session_name)}};
  if (role.duration_seconds) parameters.emplace_back("DurationSeconds", std::to_string(*role.duration_seconds));
  return parameters;
}

}  // namespace

StsClient::Endpoint StsClient::endpoint() const {
  const AwsSettings& settings = context_.settings;
  if (!settings.sts_endpoint_url.empty()) return {settings.sts_endpoint_url, settings.region};
  const bool is_global =
      !settings.sts_regional && !settings.use_fips && !settings.use_dualstack &&
      std::find(kLegacyRegions.begin(), kLegacyRegions.end(), settings.region) != kLegacyRegions.end();
  if (is_global) return {"https://sts.amazonaws.com/", "us-east-1"};
  return {"https://" + aws_service_host("sts", settings.region, settings.use_fips, settings.use_dualstack) + "/",
          settings.region};
}

std::string StsClient::session_name(const RoleRequest& role) const {
  if (!role.session_name.empty()) return role.session_name;
  return "attache-" + std::to_string(context_.now().time_since_epoch().count());
}

StsReply StsClient::assume_role(const RoleRequest& role, const Credentials& source, std::stop_token stop) const {
  constexpr auto kOperation = "AssumeRole";
  const Endpoint target = endpoint();
  QueryParameters parameters = parameters_of(kOperation, role, session_name(role));
  if (!role.external_id.empty()) parameters.emplace_back("ExternalId", role.external_id);
  const std::string body = encode_query(parameters);
  HttpRequest request = post(target.url, body);
  const auto hash = sha256_hex(body);
  if (!hash) return {fail(hash.error())};
  SigV4Options options;
  options.canonical_path = CanonicalPath::kNormalizedAndEncodedAgain;
  options.add_payload_hash_header = false;
  const SigV4Signer signer(target.signing_region, "sts", options);
  if (const Status is_signed = signer.sign_request(request, *hash, source, context_.now()); !is_signed) {
    return {fail(is_signed.error())};
  }
  const auto response = bounded_call(context_.transport, request, context_.service_limits, is_passing, std::move(stop));
  if (!response) return {fail(response.error().within(kOperation))};
  if (response->status == 200) return {read_credentials(*response, kOperation, parse_url(target.url)->host)};
  const std::string code = error_of(*response).code;
  return {fail(refusal(kOperation, role, *response,
                       {source.secret_access_key, source.session_token, source.access_key_id, role.external_id})),
          code == "ExpiredToken" || code == "ExpiredTokenException"};
}

Result<Credentials> StsClient::assume_role_with_web_identity(const RoleRequest& role, const std::string& token,
                                                             std::stop_token stop) const {
  constexpr auto kOperation = "AssumeRoleWithWebIdentity";
  const Endpoint target = endpoint();
  QueryParameters parameters = parameters_of(kOperation, role, session_name(role));
  parameters.emplace_back("WebIdentityToken", token);
  const std::string body = encode_query(parameters);
  const HttpRequest request = post(target.url, body);
  const auto response = bounded_call(context_.transport, request, context_.service_limits, is_passing, std::move(stop));
  if (!response) return fail(response.error().within(kOperation));
  if (response->status == 200) return read_credentials(*response, kOperation, parse_url(target.url)->host);
  return fail(refusal(kOperation, role, *response, {token}));
}

}  // namespace attache
