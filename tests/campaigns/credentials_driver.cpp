// The library's chain of credentials for tests/interop/credentials_test.py: one JSON request a line, answered with one
// JSON line. What it prints are keys of the test's own servers and files, never real ones.
//
//   {"home": "<directory>", "environment": {"<name>": "<value>", ...}, "profile": "<option>"}
//   {"key", "secret", "token", "account"} or {"error"}

#include <attache/aws/aws_settings.hpp>
#include <attache/aws/credentials.hpp>

#include "json_lines.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace attache {
namespace {

using Json = nlohmann::json;

Result<Credentials> resolve(const Json& request) {
  std::map<std::string, std::string, std::less<>> variables;
  for (const auto& variable : request.at("environment").items()) {
    variables[variable.key()] = variable.value().get<std::string>();
  }
  AwsHost host;
  host.environment = environment_of(std::move(variables));
  host.home = request.at("home").get<std::string>();
  AwsOptions options;
  options.profile = request.at("profile").get<std::string>();
  ATTACHE_ASSIGN(const AwsSettings settings, resolve_aws_settings(options, host));
  return make_credentials_chain(settings, host)->get({});
}

Json answer(const Json& request) {
  const auto credentials = resolve(request);
  if (!credentials) return {{"error", credentials.error().to_string()}};
  return {{"key", credentials->access_key_id},
          {"secret", credentials->secret_access_key},
          {"token", credentials->session_token},
          {"account", credentials->account_id}};
}

}  // namespace
}  // namespace attache

int main() {
  return attache::answer_lines("attache_credentials_driver", attache::answer);
}
