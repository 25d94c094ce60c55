#include "instance_credentials.hpp"

#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "json_credentials.hpp"
#include "json_object.hpp"
#include "secrets.hpp"

#include <algorithm>
#include <functional>

namespace attache {
namespace {

constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";

struct Named {
  std::string value;
  std::string name;
};

/// Environment variable, then profile setting.
Named look_up(const AwsSettings& settings, const AwsHost& host, std::string_view variable, std::string_view setting) {
  if (auto value = non_empty(host.environment, variable)) return {*std::move(value), std::string(variable)};
  return {settings.profiles.find(settings.profile, setting).value_or(""),
          std::string(setting) + " of profile '" + printable(settings.profile) + "'"};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Result<int> positive(const Named& chosen, int otherwise) {
  if (chosen.value.empty()) return otherwise;
  const auto value = parse_number<int>(chosen.value);
  if (!value || *value < 1 || *value > 3600) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + printable(chosen.value) + "' in " + chosen.name + " is no number of use",
                "set a number from 1 to 3600");
  }
  return *value;
}

/// Worth asking again. Everything from 400 to 499 is an answer, e.g. that there is no role.
bool is_passing(const HttpResponse& response) {
  return is_passing_status(response) || (response.status == 200 && response.body.empty());
}

}  // namespace

Result<InstanceMetadataSettings> instance_metadata_settings(const AwsSettings& settings, const AwsHost& host) {
  InstanceMetadataSettings result;
  result.is_disabled = lower(host.environment("AWS_EC2_METADATA_DISABLED").value_or("")) == "true";
  ATTACHE_ASSIGN(const int seconds,
                 positive(look_up(settings, host, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"), 1));
  ATTACHE_ASSIGN(
      const int attempts,
      positive(look_up(settings, host, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), 1));
  result.limits.timeout = std::chrono::seconds(seconds);
  result.limits.attempts = attempts;
  const Named mode =
      look_up(settings, host, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
  if (lower(mode.value) == "ipv6") {
    result.endpoint = "http://[fd00:ec2::254]";
  } else if (!mode.value.empty() && lower(mode.value) != "ipv4") {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(mode.value) + "' in " + mode.name + " is no endpoint mode",
                "set it to IPv4 or IPv6");
  }
  const Named endpoint = look_up(settings, host, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
  if (!endpoint.value.empty()) {
    const auto url = parse_url(endpoint.value);
    if (!url) return fail(url.error().within(endpoint.name));
    if (!url->query.empty()) {
      return fail(ErrorCode::kInvalidArgument, "the URL in " + endpoint.name + " has a query",
                  "remove everything from the question mark on");
    }
    result.endpoint = endpoint.value;
  }
  while (result.endpoint.ends_with('/')) result.endpoint.pop_back();
  return result;
}

tl::unexpected<Error> InstanceCredentials::absent(const std::string& why) const {
  return fail(ErrorCode::kUnauthenticated, describe() + " " + why,
              "give this instance a role, or provide other credentials");
}

Result<std::string> InstanceCredentials::session_token(const InstanceMetadataSettings& settings,
                                                       const std::stop_token& stop) const {
  HttpRequest request;
  request.method = HttpMethod::kPut;
  request.url = settings.endpoint + "/latest/api/token";
  request.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
  request.max_collected_bytes = 4096;
  const auto response = bounded_call(context_.local_transport, request, settings.limits, is_passing, stop);
  if (!response) {
    if (response.error().code() == ErrorCode::kCancelled) return fail(response.error());
    return absent("is not there: " + response.error().message());
  }
  if (response->status != 200 || response->body.empty()) {
    return absent("gave no session token (status " + std::to_string(response->status) + ")");
  }
  return response->body;
}

Result<std::string> InstanceCredentials::read(const InstanceMetadataSettings& settings, const std::string& path,
                                              const std::string& token, const std::stop_token& stop) const {
  HttpRequest request;
  request.url = settings.endpoint + path;
  request.headers.add("x-aws-ec2-metadata-token", token);
  request.max_collected_bytes = std::size_t{64} * 1024;
  const auto response = bounded_call(context_.local_transport, request, settings.limits, is_passing, stop);
  if (!response) return fail(response.error().within(describe()));
  if (response->status == 404) return absent("knows no role of this instance");
  if (response->status != 200 || response->body.empty()) {
    return fail(ErrorCode::kService, describe() + " answered with status " + std::to_string(response->status),
                "try again later");
  }
  return response->body;
}

Result<Credentials> InstanceCredentials::get(std::stop_token stop) {
  ATTACHE_ASSIGN(const InstanceMetadataSettings settings, instance_metadata_settings(context_.settings, context_.host));
  if (settings.is_disabled) return absent("is switched off by AWS_EC2_METADATA_DISABLED");
  ATTACHE_ASSIGN(const std::string token, session_token(settings, stop));
  ATTACHE_ASSIGN(const std::string roles, read(settings, std::string(kRolePath), token, stop));
  const std::string role = roles.substr(0, roles.find_first_of("\r\n"));
  ATTACHE_ASSIGN(const std::string text, read(settings, std::string(kRolePath) + percent_encode(role), token, stop));
  const auto document = JsonObject::parse(text);
  if (!document) {
    return fail(ErrorCode::kService, describe() + " did not answer with a JSON object", "check what answers there");
  }
  const std::string code = document->text("Code");
  if (!code.empty() && code != "Success") {
    // E.g. AssumeRoleUnauthorizedAccess: the role does not trust EC2.
    return absent("has no credentials of role '" + shown_without(role, {token}) + "': " + shown_without(code, {token}));
  }
  ATTACHE_ASSIGN(Credentials credentials, credentials_of(*document, "Token", Expiry::kRequired, describe()));
  extend(credentials);
  return credentials;
}

void InstanceCredentials::extend(Credentials& credentials) const {
  // 15 minutes are what every caller keeps in hand, and between 2 and 10 more, by the key, so that the instances of a
  // farm do not all ask again at once.
  const std::chrono::seconds jitter(120 + std::hash<std::string>{}(credentials.access_key_id) % 481);
  const auto margin = std::chrono::minutes(15) + jitter;
  const auto now = context_.clock();
  if (*credentials.expires <= now + margin) credentials.expires = now + margin;
}

}  // namespace attache
