#include "container_credentials.hpp"

#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/http/url.hpp>

#include "json_credentials.hpp"
#include "json_object.hpp"
#include "secrets.hpp"

#include <algorithm>
#include <array>

namespace attache {
namespace {

constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr std::string_view kEcsHost = "169.254.170.2";
/// ECS, EKS Pod Identity over IPv4 and IPv6, and the name that always means this machine.
constexpr std::array<std::string_view, 4> kAllowedHosts = {kEcsHost, "169.254.170.23", "fd00:ec2::23", "localhost"};

/// 127.0.0.0/8, as four numbers: "127.evil.example" is a name.
bool is_loopback_v4(std::string_view host) {
  int parts = 0;
  for (std::string_view rest = host;; ++parts) {
    const auto dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    const auto value = parse_number<std::uint8_t>(part);
    if (!value || (parts == 0 && *value != 127)) return false;
    if (dot == std::string_view::npos) return parts == 3;
    rest.remove_prefix(dot + 1);
  }
}

bool is_allowed(const Url& url) {
  if (url.scheme == "https") return true;
  return url.host == "::1" || url.host == "0:0:0:0:0:0:0:1" || is_loopback_v4(url.host) ||
         std::find(kAllowedHosts.begin(), kAllowedHosts.end(), url.host) != kAllowedHosts.end();
}

}  // namespace

std::string ContainerCredentials::describe() const {
  return "the container's endpoint (" + std::string(kRelative) + ", " + std::string(kFull) + ")";
}

Result<std::string> ContainerCredentials::url() const {
  const auto relative = non_empty(context_.host.environment, kRelative);
  if (relative) {
    // Appended to a host: without a slash it would be another host.
    if (!relative->starts_with('/')) {
      return fail(ErrorCode::kInvalidArgument, std::string(kRelative) + " does not start with a slash",
                  "let the container's agent set it");
    }
    const std::string full = "http://" + std::string(kEcsHost) + *relative;
    const auto parsed = parse_url(full);
    if (!parsed || parsed->host != kEcsHost) {
      return fail(ErrorCode::kInvalidArgument, std::string(kRelative) + " is no path of a URL",
                  "let the container's agent set it");
    }
    return full;
  }
  const auto full = non_empty(context_.host.environment, kFull);
  if (!full)
    return fail(ErrorCode::kUnauthenticated, describe() + " is not set", "run in a container with a task role");
  const auto parsed = parse_url(*full);
  if (!parsed) return fail(parsed.error().within(kFull));
  if (!is_allowed(*parsed)) {
    return fail(ErrorCode::kInvalidArgument,
                std::string(kFull) + " names " + printable(parsed->host) +
                    ", which may not be asked for credentials over plain HTTP",
                "use https, a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]");
  }
  return *full;
}

Result<std::string> ContainerCredentials::authorization() const {
  std::string value;
  std::string_view origin = kToken;
  if (const auto file = non_empty(context_.host.environment, kTokenFile)) {
    origin = kTokenFile;
    ATTACHE_ASSIGN(std::optional<std::string> text, context_.host.read_file(*file));
    if (!text) {
      return fail(ErrorCode::kNotFound, "there is no file '" + printable(*file) + "', named by " + std::string(origin),
                  "let the container's agent write it");
    }
    value = *std::move(text);
    while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  } else {
    value = non_empty(context_.host.environment, kToken).value_or("");
  }
  const bool has_control = std::any_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
  if (has_control) {
    return fail(ErrorCode::kInvalidArgument, "the token of " + std::string(origin) + " has a control character",
                "let the container's agent set it");
  }
  return value;
}

Result<Credentials> ContainerCredentials::get(std::stop_token stop) {
  HttpRequest request;
  ATTACHE_ASSIGN(request.url, url());
  ATTACHE_ASSIGN(const std::string token, authorization());
  request.headers.add("accept", "application/json");
  if (!token.empty()) request.headers.add("authorization", token);
  request.max_collected_bytes = std::size_t{256} * 1024;
  const auto response = bounded_call(context_.local_transport, request, limits_, is_passing_status, std::move(stop));
  if (!response) return fail(response.error().within(describe()));
  const auto document = JsonObject::parse(response->body);
  if (response->status != 200) {
    std::string message = describe() + " answered with status " + std::to_string(response->status);
    if (document && !document->text("message").empty()) {
      message += ": " + shown_without(document->text("message"), {token});
    }
    return fail(response->status < 500 ? ErrorCode::kPermissionDenied : ErrorCode::kService, std::move(message),
                "check the role of the task or pod");
  }
  if (!document) {
    return fail(ErrorCode::kService, describe() + " did not answer with a JSON object", "check what answers there");
  }
  return credentials_of(*document, "Token", Expiry::kRequired, describe());
}

}  // namespace attache
